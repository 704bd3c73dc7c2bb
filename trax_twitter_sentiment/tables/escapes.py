"""Escapes for line ends and unprintable characters, so that a text is one line."""

import re

_ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)', re.DOTALL)
_ESCAPED = {'t': '\t', 'n': '\n', 'r': '\r'}


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
