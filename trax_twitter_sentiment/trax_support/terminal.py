"""The launcher on a terminal: a progress bar, and a row for each evaluation."""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import tqdm

from trax_twitter_sentiment.run.history import Curve, History

_CLEAR_LINE = '\r\x1b[K'
_WIDTH = 8  # The minimum width of a column.
_LOSSES = ('cross_entropy', 'loss')  # Names of the evaluation loss in `train.metrics`.


def shows_bar() -> bool:
  """Returns whether stderr is a terminal, which shows a progress bar."""
  return sys.stderr.isatty()


def shows_table() -> bool:
  """Returns whether a terminal shows a table instead of the stock trainer's lines."""
  return shows_bar() and sys.stdout.isatty()


@contextlib.contextmanager
def passing(message: str) -> Iterator[None]:
  """Shows a message on a terminal, and removes it at the end."""
  if not shows_bar():
    yield
    return
  print(message, end='', file=sys.stderr, flush=True)
  try:
    yield
  finally:
    print(_CLEAR_LINE, end='', file=sys.stderr, flush=True)


class Progress:
  """A `TrainingStepCallback` that shows a bar, and a row for each evaluation.

  Args:
    loop: the `trax.supervised.training.Loop` that makes the callback.
    n_steps: the last step of the run.
  """

  def __init__(self, loop: Any, n_steps: int):
    self.loop = loop
    self._n_steps = n_steps
    self._bar: tqdm.tqdm | None = None
    self._last_row = loop.step
    self._titles: list[str] = []

  def call_at(self, step: int) -> bool:
    return shows_bar()

  def on_step_begin(self, step: int) -> None:
    if self._bar is None:  # The loop prints messages before its first step.
      self._bar = tqdm.tqdm(
          desc='Training', total=self._n_steps, initial=step - 1, unit=' steps',
          dynamic_ncols=True, leave=False,
      )  # fmt: skip
    self._write_rows()  # Trax evaluates a step after its `on_step_end`.

  def on_step_end(self, step: int) -> None:
    if self._bar is not None:
      self._bar.update()

  def close(self) -> None:
    """Shows the last evaluation and removes the bar."""
    self._write_rows()
    if self._bar is not None:
      self._bar.close()

  def _write_rows(self) -> None:
    """Writes a row for each evaluation since the last row."""
    if not shows_table() or _last_step(self.loop.history) <= self._last_row:
      return
    columns = _columns(History.of_loop(self.loop.history))
    if not self._titles:
      self._titles = ['step', *columns]
      self._write(self._titles)
    steps = sorted({step for curve in columns.values() for step in curve})
    for step in steps:
      if step > self._last_row:
        curves = (columns.get(title, {}) for title in self._titles[1:])
        values = [f'{curve[step]:.4f}' if step in curve else '' for curve in curves]
        self._write([f'{step}', *values])
    self._last_row = steps[-1]

  def _write(self, cells: list[str]) -> None:
    """Writes a line of the table, cut off at the width of the terminal."""
    widths = [max(len(title), _WIDTH) for title in self._titles]
    line = '  '.join(map(str.rjust, cells, widths))
    tqdm.tqdm.write(line[: shutil.get_terminal_size().columns])


def _last_step(history: Any) -> int:
  """Returns the step of the last evaluation in `loop.history`; 0 without any."""
  return max(
      history.get(mode, name)[-1][0]
      for mode in history.modes
      for name in history.metrics_for_mode(mode)
  ) if history.modes else 0


def _columns(history: History) -> dict[str, Curve]:
  """Returns the curves by the titles of their columns, losses first."""
  loss: Curve = {}
  for curve in history.train_curves.values():
    loss.update(curve)  # Several training tasks take turns.
  metrics = {
      'eval loss' if name in _LOSSES else name: curve
      for name, curve in history.eval_curves.items()
  }
  order = sorted(metrics, key=lambda title: title != 'eval loss')
  return {'loss': loss, **{title: metrics[title] for title in order}}


@contextlib.contextmanager
def progress_of(shown: list[Progress]) -> Iterator[None]:
  """Shows the progress of training; a table replaces Trax's lines on a terminal.

  Args:
    shown: a list to which each new loop adds its progress.
  """
  from trax.supervised import trainer_lib, training

  # Both functions log a message, and print the message unless `stdout` is false.
  log_of_loop, log_of_trainer = training._log, trainer_lib.log

  def log(message: str, stdout: bool = True) -> None:
    log_of_trainer(message, stdout=False)
    if stdout:
      close()
      print(message)

  def close() -> None:
    for progress in shown:
      progress.close()

  if shows_table():
    training._log = lambda message, stdout=True: log_of_loop(message, stdout=False)
    trainer_lib.log = log
  try:
    yield
  finally:
    close()
    training._log, trainer_lib.log = log_of_loop, log_of_trainer
