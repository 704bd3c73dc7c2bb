"""Files of predictions: whole or not there, and gone on with where they ended."""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.reading import delimited

# Ends the name of an output that isn't whole yet.
PARTIAL = '.partial'


class Output(NamedTuple):
  """Where predictions go.

  Attributes:
    file: to write to.
    last_row: the number of the last row that is in it already, or 0.
  """

  file: TextIO
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
    file = open(partial, mode, encoding='utf-8', errors='replace', newline='')
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
  last_row, end = 0, 0
  with open(path, 'rb+') as file:
    for number, size in _rows(file.read, format_):
      last_row, end = number, size
    file.truncate(end)
  return last_row


def _rows(read, format_: str) -> Iterator[tuple[int, int]]:
  """Yields each whole row's number, and where it ends in the file."""
  lines = read().splitlines(keepends=True)
  ends = [0]
  for line in lines:
    ends.append(ends[-1] + len(line))
  if lines and not lines[-1].endswith(b'\n'):
    lines.pop()
  texts = (line.decode('utf-8', 'replace') for line in lines)
  if format_ == 'jsonl':
    for i, text in enumerate(texts):
      yield json.loads(text)['row'], ends[i + 1]
    return
  delimiter, quoting = ('\t', 'backslash') if format_ == 'tsv' else (',', 'double')
  torn: list[int] = []
  rows = list(delimited.rows(texts, delimiter, quoting, lambda n, _: torn.append(n)))
  starts = [number for number, _ in rows][1:] + [torn[0] if torn else len(lines) + 1]
  for (_, fields), following in zip(rows[1:], starts[1:], strict=True):
    if torn and following > torn[0]:
      return
    yield int(fields[rows[0][1].index('row')]), ends[following - 1]
