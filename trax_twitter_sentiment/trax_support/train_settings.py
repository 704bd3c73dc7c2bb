"""Checks of the settings of `train`, before anything is loaded or trained."""

import copy
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
_CHECKED = (
    'steps', 'use_loop', 'eval_frequency', 'eval_steps', 'init_checkpoint', 'metrics',
    *_CHECKPOINT_METRICS,
)  # fmt: skip


def check_train_settings(bound: Mapping[str, Any]) -> None:
  """Raises `UserError` for a setting with which `trainer_lib.train` would fail later.

  `eval_frequency=None` stands for no evaluation, as in Trax.

  Args:
    bound: the parameters of `train` by name. A reference that gin has not
      evaluated yet, such as `@validation_steps()`, is not checked.
  """
  bound = {name: _of_macro(bound[name]) for name in _CHECKED if name in bound}
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
  if metrics is None:
    metrics = trainer_lib._DEFAULT_METRICS
  if not metrics:
    raise UserError('train.metrics={} has no metric; at least one is required.')
  for name in _CHECKPOINT_METRICS:
    if bound.get(name) is None:
      continue
    if not is_evaluated:
      raise UserError(
          f'train.{name}={bound[name]!r} requires evaluations, but '
          'train.eval_frequency=None.'
      )
    if not (_is_reference(metrics) or _is_reference(bound[name])):
      check_choice(f'train.{name}', bound[name], [*metrics])


def _of_macro(value: Any) -> Any:
  """Returns the value of a gin macro, such as `%steps`; other values as they are."""
  is_macro = _is_reference(value) and value.selector == 'gin.macro'
  return copy.deepcopy(value) if is_macro else value  # Gin evaluates what is copied.


def _is_reference(value: Any) -> bool:
  return isinstance(value, gin.config.ConfigurableReference)


def _check_number(
    bound: Mapping[str, Any],
    name: str,
    check: Callable[[str, object], None],
    hint: str = '',
) -> None:
  value = bound.get(name, 1)
  if not _is_reference(value):
    try:
      check(f'train.{name}', value)
    except UserError as error:
      raise UserError(error.message + hint) from None
