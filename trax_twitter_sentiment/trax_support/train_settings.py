"""Checks of `train`'s settings, before anything is loaded or trained."""

import numbers
from collections.abc import Mapping
from typing import Any

from trax.supervised import trainer_lib

from trax_twitter_sentiment.errors import (
    UserError,
    check_choice,
    check_not_negative,
    check_positive,
)

_POSITIVE = ('eval_frequency', 'eval_steps')
_METRICS_OF_CHECKPOINTS = ('checkpoint_highest', 'checkpoint_lowest')


def check_train_settings(bound: Mapping[str, Any]) -> None:
  """Raises `UserError` for what `trainer_lib.train` would fail at in the end.

  Args:
    bound: the parameters of `train` by their names. Those that gin has yet to
      evaluate, such as `@validation_steps()`, are left to their own checks.
  """
  for name in ('steps', *_POSITIVE):
    value = bound.get(name, 1)
    if value is None or isinstance(value, numbers.Number):
      check = check_not_negative if name == 'steps' else check_positive
      check(f'train.{name}', value)
  metrics = bound.get('metrics')
  names = [*(trainer_lib._DEFAULT_METRICS if metrics is None else metrics)]
  if not names:
    raise UserError('train.metrics={} has no metric; at least one is needed.')
  for name in _METRICS_OF_CHECKPOINTS:
    if bound.get(name) is not None:
      check_choice(f'train.{name}', bound[name], names)
