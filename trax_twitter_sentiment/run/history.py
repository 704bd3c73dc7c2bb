"""The losses and metrics of a run, by step: `history.json` in its output directory."""

import dataclasses
import json
import os
import time
from typing import Any

from trax_twitter_sentiment.files import parse_file

HISTORY_FILE = 'history.json'

# Trax puts this before the names of losses and metrics, but not of other values.
_PREFIX = 'metrics/'

# The maximum number of curves in a file, more than any run has.
_MAX_CURVES = 100

# Step -> value, in the order of the steps.
Curve = dict[int, float]


@dataclasses.dataclass(frozen=True)
class History:
  """The losses and metrics of a run.

  Attributes:
    train_curves: loss -> its mean over the steps since the previous evaluation.
    eval_curves: metric -> its value in each evaluation.
    seconds: the duration of training, over all starts of the run.
    saved_at: the time of the last checkpoint, in seconds since 1970.
  """

  train_curves: dict[str, Curve] = dataclasses.field(default_factory=dict)
  eval_curves: dict[str, Curve] = dataclasses.field(default_factory=dict)
  seconds: float = 0.0
  saved_at: float = 0.0

  @classmethod
  def load(cls, folder: str) -> 'History':
    """Reads the history of a run; returns an empty one if the file is missing.

    Raises:
      UserError: if the file is damaged.
    """
    path = os.path.join(folder, HISTORY_FILE)
    try:
      return parse_file(path, _parse, "a run's history")
    except FileNotFoundError:
      return cls()

  @classmethod
  def of_loop(cls, trax_history: Any, seconds: float = 0.0) -> 'History':
    """Returns the history of a `trax.supervised.training.Loop`.

    Args:
      trax_history: `loop.history`.
      seconds: the duration of training.
    """

    def curves(mode: str) -> dict[str, Curve]:
      if mode not in trax_history.modes:
        return {}
      return {
          name.removeprefix(_PREFIX): _curve(trax_history.get(mode, name))
          for name in trax_history.metrics_for_mode(mode)
          if name.startswith(_PREFIX)
      }

    return cls(curves('train'), curves('eval'), seconds, time.time())

  def save(self, folder: str) -> None:
    """Writes `history.json`, not atomically, which is left to the caller."""
    content = {
        'train': {name: [*curve.items()] for name, curve in self.train_curves.items()},
        'eval': {name: [*curve.items()] for name, curve in self.eval_curves.items()},
        'seconds': round(self.seconds, 3),
        'saved_at': round(self.saved_at, 3),
    }
    with open(os.path.join(folder, HISTORY_FILE), 'w', encoding='utf-8') as file:
      json.dump(content, file)


def eval_curve(trax_history: Any, metric: str) -> Curve:
  """Returns the values of a metric in the history of a loop, of the usual stream."""
  return _curve(trax_history.get('eval', _PREFIX + metric))


def _curve(values: Any) -> Curve:
  """Returns a curve of `(step, value)` pairs, which Trax appends in order.

  A step occurs once for each evaluation stream. The first one is the usual stream;
  the others are those of `train.additional_eval_streams`.
  """
  curve: Curve = {}
  for step, value in values:
    curve.setdefault(int(step), float(value))
  return curve


def _parse(content: bytes) -> History:
  fields = json.loads(content)
  try:
    train, evaluation = (
        {name: _curve(values) for name, values in fields[mode].items()}
        for mode in ('train', 'eval')
    )
    seconds, saved_at = float(fields['seconds']), float(fields['saved_at'])
  except (AttributeError, KeyError, OverflowError, TypeError) as error:
    raise ValueError('its fields are not train, eval, seconds and saved_at') from error
  if len(train) + len(evaluation) > _MAX_CURVES:
    raise ValueError(f'more than {_MAX_CURVES} curves')
  return History(train, evaluation, seconds, saved_at)
