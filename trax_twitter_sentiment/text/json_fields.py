"""Fields of a JSON file that may be damaged: what they should be, or `ValueError`."""

import json
from typing import Any


def parse_object(content: str) -> dict[str, Any]:
  fields = json.loads(content)
  if not isinstance(fields, dict):
    raise ValueError('it does not hold a JSON object')
  return fields


def lexicon(entries: object) -> tuple[tuple[str, int], ...]:
  if not isinstance(entries, dict) or not all(
      type(strength) is int and 1 <= abs(strength) <= 3
      for strength in entries.values()
  ):
    raise ValueError('its lexicon does not map words to -3 to 3')
  return tuple(entries.items())


def strings(fields: dict[str, Any], name: str) -> tuple[str, ...]:
  value = fields.get(name)
  if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
    raise ValueError(f'its {name} is not a list of strings')
  return tuple(value)
