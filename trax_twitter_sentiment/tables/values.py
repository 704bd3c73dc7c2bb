"""Converts values of a table to texts."""

import ast
import math
import re
from typing import Any

# The beginnings of a text that may be a bytes literal of Python.
BYTES_BEGIN = ('b"', "b'")
_BYTES_REPR = re.compile(r'''b(['"]).*\1''', re.DOTALL)


class MalformedError(Exception):
  """An error about a malformed row; its message is the problem."""


def as_text(value: Any, column: str) -> str | None:
  """Returns a value as a text; `None` for a missing text.

  Raises:
    MalformedError: if the value is not a text, a number or a boolean.
  """
  if value is None or isinstance(value, str):
    return value
  if isinstance(value, bool):
    return str(value).lower()
  if isinstance(value, (int, float)):
    return None if math.isnan(value) else str(value)
  raise MalformedError(
      f'column {column!r} has the type {type(value).__name__}, not a text'
  )


def decoded_repr(text: str) -> str | None:
  """Decodes a bytes literal such as `b'…'`; returns `None` for any other text."""
  if not _BYTES_REPR.fullmatch(text.strip()):
    return None
  try:
    return ast.literal_eval(text.strip()).decode('utf-8')
  except (ValueError, SyntaxError, MemoryError):
    return None
