"""Reads rows of CSV and TSV. No row is lost, and no row is merged with another."""

import collections
import csv
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import columns
from trax_twitter_sentiment.tables.escapes import unescape
from trax_twitter_sentiment.tables.input_files import InputFile
from trax_twitter_sentiment.tables.rows import NOTHING_KEPT, Query, Rows

# `'double'` is the quoting of RFC 4180. With `'none'`, quotes are text.
QUOTINGS = ('double', 'none')

# The quoting of predict's TSV, which `escapes.escape` writes.
ESCAPED = 'escaped'

_PREDICTIONS_HEADER = re.compile(
    r'label\t(name\t|sentiment\t)+((log_)?p_[^\t]*\t)+n_tokens\ttext\trow(\t|\s*$)'
)
# Excel writes this line above the header.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)

_BAD_QUOTE = (
    'a quote without a closing quote, or text after a closing quote; '
    "quoting='none' reads quotes as text"
)
_LONE_CR = 'an unquoted carriage return (CR) inside a row'

Malformed = Callable[[int, str], None]


class _Dialect(NamedTuple):
  delimiter: str
  quoting: str


def rows(
    file: InputFile, query: Query, usual_delimiter: str, usual_quoting: str
) -> Rows:
  """Yields the rows below the header, or all rows if there is none.

  Args:
    file: the file.
    query: the columns to read, and how to read them.
    usual_delimiter: the delimiter if neither the options nor the header determine it.
    usual_quoting: the quoting if the options do not determine it.

  Raises:
    UserError: if a column is missing, or a row is malformed.
  """
  lines = file.lines(query.options.encoding)
  n_before, first = 0, next(lines, '')
  if match := _SEPARATOR_LINE.fullmatch(first):
    usual_delimiter = match[1]
    n_before, first = 1, next(lines, '')
  dialect = _dialect(first, query, usual_delimiter, usual_quoting)
  malformed = functools.partial(_malformed, file, query, n_before)
  fields = split_rows(itertools.chain([first], lines), *dialect, malformed)
  number, names = next(fields, (1, []))
  second = next(fields, None)
  where = f'{file.name}, line {n_before + number}'
  header = columns.Header(where, first, names, second and second[1], query)
  if second:
    fields = itertools.chain([second], fields)
  if not query.options.header and names:
    fields = itertools.chain([(number, names)], fields)
  yield from _Selection(file, query, header, n_before, dialect).rows(fields)


csv_rows = functools.partial(rows, usual_delimiter=',', usual_quoting='double')
tsv_rows = functools.partial(rows, usual_delimiter='\t', usual_quoting='none')


def _dialect(first: str, query: Query, delimiter: str, quoting: str) -> _Dialect:
  """Returns how the fields of a file's rows are separated and quoted."""
  options = query.options
  if options.delimiter:
    delimiter = options.delimiter
  elif options.header:
    certain = columns.certain_delimiters(first, query.columns)
    delimiter = certain[0] if len(certain) == 1 else delimiter
  if is_predictions(first):
    quoting = ESCAPED
  return _Dialect(delimiter, options.quoting or quoting)


def is_predictions(header: str) -> bool:
  """Returns whether a first line is the header of the TSV that predict writes."""
  return bool(_PREDICTIONS_HEADER.match(header))


def _malformed(
    file: InputFile, query: Query, n_before: int, number: int, problem: str
) -> None:
  if query.options.header and number == 1:
    raise UserError(f'{file.name}, line {n_before + 1}: {problem}.')
  query.malformed(n_before + number, problem)


class _Selection:
  """The rows of a table, reduced to the columns of a query.

  `n_before` is the number of lines before the first row.
  """

  def __init__(
      self,
      file: InputFile,
      query: Query,
      header: columns.Header,
      n_before: int,
      dialect: _Dialect,
  ):
    self._file = file
    self._query = query
    self._header = header
    self._n_before = n_before
    self._may_be_quoted = dialect.quoting == 'none' and not query.options.quoting
    self._indices = [header.index_of(column) for column in header.columns_to_read()]
    self._kept = {name: header.index_of(name) for name in query.keep or ()}
    if query.keep is None:
      self._kept = {name: i for i, name in enumerate(header.names)}
    self._watched = header.watched(self._indices) if query.options.header else ()

  def rows(self, numbered: Iterable[tuple[int, list[str]]]) -> Rows:
    """Yields the columns of rows, which come with their line numbers."""
    n_columns = len(self._header.names)
    indices, kept_indices, watched = self._indices, self._kept, self._watched
    for number, fields in numbered:
      line = number + self._n_before
      if len(fields) != n_columns:
        self._refuse_length(line, fields)
        continue
      if watched and self._repeats_header(line, fields):
        continue
      kept = NOTHING_KEPT
      if kept_indices:
        kept = {column: fields[i] for column, i in kept_indices.items()}
      values = [fields[i] for i in indices]
      if self._may_be_quoted and len(text := values[0]) > 1:
        self._file.n_quoted += text[0] == text[-1] == '"'
      yield line, values, kept

  def _refuse_length(self, line: int, fields: list[str]) -> None:
    if fields == ['']:  # An empty line is not a row of several columns.
      return
    first_row = 'header' if self._query.options.header else 'first row'
    n_columns = len(self._header.names)
    problem = f'{len(fields)} columns, but the {first_row} has {n_columns}'
    if self._may_be_quoted and any(field.startswith('"') for field in fields):
      setting = self._query.options.setting
      problem += f"; if texts are in quotes, {setting}quoting='double' reads them"
    self._query.malformed(line, problem)

  def _repeats_header(self, line: int, fields: list[str]) -> bool:
    """Returns whether a row repeats the header; reports such a row as malformed.

    Raises:
      UserError: if another row has a value of the header, so the header is data.
    """
    header = self._header.fields
    for i, is_suspicious in self._watched:
      if fields[i] != header[i]:
        continue
      if fields == header:
        self._query.malformed(line, 'the header again')
        return True
      if is_suspicious:
        self._header.refuse_recurrence(i, line)
    return False


def split_rows(
    lines: Iterable[str], delimiter: str, quoting: str, malformed: Malformed
) -> Iterator[tuple[int, list[str]]]:
  """Yields the number of each row's first line, counted from 1, and its fields.

  Args:
    lines: the lines, with their line ends.
    delimiter: a character.
    quoting: one of `QUOTINGS`, or `ESCAPED`.
    malformed: a function of a line number and a problem. If it returns, the row is
      skipped, and reading continues with the next line.
  """
  if quoting == 'double':
    yield from _quoted_rows(lines, delimiter, malformed)
    return
  for number, line in enumerate(lines, start=1):
    fields = line.rstrip('\r\n').split(delimiter)
    if quoting == ESCAPED and '\\' in line:
      fields = [*map(unescape, fields)]
    yield number, fields


def _quoted_rows(
    lines: Iterable[str], delimiter: str, malformed: Malformed
) -> Iterator[tuple[int, list[str]]]:
  lines = iter(lines)
  row_lines: list[str] = []
  pending: collections.deque[str] = collections.deque()  # Lines to read again.

  def feed() -> Iterator[str]:
    while True:
      line = pending.popleft() if pending else next(lines, None)
      if line is None:
        return
      row_lines.append(line)
      yield line

  number = 1
  while True:
    try:
      for row in csv.reader(feed(), delimiter=delimiter, strict=True):
        if row:
          yield number, row
        number += len(row_lines)
        row_lines.clear()
      return
    except csv.Error as error:
      # The lines after the first may be separate rows, so they are read again.
      malformed(number, _LONE_CR if 'new-line' in str(error) else _BAD_QUOTE)
      pending.extendleft(reversed(row_lines[1:]))
      row_lines.clear()
      number += 1
