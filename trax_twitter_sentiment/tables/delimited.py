"""Rows of CSV and TSV, by lines: none is lost, none is merged with another."""

import collections
import csv
import re
from collections.abc import Callable, Iterable, Iterator

QUOTINGS = ('double', 'backslash', 'none')

# Line number of the row, counted from 1, and its fields.
Row = tuple[int, list[str]]
Malformed = Callable[[int, str], None]

_ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)', re.DOTALL)
_ESCAPED = {'t': '\t', 'n': '\n', 'r': '\r'}
# What `escape` leaves as it is holds none of these.
_TO_ESCAPE = {ord('\\'): r'\\', ord('\t'): r'\t', ord('\n'): r'\n', ord('\r'): r'\r'}


def rows(
    lines: Iterable[str], delimiter: str, quoting: str, malformed: Malformed
) -> Iterator[Row]:
  """Yields rows; an empty line of several columns is none.

  Args:
    lines: with their ends.
    delimiter: a character.
    quoting: `'double'` as in RFC 4180; `'backslash'` for `\\t`, `\\n`, `\\r`, `\\\\`
      and `\\x..`, as `escape` writes; `'none'` where quotes are text.
    malformed: is called with a line number and what is wrong with it. If it returns,
      the row is left out, and reading goes on with the next line.
  """
  if quoting == 'double':
    yield from _quoted_rows(lines, delimiter, malformed)
    return
  unescape = _unescape if quoting == 'backslash' else None
  for number, line in enumerate(lines, start=1):
    fields = line.rstrip('\r\n').split(delimiter)
    yield number, [*map(unescape, fields)] if unescape and '\\' in line else fields


def _quoted_rows(
    lines: Iterable[str], delimiter: str, malformed: Malformed
) -> Iterator[Row]:
  lines = iter(lines)
  # Lines of the row that is being read, and lines to be read once more.
  taken: list[str] = []
  pending: collections.deque[str] = collections.deque()

  def feed() -> Iterator[str]:
    while True:
      line = pending.popleft() if pending else next(lines, None)
      if line is None:
        return
      taken.append(line)
      yield line

  number = 1
  while True:
    try:
      for row in csv.reader(feed(), delimiter=delimiter, strict=True):
        if row:
          yield number, row
        number += len(taken)
        taken.clear()
      return
    except csv.Error:
      # The lines after the first may be rows of their own.
      malformed(
          number,
          'a quote that is never closed, or that text follows; the quoting '
          "'none' takes quotes for text",
      )
      pending.extendleft(reversed(taken[1:]))
      taken.clear()
      number += 1


def escape(text: str) -> str:
  """Returns a text in one line, without what a terminal would act on.

  `'backslash'` quoting reads the text back.
  """
  if text.isprintable() and '\\' not in text:
    return text
  text = text.translate(_TO_ESCAPE)
  return ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _unescape(field: str) -> str:
  return _ESCAPE.sub(_unescaped, field) if '\\' in field else field


def _unescaped(match: re.Match[str]) -> str:
  escaped = match[1]
  if len(escaped) > 1:
    return chr(int(escaped[1:], 16))
  return _ESCAPED.get(escaped, escaped)
