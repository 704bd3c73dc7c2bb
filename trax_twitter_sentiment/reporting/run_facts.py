"""Facts about a run: its training, its size and its settings."""

import contextlib
import datetime
import importlib.resources
import re
import shlex

from trax_twitter_sentiment import remote
from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.run.run import Run

# An include of another gin file of the package.
_INCLUDE = re.compile(r"^include 'trax_twitter_sentiment/gin_configs/(.+)'$", re.M)


def facts(run: Run) -> dict[str, str]:
  """Returns facts about a run's training and size, by name."""
  result = {}
  history = run.history
  # A copy of a run has new file times, so the history contains the time.
  if history.saved_at:
    with contextlib.suppress(ValueError, OverflowError, OSError):  # A damaged time.
      saved_at = datetime.datetime.fromtimestamp(
          history.saved_at, datetime.timezone.utc
      )
      duration = _duration(history.seconds)
      result['trained'] = f'{saved_at:%Y-%m-%d %H:%M} UTC, in {duration}'
  result['trainable weights'] = f'{sum(array.size for array in run.weights):,}'
  if run.settings and not remote.is_url(run.folder):  # Gin reads local files.
    config = shlex.quote(run.path(settings.CONFIG_FILE))
    result['train it again'] = (
        'python -m trax_twitter_sentiment.trainer '
        f'--config_file={config} --output_dir=DIR'
    )
  result['SHA-256 of the corpus'] = run.corpus_record.digest
  return result


def differing_settings(recorded: dict[str, str]) -> tuple[str, dict[str, str]]:
  """Returns the package's gin file with the most similar settings, and the differences.

  A difference is a setting of both with two values: `'its value → own value'`. For a
  run without settings, the name of the file is `''`.
  """
  best, n_alike, differing = '', 0, {}
  for name, shipped in _shipped():
    alike, others = 0, {}
    for setting, value in shipped.items():
      # Gin records a setting for each scope that uses it.
      own = recorded.get(setting, recorded.get(f'train/{setting}'))
      if own is not None and _parts(own) == _parts(value):
        alike += 1
      elif own is not None:
        others[setting] = f'{value} → {own}'
    if alike > n_alike:
      best, n_alike, differing = name, alike, others
  return best, differing


def _shipped() -> list[tuple[str, dict[str, str]]]:
  """Returns the name and the settings of each gin file of the package."""
  folder = importlib.resources.files('trax_twitter_sentiment.gin_configs')
  shipped = []
  for file in sorted(folder.iterdir(), key=lambda file: file.name):
    if file.name.endswith('.gin') and not file.name.startswith('_'):
      text = _INCLUDE.sub(
          lambda match: (folder / match[1]).read_text('utf-8'), file.read_text('utf-8')
      )
      without_comments = re.sub(r'(^| +)#.*', '', text, flags=re.M)
      shipped.append((file.name, settings.parse(without_comments)))
  return shipped


def _parts(value: str) -> list[str]:
  """Returns the parts of a value, sorted if the value is a dictionary."""
  parts = re.findall(r'[^\s,{}\[\]]+', value)
  return sorted(parts) if value.startswith('{') else parts


def _duration(seconds: float) -> str:
  if seconds < 120:
    return f'{seconds:.1f} seconds'
  minutes = seconds / 60
  return f'{minutes:.0f} minutes' if minutes < 120 else f'{minutes / 60:.1f} hours'
