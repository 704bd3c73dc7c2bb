"""Values of a table as texts."""

import ast
import re
from typing import Any

# How a text begins that Python may have written as `b'…'`.
BYTES_BEGIN = ('b"', "b'")
_BYTES_REPR = re.compile(r'''b(['"]).*\1''', re.DOTALL)


class MalformedError(Exception):
  """What is wrong with a row."""


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
    return str(value)
  raise MalformedError(
      f'column {column!r} is of the type {type(value).__name__}, not a text'
  )


def decoded_repr(text: str) -> str | None:
  """Returns the text that Python wrote as `b'…'`; `None` for any other text."""
  if not _BYTES_REPR.fullmatch(text.strip()):
    return None
  try:
    return ast.literal_eval(text.strip()).decode('utf-8')
  except (ValueError, SyntaxError, MemoryError):
    return None
