"""A run that ends where it no longer gets better."""

import sys
from typing import Any

from trax_twitter_sentiment.trax_support import safe_loop

import gin
import jax
import numpy as np
from trax.supervised import callbacks, training

from trax_twitter_sentiment.errors import UserError, check_choice, check_positive


@gin.configurable(module='trax_twitter_sentiment', denylist=['loop'])
class StopEarly(callbacks.TrainingStepCallback):
  """Ends a run when a metric of its evaluations no longer gets better.

  The run's last weights, which prediction uses, are then the best ones; so they are
  where `train.steps` ends it. What counts are the evaluations since the run was last
  started. In gin:

      train.callbacks = [@SaveForPrediction, @StopEarly]
      StopEarly.metric = 'macro_f1'

  Args:
    loop: the `trax.supervised.training.Loop` that makes the callback.
    metric: the name of one in `train.metrics`.
    patience: how many evaluations in a row may be no better than the best.
    lowest: whether lower is better, as of a loss.

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
    check_choice('StopEarly.lowest', lowest, (True, False))
    if not loop.eval_tasks:
      raise UserError('StopEarly takes a run that is evaluated.')
    check_choice('StopEarly.metric', metric, loop.eval_tasks[0].metric_names)
    self._metric, self._patience = metric, patience
    self._sign = -1 if lowest else 1
    self._n_seen = len(self._values())
    self._best: tuple[int, float, Any] | None = None
    self._n_worse = 0

  def _values(self) -> list[tuple[int, float]]:
    return self._loop.history.get('eval', f'metrics/{self._metric}')

  def call_at(self, step: int) -> bool:
    return True

  def on_step_begin(self, step: int) -> None:
    self._look()
    if self._n_worse >= self._patience:
      raise safe_loop.RunEndedError

  def on_step_end(self, step: int) -> None:
    pass

  def on_run_end(self) -> None:
    """Has the loop end with the best weights."""
    self._look()
    if self._best is None or not self._n_worse:
      return
    step, value, weights = self._best
    print(
        f'The weights are those of step {step}, whose {self._metric} of {value:.4f} '
        f'was not bettered in {self._n_worse} evaluations.',
        file=sys.stderr,
    )
    self._loop.update_weights_and_state(weights=weights)

  def _look(self) -> None:
    """Takes account of an evaluation since the last look."""
    values = self._values()
    if len(values) == self._n_seen:
      return
    self._n_seen = len(values)
    step, value = values[-1][0], float(values[-1][1])
    if self._best is None or self._sign * (value - self._best[1]) > 0:
      # Copies: a step gives its memory away.
      weights = jax.tree_util.tree_map(np.array, self._loop.model.weights)
      self._best, self._n_worse = (step, value, weights), 0
    else:
      self._n_worse += 1
