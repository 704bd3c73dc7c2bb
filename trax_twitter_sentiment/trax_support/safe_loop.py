"""Trax's training loop, safe against each event that can end a run.

`trainer_lib.train` and the notebook's `SentimentNetwork` use this loop. A
`training.Loop` of the user's own stays Trax's.

Private names of Trax in this module:

- `Loop._run_one_step`: the only place between two steps where a checkpoint can contain
  the step's evaluation, and where a signal can end the run.
- `Loop._eval_at`, `Loop._step`, `Loop._rng`: the evaluation of the last step must not
  change the state with which the run continues; `_rng` is a part of a checkpoint.
- `Loop._tasks`, `Loop._eval_tasks`, `task._labeled_data` (`stream_positions`): the
  position in the streams is a part of a checkpoint.
- `Loop._output_dir`: the only folder to which `save_checkpoint` can write. The files of
  a checkpoint are first written to another folder.
- `Loop._at_lowest`, `Loop._at_highest`, `Loop._checkpoint_low_metric` and
  `Loop._checkpoint_high_metric`: whether an evaluation is the best one. Trax compares
  it with those of additional streams, too.
- `Loop._model`: the weights are checked before they are saved.
- `Loop._save_gin`, `Loop._log_n_weights`, `Loop._open_summary_writers`: Trax calls them
  in the evaluation of step 1, which may not exist.
"""

import collections
import os
import pickle
import signal
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any

from trax_twitter_sentiment.trax_support import (
    loop_repairs,
    output_dirs,
    signals,
    stream_positions,
)

import gin
import jax
import numpy as np
import tensorflow as tf
import tqdm
from trax import fastmath
from trax.data import inputs
from trax.supervised import training

from trax_twitter_sentiment import files, remote
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run import checkpoints, settings
from trax_twitter_sentiment.run.history import History, eval_curve

RunEndedError = loop_repairs.RunEndedError
changed_settings = loop_repairs.changed_settings


class SafeLoop(training.Loop):
  """A `training.Loop` that loses nothing, whatever ends the run.

  - The checkpoints of a step are written together, after the step's evaluation: all
    their files change, or none. A checkpoint is verified before it is loaded.
  - A checkpoint also contains the position in the streams and the random numbers, so a
    resumed run continues exactly as if it had not ended.
  - SIGTERM and Ctrl-C end a run after the current step, with a checkpoint.
  - A loss or weights that are not finite end a run and are never saved.
  - Two processes never write to one output directory.

  Raises:
    UserError: if the output directory can't be written to or is in use, if its
      checkpoint is damaged or does not fit, or if an error ends the run.
  """

  # Whether a checkpoint will replace a new loop's initial weights. If so, slow
  # initializers can save their time.
  replaces_initial_weights = False

  # The time of `time.monotonic()` at which `train` began; `None` outside of `train`.
  started_at: float | None = None

  # Whether the last step of `run` is evaluated, whatever the interval is.
  evaluates_last_step = False

  _output_dir: str | None
  _eval_at: Callable[[int], bool]
  _rng: Any

  def __init__(
      self, model, tasks, eval_model=None, eval_tasks=None, output_dir=None,
      *args, **kwargs,
  ):  # fmt: skip
    self._due_checkpoints: list[str] = []
    self._step_is_done = False
    self._signals: list[int] = []
    # Steps and their losses. JAX still computes a loss when its step returns.
    self._unchecked: collections.deque[tuple[int, Any]] = collections.deque()
    self._last_good = 'There is no checkpoint before it.'
    self._saved_state: dict[str, Any] | None = None
    self._has_run = self._is_extra_evaluation = False
    self._start = self.started_at or time.monotonic()
    self._seconds_before = 0.0
    self._state_before_evaluation: dict[str, Any] | None = None
    self._last_step = 0
    counters_at_start = inputs.data_counters
    if output_dir is not None and not remote.is_url(output_dir):
      output_dirs.prepare(os.path.expanduser(output_dir), kwargs.get('callbacks') or ())
    # Whether the loop begins with a checkpoint of its output directory.
    SafeLoop.replaces_initial_weights = self.is_resumed = (
        output_dir is not None
        and tf.io.gfile.exists(
            os.path.join(os.path.expanduser(output_dir), 'model.pkl.gz')
        )
    )
    try:
      super().__init__(
          model, tasks, eval_model, eval_tasks, output_dir, *args, **kwargs
      )
    finally:
      SafeLoop.replaces_initial_weights = False
    stream_positions.count_batches(self._all_tasks())
    if self._saved_state is not None or not self._step:
      # Otherwise, streams with the stage `CountAndSkip` would skip batches twice, or
      # skip the batches of a run that was removed.
      inputs.data_counters = counters_at_start
    if self._saved_state is not None:
      if fastmath.is_backend(fastmath.Backend.JAX):
        self._rng = jax.numpy.array(self._saved_state['rng'], np.uint32)
      stream_positions.advance(self._all_tasks(), self._saved_state['batches'])
      self._seconds_before = History.load(self._output_dir).seconds
    self._eval_at = self._with_last_step(self._eval_at)

  def _with_last_step(self, eval_at: Any) -> Any:
    """Returns the steps to evaluate: those of `eval_at`, and the last one."""
    if not self.evaluates_last_step or self._tasks[0].n_steps_per_checkpoint is None:
      return eval_at

    def at(step: int) -> bool:
      self._is_extra_evaluation = step == self._last_step and not eval_at(step)
      return eval_at(step) or self._is_extra_evaluation

    return at

  def run_evals(self, summary_writers=None):
    # An extra evaluation leaves no trace in the state that a run continues with. So a
    # run in two parts is the same as one run.
    rng = self._rng
    if self._is_extra_evaluation:
      self._state_before_evaluation = self._state()
    super().run_evals(summary_writers)
    if self._is_extra_evaluation:
      self._rng, self._is_extra_evaluation = rng, False

  def refuse_changes_without_effect(self) -> None:
    """Raises `UserError` if a finished run was started again with other settings."""
    if self._has_run or self._output_dir is None:
      return
    changed = changed_settings(self._output_dir)
    changed.pop('train.steps', None)  # Trax prints a message about these steps.
    if changed:
      raise UserError(
          f'{self._output_dir} was finished at step {self._step}; the changed '
          f'settings have no effect: {settings.listed(changed)}. Raise train.steps, or '
          'use another output_dir.'
      )

  def _record_changed_settings(self) -> None:
    """Prints which settings changed since the last start, and rewrites config.gin."""
    folder = self._output_dir
    if folder is None or not (self.is_resumed and self.is_chief):
      return
    if remote.is_url(folder):
      return
    changed = changed_settings(folder)
    for name, change in changed.items():
      print(f'Changed since step {self._step}: {name} {change}', file=sys.stderr)
    if changed:
      path = os.path.join(folder, settings.CONFIG_FILE)
      files.write_atomically(path, gin.operative_config_str())

  def run(self, n_steps=1):
    self._due_checkpoints, self._step_is_done = [], False
    self._unchecked.clear()
    if not self._has_run:
      self._record_changed_settings()
    self._has_run = True
    self._last_step = self._step + n_steps
    self._state_before_evaluation = None
    with signals.noting_signals() as self._signals:
      try:
        self._run(n_steps)
      except BaseException as error:
        # If the evaluation of a step fails, its checkpoint is saved nevertheless.
        if self._due_checkpoints:
          self._save(self._due_checkpoints)
        if output_dirs.is_disk_error(error):
          raise UserError(f'Step {self._step}: {output_dirs.reason(error)}.') from error
        raise
      finally:
        self._step_is_done = False

  def _run(self, n_steps: int) -> None:
    loop_repairs.call_hooks(self, 'on_run_begin')
    if not n_steps:
      self._evaluate_and_save()
      return
    loop_repairs.run_steps(self, n_steps)
    self._check_losses()
    self._end_step()
    if loop_repairs.call_hooks(self, 'on_run_end'):
      self._save(['model'])

  def _run_one_step(self, task_index, task_changed):
    if self._step_is_done:
      self._step -= 1  # Trax has counted the next step already.
      self._end_step()
      self._step += 1
    loss, stats = super()._run_one_step(task_index, task_changed)
    self._unchecked.append((self._step, loss))
    self._check_losses(wait=False)  # Waiting would delay the next step.
    self._step_is_done = True
    return loss, stats

  def _evaluate_and_save(self) -> None:
    """Evaluates and saves the initial weights; Trax would do nothing."""
    with self._open_summary_writers() as (train_writers, eval_writers):
      self._log_n_weights()
      self._save_gin(train_writers[0])
      if self._tasks[0].n_steps_per_checkpoint is not None:
        self.run_evals(eval_writers)
    self._save(['model'])
    self._end_step()

  def _end_step(self) -> None:
    """Saves due checkpoints after a step and its evaluation, and ends at a signal."""
    self._step_is_done = False
    if self._step == 1 and not self._eval_at(1):
      self._save_gin(None)
    due, self._due_checkpoints = self._due_checkpoints, []
    if self._signals and 'model' not in due:
      due.append('model')
    if due:
      self._check_losses()
      self._save(due)
    if self._signals:
      name = signal.Signals(self._signals[0]).name
      message = f'Ended by {name} after step {self._step}'
      if self._output_dir is not None:
        message += ', which is saved; the same command goes on from there'
      # `tqdm.write` keeps the message apart from a progress bar.
      tqdm.tqdm.write(f'{message}.', file=sys.stderr)
      raise SystemExit(128 + self._signals[0])

  def _check_losses(self, wait: bool = True) -> None:
    """Raises `UserError` for a computed loss that is not finite."""
    while self._unchecked:
      step, loss = self._unchecked[0]
      if not (wait or loss.is_ready()):
        break
      self._unchecked.popleft()
      if not np.isfinite(loss).all():
        self._refuse(f'the loss is {np.mean(loss)}', step)

  def _refuse(self, problem: str, step: int) -> None:
    raise UserError(
        f'Step {step}: {problem}, and training ends. {self._last_good} A lower '
        'learning rate may help.'
    )

  def save_checkpoint(self, basename):
    # Between two steps, Trax calls this method before the evaluation.
    if self._step_is_done:
      self._due_checkpoints.append(basename)
    else:
      self._save([basename])

  def _save(self, names: list[str]) -> None:
    folder = self._output_dir
    if folder is None or remote.is_url(folder) or not self.is_chief:
      for name in names:
        super().save_checkpoint(name)
      return
    weights = fastmath.tree_flatten(self._model.weights)
    if not all(np.isfinite(np.asarray(w)).all() for w in weights if w is not None):
      self._refuse('weights are infinite or NaN', self._step)
    try:
      with checkpoints.replacing(folder) as self._output_dir:
        for name in names:
          super().save_checkpoint(name)
          checkpoints.describe(self._output_dir, name, self._state())
        seconds = self._seconds_before + time.monotonic() - self._start
        History.of_loop(self.history, seconds).save(self._output_dir)
        if 'model' in names:
          loop_repairs.call_hooks(self, 'on_checkpoint', self._output_dir)
    except (OSError, tf.errors.OpError) as error:
      raise UserError(
          f'{folder}: the checkpoint of step {self._step} cannot be written: '
          f'{output_dirs.reason(error)}. {self._last_good}'
      ) from error
    finally:
      self._output_dir = folder
    if 'model' in names:
      self._note_good(folder, 'model')

  def load_checkpoint(self, directory=None, filename=None):
    folder, name = directory or self._output_dir, filename or 'model'
    if folder is not None and not remote.is_url(folder):
      if not output_dirs.has_only_remains(folder):
        self._saved_state = checkpoints.verified_state(folder, name)
      self._check_optimizers(folder)
    try:
      super().load_checkpoint(directory=directory, filename=filename)
    except (EOFError, OSError, pickle.UnpicklingError, zlib.error) as error:
      raise UserError(
          f'{os.path.join(folder or "", name)}.pkl.gz cannot be read: {error}.'
      ) from error
    if folder is not None and self._step:
      self._note_good(folder, name)

  def _at_lowest(self):
    values = [*eval_curve(self.history, self._checkpoint_low_metric).values()]
    return values[-1] == min(values)

  def _at_highest(self):
    values = [*eval_curve(self.history, self._checkpoint_high_metric).values()]
    return values[-1] == max(values)

  def _check_optimizers(self, folder: str) -> None:
    """Raises `UserError` if a checkpoint is of a run with other optimizers.

    Trax would load the slots of another optimizer if their shapes fit.
    """
    saved = (self._saved_state or {}).get('optimizers', [])
    for before, now in zip(saved, loop_repairs.optimizer_names(self)):
      if before != now:
        raise UserError(
            f'{folder} contains a run with another optimizer ({before}; now {now}). '
            "Use another output_dir, or that run's optimizer."
        )

  def _note_good(self, folder: str, name: str) -> None:
    path = os.path.join(folder, f'{name}.pkl.gz')
    self._last_good = f'The last good checkpoint, {path}, is of step {self._step}.'

  def _all_tasks(self) -> list[Any]:
    tasks = [*self._tasks, *self._eval_tasks]
    return [task for task in tasks if task is not None]

  def _state(self) -> dict[str, Any]:
    """Returns the part of a run's state that Trax's own files do not contain."""
    if self._state_before_evaluation is not None:
      return self._state_before_evaluation
    return {
        'step': self._step,
        'rng': np.asarray(self._rng).tolist(),
        'batches': stream_positions.positions(self._all_tasks()),
        'optimizers': loop_repairs.optimizer_names(self),
    }
