"""How probabilities and shares look, in a terminal and on a page."""

import math

# Words with smaller shares of the log-odds are not marked.
SMALLEST_SHARE = 0.05
# Shares of this size, in log-odds, get the full colour.
STRONG_SHARE = 1.0


def percent(share: float) -> str:
  """Returns a share in percent; not 100% for nearly all, nor 0% for hardly any.

  Examples:
    >>> percent(0.6785), percent(0.9999), percent(1.0)
    ('67.9%', '>99.9%', '100.0%')
  """
  rounded = rounded_percent(share)
  if rounded == 100 and share < 1:
    return '>99.9%'
  if rounded == 0 and share > 0:
    return '<0.1%'
  return f'{rounded:.1f}%'


def rounded_percent(share: float) -> float:
  """Returns a share in percent with one decimal, halves rounded up."""
  # Without the small number, 67.85 would be rounded down, since its float is smaller.
  return math.floor(share * 1000 + 0.5 + 1e-9) / 10
