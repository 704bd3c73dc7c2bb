"""Checks of the fields of a JSON file, which may be damaged."""

import json
from typing import Any


def parse_object(content: str, file_format: int) -> dict[str, Any]:
  """Returns the fields of a JSON object whose field `format` is as expected.

  Raises:
    ValueError: if the content is anything else.
  """
  try:
    fields = json.loads(content)
  except RecursionError as error:
    raise ValueError('it is nested too deeply') from error
  if not isinstance(fields, dict):
    raise ValueError('it is not a JSON object')
  if fields.get('format') != file_format:
    raise ValueError(
        f'its format is {fields.get("format")!r}, not {file_format}; train again'
    )
  return fields


def strings(fields: dict[str, Any], name: str) -> tuple[str, ...]:
  """Returns a field; raises `ValueError` unless it is a list of strings."""
  value = fields.get(name)
  if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
    raise ValueError(f'its {name} is not a list of strings')
  return tuple(value)


def lexicon(fields: dict[str, Any], name: str) -> tuple[tuple[str, int], ...]:
  """Returns a field; raises `ValueError` unless it maps words to strengths."""
  value = fields.get(name)
  if not isinstance(value, dict) or not all(
      type(strength) is int and 1 <= abs(strength) <= 3 for strength in value.values()
  ):
    raise ValueError(f'its {name} does not map words to strengths from -3 to 3')
  return tuple(value.items())
