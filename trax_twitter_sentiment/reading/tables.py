"""Reading texts, and labels, from the files that people have."""

import csv
import json
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from trax_twitter_sentiment.errors import UserError

# File name ending -> format; a file of any other name is a text a line.
_FORMATS = {'.csv': 'csv', '.tsv': 'tsv', '.jsonl': 'jsonl', '.ndjson': 'jsonl'}

# A novel in one line. A file without line ends isn't taken into memory whole.
_MAX_LINE_BYTES = 2**22


class Record(NamedTuple):
  """One row of a file.

  Attributes:
    line: the number of its last line, counted from 1.
    values: of the columns asked for.
  """

  line: int
  values: tuple[str, ...]


class RecordReader:
  """Reads the records of a file, one at a time.

  Bytes that are not UTF-8 become U+FFFD, and the lines that hold some are counted.

  Args:
    file: opened in binary mode.
    name: of the file, for errors, and for the format by its ending: CSV or TSV with
      a header (`.csv`, `.tsv`), JSON Lines (`.jsonl`, `.ndjson`), else a text a line.
    columns: the names of the columns to read; a text a line has one, `'text'`.
    skip_malformed: whether malformed rows are left out and counted.

  Attributes:
    n_damaged: how many of the lines read so far were not UTF-8.
    n_skipped: how many rows were left out so far.

  Raises, while it is iterated over:
    UserError: if a CSV or TSV file lacks a column, or a text a line is asked for
      more than texts; if a line is longer than 4 MiB, or a row is malformed and not
      skipped; the line is named.
  """

  def __init__(
      self,
      file: BinaryIO,
      name: str,
      columns: tuple[str, ...],
      skip_malformed: bool = False,
  ):
    self.n_damaged = 0
    self.n_skipped = 0
    self._skip_malformed = skip_malformed
    self._file = file
    self._name = name
    self._columns = columns

  def __iter__(self) -> Iterator[Record]:
    ending = os.path.splitext(self._name)[1].lower()
    match _FORMATS.get(ending, 'lines'):
      case 'csv':
        yield from self._csv(self._lines(), ',')
      case 'tsv':
        yield from self._csv(self._lines(), '\t')
      case 'jsonl':
        yield from self._jsonl(self._lines())
      case _:
        if len(self._columns) > 1:
          raise UserError(
              f'{self._name} holds a text a line; labels take a .csv, .tsv or .jsonl.'
          )
        for number, line in enumerate(self._lines(), start=1):
          yield Record(number, (line.rstrip('\r\n'),))

  def _lines(self) -> Iterator[str]:
    lines = iter(lambda: self._file.readline(_MAX_LINE_BYTES + 1), b'')
    for number, line in enumerate(lines, start=1):
      if len(line) > _MAX_LINE_BYTES:
        raise UserError(
            f'{self._name}, line {number}: longer than {_MAX_LINE_BYTES:,} bytes.'
        )
      # The first line may begin with a byte-order mark, which Excel writes.
      encoding = 'utf-8-sig' if number == 1 else 'utf-8'
      try:
        yield line.decode(encoding)
      except UnicodeDecodeError:
        self.n_damaged += 1
        yield line.decode(encoding, errors='replace')

  def malformed(self, line: int, problem: str) -> None:
    """Counts a malformed row, or raises the `UserError` about it."""
    if not self._skip_malformed:
      raise UserError(f'{self._name}, line {line}: {problem}.')
    self.n_skipped += 1

  def _csv(self, lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    rows = csv.reader(lines, delimiter=delimiter)
    try:
      header = next(rows, [])
    except csv.Error as error:
      raise UserError(f'{self._name}, line {rows.line_num}: {error}.') from error
    if missing := self._missing(header):
      raise UserError(f'{self._name}, line 1: {missing}.')
    positions = [header.index(column) for column in self._columns]
    while True:
      try:
        row = next(rows)
      except StopIteration:
        return
      except csv.Error as error:
        self.malformed(rows.line_num, str(error))
        continue
      if not row:
        continue
      if len(row) == len(header):
        yield Record(rows.line_num, tuple(row[position] for position in positions))
      else:
        self.malformed(
            rows.line_num, f'{len(row)} columns, but the header has {len(header)}'
        )

  def _jsonl(self, lines: Iterable[str]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
      if not line.strip():
        continue
      values, problem = self._values(line)
      if problem:
        self.malformed(number, problem)
      else:
        yield Record(number, values)

  def _values(self, line: str) -> tuple[tuple[str, ...], str]:
    """Returns the columns of a JSON object, and what is wrong with it, or ''."""
    try:
      fields = json.loads(line)
      if not isinstance(fields, dict):
        return (), 'not a JSON object'
      if missing := self._missing(list(fields)):
        return (), missing
      return tuple(str(fields[column]) for column in self._columns), ''
    except (ValueError, RecursionError):
      return (), 'not JSON'

  def _missing(self, found: list[str]) -> str:
    """Returns what to say of a missing column, or ''."""
    for column in self._columns:
      if column not in found:
        names = ', '.join(map(repr, found)) or 'none'
        return f'no column {column!r}; there are {names}'
    return ''
