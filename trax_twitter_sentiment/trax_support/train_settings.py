"""Checks of the settings of `train`, before anything is loaded or trained."""

from collections.abc import Callable, Mapping
from typing import Any

import gin
import tensorflow as tf
from trax.supervised import trainer_lib

from trax_twitter_sentiment.errors import (
    UserError,
    check_choice,
    check_not_negative,
    check_positive,
)

_CHECKPOINT_METRICS = ('checkpoint_highest', 'checkpoint_lowest')


def check_train_settings(bound: Mapping[str, Any]) -> None:
  """Raises `UserError` for a setting with which `trainer_lib.train` would fail later.

  `eval_frequency=None` stands for no evaluation, as in Trax.

  Args:
    bound: the parameters of `train` by name. A parameter that gin has not evaluated
      yet, such as `@validation_steps()`, is not checked.
  """
  _check_number(bound, 'steps', check_not_negative)
  if not bound.get('use_loop', True):
    return
  is_evaluated = bound.get('eval_frequency', 1) is not None
  if is_evaluated:
    hint = ' None stands for no evaluation.'
    _check_number(bound, 'eval_frequency', check_positive, hint)
    _check_number(bound, 'eval_steps', check_positive)
  checkpoint = bound.get('init_checkpoint')
  if isinstance(checkpoint, str) and not tf.io.gfile.exists(checkpoint):
    raise UserError(f'train.init_checkpoint={checkpoint!r}: there is no such file.')
  metrics = bound.get('metrics')
  if isinstance(metrics, gin.config.ConfigurableReference):
    return
  names = [*(trainer_lib._DEFAULT_METRICS if metrics is None else metrics)]
  if not names:
    raise UserError('train.metrics={} has no metric; at least one is required.')
  for name in _CHECKPOINT_METRICS:
    if isinstance(bound.get(name), (type(None), gin.config.ConfigurableReference)):
      continue
    if not is_evaluated:
      raise UserError(
          f'train.{name}={bound[name]!r} requires evaluations, but '
          'train.eval_frequency=None.'
      )
    check_choice(f'train.{name}', bound[name], names)


def _check_number(
    bound: Mapping[str, Any],
    name: str,
    check: Callable[[str, object], None],
    hint: str = '',
) -> None:
  value = bound.get(name, 1)
  if not isinstance(value, gin.config.ConfigurableReference):
    try:
      check(f'train.{name}', value)
    except UserError as error:
      raise UserError(error.message + hint) from None
