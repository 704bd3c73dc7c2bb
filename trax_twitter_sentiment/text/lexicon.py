"""Lexicons: words with a number that tells how positive or negative they are."""

import functools
import math
from collections.abc import Mapping

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.text import extra_tokens

VADER = 'vader'
_NOT = '<not> '


@functools.cache
def load_lexicon(setting: str, name: str) -> dict[str, float]:
  """Returns a lexicon: VADER's, or that of a file.

  Args:
    setting: that names it, for messages.
    name: `'vader'`, or the path of a file with a word, a tab and a number a line.

  Raises:
    UserError: if the file can't be read or a line is none of this.
  """
  if name == VADER:
    return dict(extra_tokens.vader_measures())
  lexicon = {}
  try:
    with open(name, encoding='utf-8-sig') as file:
      for number, line in enumerate(file, start=1):
        if not line.strip():
          continue
        word, _, strength = line.rstrip('\n').partition('\t')
        try:
          lexicon[word.strip().lower()] = float(strength.split('\t')[0])
        except ValueError as error:
          raise UserError(
              f'{name}, line {number}: not a word, a tab and a number.'
          ) from error
  except (OSError, UnicodeDecodeError) as error:
    reason = getattr(error, 'strerror', None) or 'not UTF-8'
    raise UserError(f'{setting}={name!r}: {reason}.') from error
  if not lexicon or not all(map(math.isfinite, lexicon.values())):
    raise UserError(f'{setting}={name!r}: it holds no words, or no finite numbers.')
  return lexicon


def side_features(token: str, lexicon: Mapping[str, float]) -> tuple[float, ...]:
  """Returns what a lexicon says of a token: four numbers, of which one is not 0.

  They are its strength if it is positive, and if it is negative, of words as they are
  and of words after a negation (`'<not> word'`). Elongated words count as their entry.

  Examples:
    >>> side_features('<not> good', {'good': 1.9})
    (0.0, 0.0, 1.9, 0.0)
  """
  is_negated = token.startswith(_NOT)
  strength = float(extra_tokens.strength_of(token.removeprefix(_NOT), lexicon))
  features = (max(strength, 0.0), max(-strength, 0.0))
  return (0.0, 0.0, *features) if is_negated else (*features, 0.0, 0.0)


def tokens_of(lexicon: Mapping[str, float], negated: bool) -> list[str]:
  """Returns the tokens that stand for a lexicon's words, after a negation, too."""
  return [*lexicon, *(f'{_NOT}{word}' for word in lexicon if negated)]
