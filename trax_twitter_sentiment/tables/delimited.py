"""Rows of CSV and TSV. No row is lost, and no row is merged with another."""

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

# As in RFC 4180, or quotes are text.
QUOTINGS = ('double', 'none')

# As `escapes.escape` writes: the quoting of predict's TSV.
ESCAPED = 'escaped'

_PREDICTIONS_HEADER = re.compile(
    r'label\t(name\t|sentiment\t)+((log_)?p_[^\t]*\t)+n_tokens\ttext\trow(\t|\s*$)'
)
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)  # Excel's.

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
    query: what to read of it.
    usual_delimiter: the delimiter, unless the options or the header say otherwise.
    usual_quoting: the quoting, likewise.

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
  if not query.options.header:
    fields = itertools.chain([(number, names)] if names else [], fields)
  header = columns.Header(
      f'{file.name}, line {n_before + number}', first, names, query.options
  )
  yield from _selected(fields, header, query, n_before, malformed)


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


def _selected(
    numbered: Iterable[tuple[int, list[str]]],
    header: columns.Header,
    query: Query,
    n_before: int,
    malformed: Malformed,
) -> Rows:
  """Yields the columns that the query asks for."""
  indices = [header.index_of(column) for column in header.read(query.columns)]
  keep = header.names if query.keep is None else query.keep
  kept_indices = {column: header.index_of(column) for column in keep}
  n_columns = len(header.names)
  for number, fields in numbered:
    if len(fields) == n_columns:
      kept = NOTHING_KEPT
      if kept_indices:
        kept = {column: fields[i] for column, i in kept_indices.items()}
      yield n_before + number, [fields[i] for i in indices], kept
    elif fields != ['']:  # An empty line is not a row of several columns.
      first_row = 'header' if query.options.header else 'first row'
      problem = f'{len(fields)} columns, but the {first_row} has {n_columns}'
      malformed(number, problem)


def split_rows(
    lines: Iterable[str], delimiter: str, quoting: str, malformed: Malformed
) -> Iterator[tuple[int, list[str]]]:
  """Yields the number of each row's first line, counted from 1, and its fields.

  Args:
    lines: the lines, with their ends.
    delimiter: a character.
    quoting: one of `QUOTINGS`, or `ESCAPED`.
    malformed: receives a line number and what is wrong with it. If it returns, the
      row is left out, and reading continues with the next line.
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
  pending: collections.deque[str] = collections.deque()  # Lines to be read again.

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
    except csv.Error:
      # The lines after the first may be rows of their own.
      malformed(
          number,
          'a quote that is never closed, or that text follows; with the quoting '
          "'none', quotes are text",
      )
      pending.extendleft(reversed(row_lines[1:]))
      row_lines.clear()
      number += 1
