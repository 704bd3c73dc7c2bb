"""Files of predictions: whole or not there, and gone on with where they ended."""

import array
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import IO, BinaryIO, NamedTuple

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import delimited

# Ends the name of an output that isn't whole yet.
PARTIAL = '.partial'


class Output(NamedTuple):
  """Where predictions go.

  Attributes:
    file: to write to.
    last_row: the number of the last row that is in it already, or 0.
  """

  file: IO[str]
  last_row: int


@contextlib.contextmanager
def opened(
    path: str | None, format_: str, inputs: Sequence[str], resume: bool
) -> Iterator[Output]:
  """Yields the output at `path`, which gets its name when all is written.

  Until then, and if something fails meanwhile, it is called `path` + `'.partial'`.

  Args:
    path: of the file; `None` for standard output.
    format_: what it is written as: `'tsv'`, `'csv'` or `'jsonl'`, to be resumed.
    inputs: files that it must not be.
    resume: whether to go on after the rows that are there.

  Raises:
    UserError: if it is an input, or can't be written.
  """
  if path is None:
    yield Output(sys.stdout, 0)
    return
  for name in inputs:
    if os.path.exists(name) and os.path.exists(path) and os.path.samefile(name, path):
      raise UserError(f'--output={path} is an input; it would be lost.')
  partial = path + PARTIAL
  last_row = 0
  try:
    if resume:
      if not os.path.exists(partial) and os.path.exists(path):
        shutil.copyfile(path, partial)
      last_row = _keep_whole_rows(partial, format_) if os.path.exists(partial) else 0
    mode = 'a' if last_row else 'w'
    file = open(partial, mode, encoding='utf-8', errors='replace', newline='')  # noqa: SIM115
  except OSError as error:
    raise UserError(f'--output={path}: {error.strerror}.') from error
  try:
    with file:
      yield Output(file, last_row)
      file.flush()
      os.fsync(file.fileno())
    os.replace(partial, path)
  except BaseException as error:
    hint = '' if format_ == 'text' else '; --resume goes on with it'
    print(f'{partial} holds what was written so far{hint}.', file=sys.stderr)
    if isinstance(error, OSError):
      raise UserError(f'--output={path}: {error.strerror}.') from error
    raise


def _keep_whole_rows(path: str, format_: str) -> int:
  """Cuts off what is torn at the end; returns the number of the last row, or 0."""
  with open(path, 'rb+') as file:
    last_row, end = _last_whole_row(file, format_)
    file.truncate(end)
  return last_row


def _last_whole_row(file: BinaryIO, format_: str) -> tuple[int, int]:
  """Returns the number of the last row that is whole, and where it ends; or zeros."""
  ends = array.array('q', [0])

  def whole_lines() -> Iterator[str]:
    for line in file:
      if line.endswith(b'\n'):
        ends.append(ends[-1] + len(line))
        yield line.decode('utf-8', 'replace')

  if format_ == 'jsonl':
    last = ''
    for line in whole_lines():
      last = line
    return (json.loads(last)['row'], ends[-1]) if last else (0, 0)
  delimiter, quoting = ',', 'double'
  if format_ == 'tsv':
    delimiter, quoting = '\t', delimited.ESCAPED
  torn: list[int] = []
  rows = delimited.split_rows(
      whole_lines(), delimiter, quoting, lambda number, _: torn.append(number)
  )
  _, header = next(rows, (1, ['row']))
  last_row = 0
  for number, fields in rows:
    if torn and torn[0] < number:
      break
    last_row = int(fields[header.index('row')])
  return last_row, (ends[torn[0] - 1] if torn else ends[-1]) if last_row else 0
