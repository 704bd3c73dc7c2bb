"""Learning rates by step."""

from collections.abc import Callable

import gin

from trax_twitter_sentiment.errors import (
    UserError,
    check_positive,
    check_positive_number,
)


@gin.configurable(module='trax_twitter_sentiment')
def warmup_and_linear_decay(
    n_steps: int = gin.REQUIRED, max_value: float = 1e-4, warmup: float = 0.1
) -> Callable[[int], float]:
  """Returns a learning rate that rises linearly, and then falls linearly to zero.

  The rate of step i is `max_value` times the smaller one of i / w and
  (n_steps + 1 - i) / (n_steps + 1 - w), where w is the number of steps of the rise.
  In gin: `train.lr_schedule_fn = @warmup_and_linear_decay`.

  Source: Devlin and others, "BERT: Pre-training of Deep Bidirectional Transformers",
  2019.

  Args:
    n_steps: the number of steps of the run. Later steps have the rate zero.
    max_value: the highest rate.
    warmup: the fraction of the steps in which the rate rises.

  Raises:
    UserError: if an argument is not a legal value.

  Examples:
    >>> rate = warmup_and_linear_decay(n_steps=10, max_value=1.0, warmup=0.2)
    >>> [round(rate(step), 2) for step in (1, 2, 6, 10, 11)]
    [0.5, 1.0, 0.56, 0.11, 0.0]
  """
  check_positive('warmup_and_linear_decay.n_steps', n_steps)
  check_positive_number('warmup_and_linear_decay.max_value', max_value)
  if not isinstance(warmup, (int, float)) or not 0 <= warmup <= 1:
    raise UserError(f'warmup_and_linear_decay.warmup={warmup!r} is not in [0, 1].')
  n_rising = max(1, round(warmup * n_steps))

  def learning_rate(step: int) -> float:
    rising = step / n_rising
    falling = (n_steps + 1 - step) / (n_steps + 1 - n_rising)
    return float(max_value * max(0.0, min(rising, falling)))

  return learning_rate
