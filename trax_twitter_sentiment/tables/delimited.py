"""Reads rows of CSV and TSV. No row is lost, and no row is merged with another."""

import collections
import csv
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator

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


def rows(
    file: InputFile, query: Query, usual_delimiter: str, usual_quoting: str
) -> Rows:
  """Yields the rows below the header, or all rows if there is none.

  The usual delimiter and quoting apply if neither options nor header determine others.

  Raises:
    UserError: if a column is missing, or a row is malformed.
  """
  options, lines = query.options, file.lines(query.options.encoding)
  n_before, first = 0, next(lines, '')
  if match := _SEPARATOR_LINE.fullmatch(first):
    usual_delimiter = match[1]
    n_before, first = 1, next(lines, '')

  def malformed(number: int, problem: str) -> None:
    if options.header and number == 1:
      raise UserError(f'{file.name}, line {n_before + 1}: {problem}.')
    query.malformed(n_before + number, problem)

  delimiter = options.delimiter or _delimiter(first, query, usual_delimiter)
  quoting = options.quoting or (ESCAPED if is_predictions(first) else usual_quoting)
  split = split_rows(itertools.chain([first], lines), delimiter, quoting, malformed)
  numbered = ((n_before + number, fields) for number, fields in split)
  number, names = next(numbered, (n_before + 1, []))
  second = next(numbered, None)
  where = f'{file.name}, line {number}'
  header = columns.Header(where, first, names, second and second[1], query)
  data = [second] if second else []
  if not options.header and names:
    data.insert(0, (number, names))
  may_be_quoted = quoting == 'none' and not options.quoting
  yield from _selected(
      file, query, header, itertools.chain(data, numbered), may_be_quoted
  )


csv_rows = functools.partial(rows, usual_delimiter=',', usual_quoting='double')
tsv_rows = functools.partial(rows, usual_delimiter='\t', usual_quoting='none')


def _delimiter(first: str, query: Query, usual_delimiter: str) -> str:
  certain = columns.certain_delimiters(first, query.columns)
  return certain[0] if query.options.header and len(certain) == 1 else usual_delimiter


def is_predictions(header: str) -> bool:
  """Returns whether a first line is the header of the TSV that predict writes."""
  return bool(_PREDICTIONS_HEADER.match(header))


def _selected(
    file: InputFile,
    query: Query,
    header: columns.Header,
    numbered: Iterable[tuple[int, list[str]]],
    may_be_quoted: bool,
) -> Rows:
  """Yields the columns of rows, which come with their line numbers."""
  indices = [header.index_of(column) for column in header.columns_to_read()]
  n_columns = len(header.names)
  kept_indices = {name: header.index_of(name) for name in query.keep or ()}
  if query.keep is None:
    kept_indices = {name: i for i, name in enumerate(header.names)}
  watched = header.watched(indices) if query.options.header else ()
  for line, fields in numbered:
    if len(fields) != n_columns:
      if fields != ['']:  # An empty line is not a row of several columns.
        query.malformed(line, header.wrong_length(fields, may_be_quoted))
      continue
    if watched and header.is_repeated(line, fields, watched):
      query.malformed(line, 'the header again')
      continue
    kept = NOTHING_KEPT
    if kept_indices:
      kept = {column: fields[i] for column, i in kept_indices.items()}
    values = [fields[i] for i in indices]
    if may_be_quoted and len(text := values[0]) > 1:
      file.n_quoted += text[0] == text[-1] == '"'
    yield line, values, kept


def split_rows(
    lines: Iterable[str], delimiter: str, quoting: str, malformed: Malformed
) -> Iterator[tuple[int, list[str]]]:
  """Yields the number of each row's first line, counted from 1, and its fields.

  `quoting` is one of `QUOTINGS`, or `ESCAPED`. After a call of `malformed`, reading
  continues with the next line.
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
