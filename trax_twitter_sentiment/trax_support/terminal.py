"""What the launcher shows on a terminal; elsewhere all is as Trax writes it."""

import contextlib
import io
import logging
import re
import sys
from collections.abc import Iterator

import tqdm
import tqdm.contrib
from absl import logging as absl_logging

# Trax prints a line for each figure of a step.
_LINE = re.compile(r'Step +(\d+): +(Ran \d.*|(?:train|eval) .*)')
_FIGURE = re.compile(r'(train|eval) +(\S+) \| +(\S+)')
_DIGITS = 4
_CLEAR_LINE = '\r\x1b[K'


class Lines(io.TextIOBase):
  """A file that puts what Trax prints of one step into one line, above a bar."""

  def __init__(self):
    # That of bars, which it goes above.
    self._file = tqdm.contrib.DummyTqdmFile(sys.stderr)
    self._begun = self._step = ''
    self._figures: list[str] = []

  def write(self, text: str) -> int:
    *lines, self._begun = (self._begun + text).split('\n')
    for line in lines:
      self._write_line(line)
    return len(text)

  def flush(self) -> None:
    """Does nothing, since Trax flushes each line; `end_step` writes what is left."""

  def end_step(self) -> None:
    """Writes the line of a step."""
    if self._figures:
      self._file.write(f'Step {self._step}: {", ".join(self._figures)}\n')
    self._figures = []

  def end(self) -> None:
    """Writes what is left."""
    self._write_line(self._begun)
    self.end_step()

  def _write_line(self, line: str) -> None:
    if match := _LINE.match(line):
      if match[1] != self._step:
        self.end_step()
      self._step = match[1]
      self._figures.append(_FIGURE.sub(_short, match[2].strip()))
    elif line.strip():
      self.end_step()
      self._file.write(f'{line}\n')


def _short(figure: re.Match[str]) -> str:
  split, name, value = figure.groups()
  return f'{split} {name} {float(value):.{_DIGITS}g}'


class StepBar:
  """A `TrainingStepCallback` that shows the run's steps, on a terminal."""

  def __init__(self, bar: tqdm.tqdm, lines: Lines | None):
    self._bar = bar
    self._lines = lines

  def call_at(self, step: int) -> bool:
    return True

  def on_step_begin(self, step: int) -> None:
    if self._lines:
      self._lines.end_step()

  def on_step_end(self, step: int) -> None:
    self._bar.update()


class Screen:
  """The terminal while a run goes on.

  Args:
    lines: where what is printed goes; `None` if that is no terminal.
  """

  def __init__(self, lines: Lines | None):
    self._lines = lines
    self._bars: list[tqdm.tqdm] = []

  def step_bar(self, step: int, n_steps: int) -> StepBar:
    """Returns a callback of a run that is at a step."""
    bar = tqdm.tqdm(
        desc='Training',
        total=n_steps,
        initial=step,
        unit=' steps',
        disable=None,
        leave=False,
    )
    self._bars.append(bar)
    return StepBar(bar, self._lines)

  def close(self) -> None:
    if self._lines:
      self._lines.end()
    for bar in self._bars:
      bar.close()


@contextlib.contextmanager
def shown() -> Iterator[Screen]:
  """Has what is printed and logged meanwhile go above progress bars."""
  if not sys.stderr.isatty():
    yield Screen(None)
    return
  lines = Lines() if sys.stdout.isatty() else None
  screen = Screen(lines)
  try:
    with _logged_above_bars(lines), _printed_to(lines):
      yield screen
  finally:
    screen.close()


@contextlib.contextmanager
def passing(message: str) -> Iterator[None]:
  """Shows a message meanwhile, which is gone afterwards, on a terminal."""
  if not sys.stderr.isatty():
    yield
    return
  sys.stderr.write(message)
  sys.stderr.flush()
  try:
    yield
  finally:
    sys.stderr.write(_CLEAR_LINE)
    sys.stderr.flush()


@contextlib.contextmanager
def _logged_above_bars(lines: Lines | None) -> Iterator[None]:
  log_handler = absl_logging.get_absl_handler().python_handler
  log_stream = log_handler.setStream(tqdm.contrib.DummyTqdmFile(sys.stderr))
  if lines:
    # Trax prints what it logs, too, so that a terminal would show it twice.
    log_handler.addFilter(_is_no_news)
  try:
    yield
  finally:
    log_handler.setStream(log_stream)
    log_handler.removeFilter(_is_no_news)


@contextlib.contextmanager
def _printed_to(lines: Lines | None) -> Iterator[None]:
  if lines is None:
    yield
    return
  with contextlib.redirect_stdout(lines):
    yield


def _is_no_news(record: logging.LogRecord) -> bool:
  return record.levelno > logging.INFO
