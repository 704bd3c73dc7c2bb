"""Repairs of `trax.supervised.training.Loop`.

This module replaces methods of the class, not the class. So the repairs also reach a
program that imported `Loop` before the plugin. `SafeLoop` adds more, for
`trainer_lib.train`.

Private names of Trax in this module:

- `Loop._init_evaluator`, `Loop._evaluator_per_task`: the only place in Trax where a
  metric can read all batches.
- `Loop._step`, `Loop._callbacks`, `Loop._eval_model`: a callback ends a run.
- `Loop._trainer_per_task`, `Loop._use_memory_efficient_trainer`: the weights that the
  first step reads.
- `Loop._output_dir`: the folder from which a checkpoint is loaded.
"""

import functools
import os
from typing import Any

from trax_twitter_sentiment.trax_support import exact_metrics

import gin
import numpy as np
from trax import layers as tl
from trax.supervised import training

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run import settings

_trax_run = training.Loop.run


class RunEndedError(Exception):
  """An error by which a callback's `on_step_begin` ends the run before that step."""


class CheckpointMismatchError(UserError, IndexError):
  """An error for a checkpoint of another model or optimizer.

  The class is an `IndexError`, since Trax raises one and programs catch it.
  """


def repair() -> None:
  """Replaces the methods of `training.Loop`."""
  _compute_exact_metrics()
  _run_with_hooks()
  _explain_mismatched_checkpoints()


def _compute_exact_metrics() -> None:
  """Lets each loop compute a `ConfusionMetric` from all batches of an evaluation."""
  loop_class = training.Loop
  init_evaluator, run_evals = loop_class._init_evaluator, loop_class.run_evals

  @functools.wraps(init_evaluator)
  def exact_init_evaluator(self, eval_task):
    make_evaluator = functools.partial(init_evaluator, self)
    return exact_metrics.exact_evaluator(make_evaluator, eval_task)

  @functools.wraps(run_evals)
  def exact_run_evals(self, summary_writers=None):
    for evaluator in self._evaluator_per_task:
      if isinstance(evaluator.metrics_fn, exact_metrics.ExactMetrics):
        evaluator.metrics_fn.start()
    run_evals(self, summary_writers)

  loop_class._init_evaluator = exact_init_evaluator
  loop_class.run_evals = exact_run_evals


def _run_with_hooks() -> None:
  """Lets callbacks end a run, and have methods `on_run_begin` and `on_run_end`."""

  @functools.wraps(_trax_run)
  def run(self, n_steps=1):
    call_hooks(self, 'on_run_begin')
    run_steps(self, n_steps)
    if call_hooks(self, 'on_run_end') and self.output_dir is not None:
      self.save_checkpoint('model')

  training.Loop.run = run


def run_steps(loop: Any, n_steps: int) -> None:
  """Runs steps as Trax does, until a callback raises `RunEndedError`."""
  if loop.n_devices == 1 and not loop._use_memory_efficient_trainer:
    _commit_weights(loop)
  try:
    _trax_run(loop, n_steps)
  except RunEndedError:
    loop._step -= 1  # Trax counts a step before it begins.
    loop._eval_model.weights = loop.model.weights  # Trax's `run` ends with this line.


def _commit_weights(loop: Any) -> None:
  """Commits the weights to a device before the first step, which saves a compilation.

  Trax commits only the optimizer's slots. The first step returns committed weights, so
  JAX would compile the step a second time.
  """
  for trainer in loop._trainer_per_task:
    model = trainer.accelerated_model_with_loss
    model.weights, model.state = tl.on_cpu((model.weights, model.state))


def call_hooks(loop: Any, name: str, *arguments: Any) -> bool:
  """Calls the method `name` of callbacks, and returns whether any callback has it."""
  hooks = [getattr(c, name) for c in loop._callbacks if hasattr(c, name)]
  for hook in hooks:
    hook(*arguments)
  return bool(hooks)


def _explain_mismatched_checkpoints() -> None:
  """Gives the `IndexError` of a mismatched checkpoint a message."""
  load_checkpoint = training.Loop.load_checkpoint

  @functools.wraps(load_checkpoint)
  def explained(self, directory=None, filename=None):
    try:
      load_checkpoint(self, directory=directory, filename=filename)
    except IndexError as error:
      folder = directory or self._output_dir
      path = os.path.join(folder, filename or 'model')
      origin = _origin_of_checkpoint(self, path, changed_settings(folder))
      raise CheckpointMismatchError(
          f'The checkpoint in {folder} is of {origin}. Use another output_dir, or that '
          "run's settings."
      ) from error

  training.Loop.load_checkpoint = explained


def _origin_of_checkpoint(loop: Any, path: str, changed: dict[str, str]) -> str:
  """Returns a description of the run that wrote a checkpoint."""
  try:
    saved = tl.np_from_file(f'{path}.weights.npy.gz', compresslevel=2)
  except FileNotFoundError:  # Older versions of Trax write the weights to the pickle.
    saved = []
  weights, _ = tl.flatten_weights_and_state(loop.model.weights, loop.model.state)
  if [w.shape for w in saved] == [np.shape(w) for w in weights]:
    return 'this model, but with another optimizer'
  return f'another model ({settings.listed(changed) or "its weights differ in size"})'


def optimizer_names(loop: Any) -> list[str]:
  """Returns the class name of each task's optimizer."""
  optimizers = [task.optimizer for task in loop.tasks]
  # With the memory-efficient trainer, `task.optimizer` is a class.
  return [getattr(o, '__name__', type(o).__name__) for o in optimizers]


def changed_settings(folder: str) -> dict[str, str]:
  """Returns the settings that differ between gin and the config.gin of a folder."""
  now = settings.parse(gin.operative_config_str())
  return settings.changes(settings.recorded(folder), now)
