"""What a run's directory tells of how the run came about."""

import contextlib
import datetime
import importlib.resources
import os
import re
import shlex

from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.run.curves import last_start
from trax_twitter_sentiment.run.run import WEIGHTS_FILE, Run
from trax_twitter_sentiment.run.weights import load_arrays

# An include of another gin file of the package.
_INCLUDE = re.compile(r"^include 'trax_twitter_sentiment/gin_configs/(.+)'$", re.M)


def facts(model_dir: str) -> dict[str, str]:
  """Returns what is known of a run: when, by what, how large; by name."""
  found = {}
  weights = os.path.join(model_dir, WEIGHTS_FILE)
  config = os.path.join(model_dir, settings.CONFIG_FILE)
  # By what the run wrote itself: files that are copied have another time.
  if times := last_start(os.path.join(model_dir, 'train')):
    with contextlib.suppress(ValueError, OverflowError, OSError):  # Of damaged times.
      when = datetime.datetime.fromtimestamp(times[1], datetime.timezone.utc)
      found['trained'] = (
          f'{when:%Y-%m-%d %H:%M} UTC, {_duration(times[1] - times[0])} from the first '
          'to the last figures of its last start'
      )
  if os.path.exists(weights):
    n_weights = sum(array.size for array in load_arrays(weights))
    found['trainable weights'] = f'{n_weights:,}'
  if os.path.exists(config):
    found['train it again'] = (
        'python -m trax_twitter_sentiment.trainer '
        f'--config_file={shlex.quote(config)} --output_dir=DIR'
    )
  found['SHA-256 of the corpus'] = Run(model_dir).corpus_record.digest
  return found


def differing_settings(model_dir: str) -> tuple[str, dict[str, str]]:
  """Returns the gin file of the package most like a run's, and how the run differs.

  Returns:
    The file's name, and the settings that both have with other values, as
    `'theirs → of the run'`; `''` and none if the run has no config.
  """
  recorded = settings.recorded(model_dir)
  best, n_alike, differing = '', 0, {}
  for name, shipped in _shipped():
    alike, others = 0, {}
    for setting, value in shipped.items():
      # Gin records a setting for each scope that it was used in.
      found = recorded.get(setting, recorded.get(f'train/{setting}'))
      if found is not None and _parts(found) == _parts(value):
        alike += 1
      elif found is not None:
        others[setting] = f'{value} → {found}'
    if alike > n_alike:
      best, n_alike, differing = name, alike, others
  return best, differing


def _shipped() -> list[tuple[str, dict[str, str]]]:
  """Returns the name and the settings of each gin file of the package."""
  folder = importlib.resources.files('trax_twitter_sentiment.gin_configs')
  found = []
  for file in sorted(folder.iterdir(), key=lambda file: file.name):
    if file.name.endswith('.gin') and not file.name.startswith('_'):
      text = _INCLUDE.sub(
          lambda match: (folder / match[1]).read_text('utf-8'), file.read_text('utf-8')
      )
      without_comments = re.sub(r'(^| +)#.*', '', text, flags=re.M)
      found.append((file.name, settings.parse(without_comments)))
  return found


def _parts(value: str) -> list[str]:
  """Returns the parts of a value, those of a dictionary in their order by name."""
  parts = re.findall(r'[^\s,{}\[\]]+', value)
  return sorted(parts) if value.startswith('{') else parts


def _duration(seconds: float) -> str:
  if seconds < 120:
    return f'{seconds:.1f} seconds'
  minutes = seconds / 60
  return f'{minutes:.0f} minutes' if minutes < 120 else f'{minutes / 60:.1f} hours'
