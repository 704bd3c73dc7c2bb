"""Trax's training loop, made safe against whatever ends a run.

`repairs` imports this module, and has Trax use its loop.
"""

import collections
import contextlib
import errno
import os
import pickle
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from trax_twitter_sentiment.trax_support import exact_metrics, signals

import gin
import jax
import numpy as np
import tensorflow as tf
import tqdm
from trax import fastmath
from trax.data import inputs
from trax.supervised import training

from trax_twitter_sentiment import files
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run import checkpoints, lock, settings

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


# The name in `Loop.history` of the seconds that a run has lasted so far: reading and
# tokenizing its texts, initial weights, steps, evaluations, over all its starts.
SECONDS = 'training/seconds'


class RunEndedError(Exception):
  """A callback's wish, at the beginning of a step, that the run end before it."""


class SafeLoop(training.Loop):
  """A `training.Loop` that loses nothing, whatever ends the run.

  - A step's checkpoints are written as one, when the step's evaluation is done: all
    their files change, or none. Loading makes sure that a checkpoint is whole.
  - A checkpoint holds the position in the streams and the random numbers, too, so that
    a run that starts again goes on exactly as if it hadn't ended.
  - SIGTERM and Ctrl-C end a run after the current step, with a checkpoint.
  - A loss or weights that are not finite end it, and never get into a checkpoint.
  - No two processes write to one output directory.

  Raises:
    UserError: if the output directory can't be written to or is in use, if its
      checkpoint is damaged, and for what ends a run.
  """

  # Whether a checkpoint is about to replace a new loop's initial weights. Initializers
  # that take long read it.
  replaces_initial_weights = False

  # When `train` was called, on the clock of `time.monotonic`; `None` outside of it.
  started_at: float | None = None

  # Whether the end of `run` is the end of the run, as it is for `train`.
  evaluates_last_step = False

  _output_dir: str | None
  _eval_at: Callable[[int], bool]
  _rng: Any
  _callbacks: list[Any]
  _evaluator_per_task: tuple[Any, ...]
  _trainer_per_task: tuple[Any, ...]

  def __init__(
      self, model, tasks, eval_model=None, eval_tasks=None, output_dir=None,
      *args, **kwargs,
  ):  # fmt: skip
    now = time.monotonic()
    self._started_at = now if SafeLoop.started_at is None else SafeLoop.started_at
    self._seconds_before = 0.0
    self._due_checkpoints: list[str] = []
    self._step_is_done = False
    self._signals: list[int] = []
    # Steps and their losses, which are still being computed when a step returns.
    self._unchecked: collections.deque[tuple[int, Any]] = collections.deque()
    self._last_good = 'There is no checkpoint before it.'
    self._saved_state: dict[str, Any] | None = None
    self._counters_at_start = inputs.data_counters
    self._has_run = self._is_extra_evaluation = False
    self._state_before_evaluation: dict[str, Any] | None = None
    if output_dir is not None:
      folder = os.path.expanduser(output_dir)
      # Other hosts of a computation only read, and their own data counters.
      if _is_local(folder) and jax.process_index() == 0:
        lock.claim(folder)
        checkpoints.recover(folder)
      for callback in kwargs.get('callbacks') or ():
        # What doesn't fit is named before a checkpoint of it is loaded.
        if _is_local(folder) and hasattr(callback, 'check_output_dir'):
          callback.check_output_dir(folder)
    SafeLoop.replaces_initial_weights = output_dir is not None and tf.io.gfile.exists(
        os.path.join(os.path.expanduser(output_dir), 'model.pkl.gz')
    )
    self._is_resumed = SafeLoop.replaces_initial_weights
    try:
      super().__init__(
          model, tasks, eval_model, eval_tasks, output_dir, *args, **kwargs
      )
    finally:
      SafeLoop.replaces_initial_weights = False
    for task in self._all_tasks():
      if not isinstance(task._labeled_data, _Counted):
        task._labeled_data = _Counted(task._labeled_data)
    if self._saved_state is not None:
      self._restore(self._saved_state)
    if recorded := self._history.get('train', SECONDS):
      self._seconds_before = recorded[-1][1]
    self._evaluator_per_task = tuple(
        exact_metrics.exact(evaluator, task)
        for evaluator, task in zip(
            self._evaluator_per_task, self._eval_tasks, strict=True
        )
    )
    eval_at = self._eval_at
    self._last_step = 0
    # Whatever the interval is, a run's last figures are of its last step.
    self._eval_at = lambda step: eval_at(step) or self._is_extra(step, eval_at)

  def _is_extra(self, step: int, eval_at: Any) -> bool:
    self._is_extra_evaluation = step == self._last_step and not eval_at(step)
    return self._is_extra_evaluation

  def run_evals(self, summary_writers=None):
    # An evaluation that is due only because a run ends here leaves no trace in what
    # a run goes on with, so that a run in two parts is one run.
    rng = self._rng
    if self._is_extra_evaluation:
      self._state_before_evaluation = self._state()
    super().run_evals(summary_writers)
    if self._is_extra_evaluation:
      self._rng, self._is_extra_evaluation = rng, False

  @property
  def is_resumed(self) -> bool:
    """Whether the loop began with a checkpoint of its output directory."""
    return self._is_resumed

  def refuse_changes_without_effect(self) -> None:
    """Raises `UserError` if a finished run was started again with other settings."""
    if self._has_run or self._output_dir is None:
      return
    changed = changed_settings(self._output_dir)
    changed.pop('train.steps', None)  # Fewer of them; Trax says that they are reached.
    if changed:
      raise UserError(
          f'{self._output_dir} was finished at step {self._step}; the changed '
          f'settings have no effect: {settings.listed(changed)}. Raise train.steps, or '
          'take another output_dir.'
      )

  def _record_changed_settings(self) -> None:
    """Has `config.gin` hold what a run that goes on uses now, and says what changed."""
    folder = self._output_dir
    if not (self._is_resumed and self.is_chief and folder and _is_local(folder)):
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
    self._last_step = self._step + n_steps if self.evaluates_last_step else 0
    self._state_before_evaluation = None
    with signals.noting_signals() as self._signals:
      try:
        self._run(n_steps)
      except BaseException as error:
        # An evaluation that fails should not cost its step's checkpoint.
        if self._due_checkpoints:
          self._save(self._due_checkpoints)
        if _is_of_disk(error):
          raise UserError(f'Step {self._step}: {_reason(error)}.') from error
        raise
      finally:
        self._step_is_done = False

  def _run_one_step(self, task_index, task_changed):
    if self._step_is_done:
      self._step -= 1  # Trax has counted the next step already.
      self._end_step()
      self._step += 1
    loss, stats = super()._run_one_step(task_index, task_changed)
    self._unchecked.append((self._step, loss))
    self._check_losses(wait=False)  # Waiting would hold up the next step.
    self._step_is_done = True
    return loss, stats

  def _run(self, n_steps: int) -> None:
    for callback in self._callbacks:
      if hasattr(callback, 'on_run_begin'):
        callback.on_run_begin()
    if not n_steps:
      self._evaluate_and_save()
      return
    try:
      super().run(n_steps)
    except RunEndedError:
      self._step -= 1  # It was to begin.
    self._check_losses()
    self._end_step()
    hooks = [c.on_run_end for c in self._callbacks if hasattr(c, 'on_run_end')]
    for on_run_end in hooks:
      on_run_end()
    if hooks:
      self._save(['model'])

  def _evaluate_and_save(self) -> None:
    """Evaluates and saves the initial weights, where Trax would do nothing."""
    with self._open_summary_writers() as (train_writers, eval_writers):
      self._log_n_weights()
      self._save_gin(train_writers[0])
      self.run_evals(eval_writers)
    self._save(['model'])
    self._end_step()

  def _end_step(self) -> None:
    """Does what is due after a step and its evaluation."""
    self._step_is_done = False
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
      # Above a bar, if there is one.
      tqdm.tqdm.write(f'{message}.', file=sys.stderr)
      raise SystemExit(128 + self._signals[0])

  def _check_losses(self, wait: bool = True) -> None:
    """Raises `UserError` for a loss that is not finite, of those that are there."""
    while self._unchecked:
      step, loss = self._unchecked[0]
      if not (wait or loss.is_ready()):
        break
      self._unchecked.popleft()
      if not np.isfinite(loss).all():
        self._refuse(f'the loss is {np.mean(loss)}', step)

  def _refuse(self, what: str, step: int) -> None:
    raise UserError(
        f'Step {step}: {what}, and training ends. {self._last_good} A lower learning '
        'rate may help.'
    )

  def save_checkpoint(self, basename):
    # Between a step and the next one it is Trax that asks, before the evaluation.
    if self._step_is_done:
      self._due_checkpoints.append(basename)
    else:
      self._save([basename])

  def _save(self, names: list[str]) -> None:
    folder = self._output_dir
    if folder is None or not _is_local(folder) or not self.is_chief:
      for name in names:
        super().save_checkpoint(name)
      return
    weights = fastmath.tree_flatten(self._model.weights)
    if not all(np.isfinite(np.asarray(w)).all() for w in weights if w is not None):
      self._refuse('weights are infinite or NaN', self._step)
    seconds = self._seconds_before + time.monotonic() - self._started_at
    self._history.append('train', SECONDS, self._step, seconds)
    try:
      with checkpoints.replacing(folder) as self._output_dir:
        for name in names:
          super().save_checkpoint(name)
          checkpoints.describe(self._output_dir, name, self._state())
    except (OSError, tf.errors.OpError) as error:
      raise UserError(
          f'{folder}: the checkpoint of step {self._step} cannot be written: '
          f'{_reason(error)}. {self._last_good}'
      ) from error
    finally:
      self._output_dir = folder
    if 'model' in names:
      self._note_good(folder, 'model')

  def load_checkpoint(self, directory=None, filename=None):
    folder, name = directory or self._output_dir, filename or 'model'
    if folder is not None and _is_local(folder):
      self._saved_state = checkpoints.verified_state(folder, name)
      changed = changed_settings(folder)
      # Trax would take one optimizer's slots for another's, where their shapes fit.
      if self._saved_state and 'train.optimizer' in changed:
        raise UserError(
            f'{folder} holds a run with another optimizer '
            f"({settings.listed(changed)}). Use another output_dir, or that run's "
            'optimizer.'
        )
    try:
      super().load_checkpoint(directory=directory, filename=filename)
    except (EOFError, OSError, pickle.UnpicklingError, zlib.error) as error:
      raise UserError(
          f'{os.path.join(folder or "", name)}.pkl.gz cannot be read: {error}.'
      ) from error
    if folder is not None and self._step:
      self._note_good(folder, name)

  def _note_good(self, folder: str, name: str) -> None:
    path = os.path.join(folder, f'{name}.pkl.gz')
    self._last_good = f'The last good checkpoint, {path}, is of step {self._step}.'

  def update_weights_and_state(self, weights=None, state=None):
    if weights is not None:
      # Trax replicates those of the model with its loss, which would stay as they were.
      for trainer in self._trainer_per_task:
        with_loss = trainer.model_with_loss
        with_loss.weights = (weights, *with_loss.weights[1:])
    super().update_weights_and_state(weights, state)

  def _all_tasks(self) -> list[Any]:
    tasks = [*self._tasks, *self._eval_tasks]
    return [task for task in tasks if task is not None]

  def _state(self) -> dict[str, Any]:
    """Returns what of a run Trax's own files leave out."""
    if self._state_before_evaluation is not None:
      return self._state_before_evaluation
    return {
        'step': self._step,
        'rng': np.asarray(self._rng).tolist(),
        'batches': [task._labeled_data.n_drawn for task in self._all_tasks()],
    }

  def _restore(self, state: dict[str, Any]) -> None:
    if fastmath.is_backend(fastmath.Backend.JAX):
      self._rng = jax.numpy.array(state['rng'], np.uint32)
    # Streams with the stage `CountAndSkip` would skip by themselves what was drawn.
    inputs.data_counters = self._counters_at_start
    for task, n_drawn in zip(self._all_tasks(), state['batches']):
      with contextlib.suppress(StopIteration):
        while task._labeled_data.n_drawn < n_drawn:
          task.next_batch()


class _Counted:
  """An iterator that counts what is drawn from it."""

  def __init__(self, iterator: Iterator[Any]):
    self._iterator = iterator
    self.n_drawn = 0

  def __iter__(self) -> '_Counted':
    return self

  def __next__(self) -> Any:
    item = next(self._iterator)
    self.n_drawn += 1
    return item


def changed_settings(folder: str) -> dict[str, str]:
  """Returns what differs between gin's settings and those a folder records."""
  now = settings.parse(gin.operative_config_str())
  return settings.changes(settings.recorded(folder), now)


def _is_of_disk(error: BaseException) -> bool:
  """Whether an error, Python's or TensorFlow's, is that nothing can be written."""
  return isinstance(error, (OSError, tf.errors.OpError)) and any(
      os.strerror(number) in str(error) for number in _DISK_ERRORS
  )


def _reason(error: BaseException) -> str:
  # TensorFlow's errors hold a message, which names the file.
  return getattr(error, 'message', str(error))


def _is_local(folder: str) -> bool:
  # Trax can write to buckets, too.
  return '://' not in os.fspath(folder)
