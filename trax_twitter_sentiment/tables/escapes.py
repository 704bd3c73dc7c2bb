"""Escapes for line ends and unprintable characters, and the quotes of CSV."""

import re
from collections.abc import Iterable

_ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)', re.DOTALL)
_ESCAPED = {'t': '\t', 'n': '\n', 'r': '\r'}

# The characters for which a cell of CSV needs quotes.
_SPECIAL_IN_CSV = re.compile('[,"\r\n]')


def printable(text: str) -> str:
  r"""Returns a text with escapes (`\n`, `\x1b`) for unprintable characters."""
  if text.isprintable():
    return text
  return ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def escape(text: str) -> str:
  r"""Returns a text with escapes for unprintable characters and backslashes.

  `unescape` restores the text.
  """
  return printable(text.replace('\\', r'\\') if '\\' in text else text)


def unescape(text: str) -> str:
  """Returns the text that `escape` escaped."""

  def unescaped(match: re.Match[str]) -> str:
    letter, digits = match[1][0], match[1][1:]
    return chr(int(digits, 16)) if digits else _ESCAPED.get(letter, letter)

  return _ESCAPE.sub(unescaped, text) if '\\' in text else text


def csv_line(cells: Iterable[str]) -> str:
  r"""Returns a row of CSV as in RFC 4180, with `\n` as its end.

  `csv.writer` quotes `\r` since Python 3.13 only, and pandas ends a row at `\r` without
  quotes. Python 3.10 also refuses null characters.

  Examples:
    >>> csv_line(['1', 'sad, so sad'])
    '1,"sad, so sad"\n'
  """
  return ','.join(map(_csv_cell, cells)) + '\n'


def _csv_cell(cell: str) -> str:
  if not _SPECIAL_IN_CSV.search(cell):
    return cell
  return '"' + cell.replace('"', '""') + '"'
