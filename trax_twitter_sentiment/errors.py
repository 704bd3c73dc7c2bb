"""The error for mistakes of users, and checks that raise it."""

import difflib
import math
from collections.abc import Sequence


class UserError(ValueError):
  """A mistake in a setting, a file or a command, explained in one line.

  Command lines show only the message, without a traceback.
  """

  def __init__(self, message: str):
    super().__init__(message)
    # Gin adds its call stack to `str(error)`, so the plain message is kept here.
    self.message = message


def check_choice(setting: str, value: object, allowed: Sequence[object]) -> None:
  """Raises `UserError` unless `value` is one of `allowed`."""
  if value not in allowed:
    choices = ', '.join(repr(choice) for choice in allowed)
    raise UserError(f'{setting}={value!r} is not one of {choices}.')


def check_bool(setting: str, value: object) -> None:
  """Raises `UserError` unless `value` is `True` or `False`."""
  if not isinstance(value, bool):
    raise UserError(f'{setting}={value!r} is neither True nor False.')


def check_positive(setting: str, value: object) -> None:
  """Raises `UserError` unless `value` is a positive integer."""
  if isinstance(value, bool) or not isinstance(value, int) or value < 1:
    raise UserError(f'{setting}={value!r} is not a positive integer.')


def check_max_length(setting: str, value: object) -> None:
  """Raises `UserError` unless `value` is `None` or a positive integer."""
  if value is not None:
    check_positive(setting, value)


def check_positive_number(setting: str, value: object) -> None:
  """Raises `UserError` unless `value` is a positive, finite number."""
  if (
      isinstance(value, bool)
      or not isinstance(value, (int, float))
      or not 0 < value < math.inf
  ):
    raise UserError(f'{setting}={value!r} is not a positive number.')


def check_dropout(setting: str, value: object) -> None:
  """Raises `UserError` unless `value` is a number in [0, 1)."""
  is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
  if not is_number or not 0 <= value < 1:  # type: ignore[operator]
    raise UserError(f'{setting}={value!r} is not in [0, 1).')


def check_not_negative(setting: str, value: object) -> None:
  """Raises `UserError` unless `value` is a non-negative integer."""
  if isinstance(value, bool) or not isinstance(value, int) or value < 0:
    raise UserError(f'{setting}={value!r} is not a non-negative integer.')


check_seed = check_not_negative


def check_halves(setting: str, batch_size: object) -> None:
  """Raises `UserError` unless `batch_size` is positive and even."""
  check_positive(setting, batch_size)
  if batch_size % 2:  # type: ignore[operator]
    raise UserError(
        f'{setting}={batch_size} is odd; a batch is half positive and half negative, '
        'so it must be even.'
    )


def did_you_mean(name: str, names: Sequence[str]) -> str:
  """Returns a hint at the most similar of `names`, or '' if none is similar.

  Examples:
    >>> did_you_mean('twiter.gin', ['text_file.gin', 'twitter.gin'])
    " (did you mean 'twitter.gin'?)"
  """
  folded = {name.casefold(): name for name in reversed(names)}
  similar = difflib.get_close_matches(name.casefold(), folded, n=1)
  return f' (did you mean {folded[similar[0]]!r}?)' if similar else ''
