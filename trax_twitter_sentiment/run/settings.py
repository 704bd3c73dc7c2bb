"""The settings that a run's `config.gin` records, and which of them changed."""

import os
import re

from trax_twitter_sentiment.files import open_regular

CONFIG_FILE = 'config.gin'

# Gin writes each binding at the beginning of a line, and continues it indented.
_BINDING = re.compile(r'^([\w./]+) = (.*(?:\n[ \t}\])].*)*)', re.M)


def parse(config: str) -> dict[str, str]:
  """Returns the settings of a config that gin wrote, each with its value as text.

  Examples:
    >>> parse('train.steps = 60\\n')
    {'train.steps': '60'}
  """
  return {
      name: ' '.join(value.removeprefix('\\').split())
      for name, value in _BINDING.findall(config)
  }


def recorded(folder: str) -> dict[str, str]:
  """Returns the settings in a run's `config.gin`; empty if the file is missing."""
  try:
    with open_regular(os.path.join(folder, CONFIG_FILE)) as file:
      return parse(file.read().decode('utf-8', errors='replace'))
  except OSError:
    return {}


def changes(before: dict[str, str], now: dict[str, str]) -> dict[str, str]:
  """Returns the settings whose values differ, as `'old → new'`.

  Settings that only one of the two has are left out.
  """
  return {
      name: f'{value} → {now[name]}'
      for name, value in before.items()
      if now.get(name, value) != value
  }


def listed(changed: dict[str, str]) -> str:
  """Returns changes as one line of text."""
  return ', '.join(f'{name} {change}' for name, change in changed.items())
