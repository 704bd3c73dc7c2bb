"""Ends a run when its evaluations no longer improve."""

import sys
from typing import Any

from trax_twitter_sentiment.trax_support import repairs, safe_loop  # noqa: F401

import gin
import jax
import numpy as np
from trax.supervised import callbacks, training

from trax_twitter_sentiment.errors import (
    UserError,
    check_bool,
    check_choice,
    check_positive,
)
from trax_twitter_sentiment.run.history import eval_curve


@gin.configurable(module='trax_twitter_sentiment', denylist=['loop'])
class StopEarly(callbacks.TrainingStepCallback):
  """A callback that ends a run when a metric of its evaluations no longer improves.

  The run ends with its best weights, which prediction uses. If `train.steps` ends the
  run first, it ends with its best weights, too. Only the evaluations since the last
  start of the run are compared. In gin:

      train.callbacks = [@SaveForPrediction, @StopEarly]
      StopEarly.metric = 'macro_f1'

  Args:
    loop: the `trax.supervised.training.Loop` that makes the callback.
    metric: a name in `train.metrics`.
    patience: the number of evaluations in a row without an improvement that ends the
      run.
    lowest: whether lower values are better, as for a loss.

  Raises:
    UserError: if an argument is not a legal value.
  """

  def __init__(
      self,
      loop: training.Loop,
      metric: str = 'accuracy',
      patience: int = 3,
      lowest: bool = False,
  ):
    super().__init__(loop)
    check_positive('StopEarly.patience', patience)
    check_bool('StopEarly.lowest', lowest)
    if not loop.eval_tasks:
      raise UserError('StopEarly requires a run with evaluations.')
    check_choice('StopEarly.metric', metric, loop.eval_tasks[0].metric_names)
    self._metric, self._patience = metric, patience
    self._sign = -1 if lowest else 1
    self._n_compared = len(self._values())
    self._best: tuple[int, float, Any] | None = None
    self._n_without_improvement = 0

  def _values(self) -> list[tuple[int, float]]:
    return [*eval_curve(self._loop.history, self._metric).items()]

  def call_at(self, step: int) -> bool:
    return True

  def on_step_begin(self, step: int) -> None:
    self._compare_last_evaluation()
    if self._n_without_improvement >= self._patience:
      raise safe_loop.RunEndedError

  def on_step_end(self, step: int) -> None:
    pass

  def on_run_end(self) -> None:
    """Replaces the loop's weights by the best ones."""
    self._compare_last_evaluation()
    if self._best is None or not self._n_without_improvement:
      return
    step, value, weights = self._best
    print(
        f'The weights are those of step {step}. {self._n_without_improvement} '
        f'evaluations did not improve its {self._metric} of {value:.4f}.',
        file=sys.stderr,
    )
    self._loop.update_weights_and_state(weights=weights)
    self._loop.eval_model.weights = self._loop.model.weights

  def _compare_last_evaluation(self) -> None:
    """Compares the last evaluation with the best one, unless it was compared before."""
    values = self._values()
    if len(values) == self._n_compared:
      return
    self._n_compared = len(values)
    step, value = values[-1]
    if self._best is None or self._sign * (value - self._best[1]) > 0:
      # A training step reuses the memory of the weights, so the best ones are copied.
      weights = jax.tree_util.tree_map(np.array, self._loop.model.weights)
      self._best, self._n_without_improvement = (step, value, weights), 0
    else:
      self._n_without_improvement += 1
