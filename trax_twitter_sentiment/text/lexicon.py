"""Lexicons: words with a strength, positive for a positive word."""

import functools
import importlib.resources
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from trax_twitter_sentiment.errors import UserError

Number = TypeVar('Number', int, float)

VADER = 'vader'
_NOT = '<not> '

# VADER's measures range from -4 to 4, strengths range from -3 to 3.
_MEASURE_PER_STRENGTH = 1.2

# Emoji with one of these words in their names show a mood.
_MOOD_NAMES = frozenset({'face', 'heart', 'hearts'})

_ELONGATION = re.compile(r'(\w)\1{2,}')
# The maximum number of spellings that are tried for an elongated word.
_MAX_SPELLINGS = 16


@functools.cache
def load_lexicon(setting: str, name: str) -> dict[str, float]:
  """Returns a lexicon: VADER's, or the lexicon of a file.

  Args:
    setting: the setting that names the lexicon, for messages.
    name: `'vader'`, or the path of a file whose lines are a word, a tab and a number.

  Raises:
    UserError: if the file cannot be read, or a line is different.
  """
  if name == VADER:
    return dict(vader_measures())
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
    raise UserError(
        f'{setting}={name!r}: it contains no word, or a number that is not finite.'
    )
  return lexicon


@functools.cache
def vader_lexicon() -> tuple[tuple[str, int], ...]:
  """Returns the words and emoji of VADER's lexicon with strengths from -3 to 3.

  Examples:
    >>> lexicon = dict(vader_lexicon())
    >>> lexicon['great'], lexicon['awful'], lexicon['😢']
    (3, -2, -2)
  """
  return tuple((word, _strength(m)) for word, m in vader_measures().items())


@functools.cache
def vader_measures() -> dict[str, float]:
  """Returns the words and emoji of VADER's lexicon with measures from -4 to 4.

  Emoticons and other entries that are not words are left out. Emoji are faces and
  hearts whose names contain words of one sign; their measure is the sum over these
  words.

  Source: Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment
  Analysis of Social Media Text", 2014; the package vaderSentiment.
  """
  measures = {
      word: float(measure)
      for word, measure in _vader_entries('vader_lexicon.txt')
      if re.fullmatch(r"[a-z][a-z'-]+", word) and word not in ('xd', 'xp')
  }
  for emoji, name in _vader_entries('emoji_utf8_lexicon.txt'):
    words = name.split()
    of_words = [measures[word] for word in words if word in measures]
    agree = len({measure > 0 for measure in of_words}) == 1
    # The tokenizer splits a sequence of several emoji, so sequences are left out.
    if len(emoji) == 1 and agree and not _MOOD_NAMES.isdisjoint(words):
      measures[emoji] = sum(of_words)
  return measures


def side_features(token: str, lexicon: Mapping[str, float]) -> tuple[float, ...]:
  """Returns the four lexicon features of a token. At most one of them is not 0.

  The features are the strength of a positive word, of a negative word, of a negated
  positive word (`'<not> word'`) and of a negated negative word.

  Examples:
    >>> side_features('<not> good', {'good': 1.9})
    (0.0, 0.0, 1.9, 0.0)
  """
  is_negated = token.startswith(_NOT)
  strength = float(strength_of(token.removeprefix(_NOT), lexicon))
  features = (max(strength, 0.0), max(-strength, 0.0))
  return (0.0, 0.0, *features) if is_negated else (*features, 0.0, 0.0)


def tokens_of(lexicon: Mapping[str, float], negated: bool) -> list[str]:
  """Returns the tokens of a lexicon's words, with negated words if `negated`."""
  return [*lexicon, *(f'{_NOT}{word}' for word in lexicon if negated)]


def strength_of(token: str, lexicon: Mapping[str, Number]) -> Number | int:
  """Returns the strength of a word, also of an elongated word; 0 for unknown words.

  Examples:
    >>> strength_of('gooood', {'good': 2}), strength_of('coool', {'col': 1, 'cool': 2})
    (2, 2)
  """
  if token in lexicon:
    return lexicon[token]
  if not _ELONGATION.search(token):
    return 0
  groups = (''.join(group) for _, group in itertools.groupby(token))
  # Two letters come before one, since "cooool" is "cool".
  runs = [[run] if len(run) < 3 else [run[:2], run[0]] for run in groups]
  spellings = itertools.islice(map(''.join, itertools.product(*runs)), _MAX_SPELLINGS)
  return next((lexicon[word] for word in spellings if word in lexicon), 0)


def _vader_entries(name: str) -> Iterator[list[str]]:
  """Yields the first two columns of a file of the package vaderSentiment."""
  file = importlib.resources.files('vaderSentiment') / name
  for line in file.read_text(encoding='utf-8').splitlines():
    yield line.split('\t')[:2]


def _strength(measure: float) -> int:
  strength = min(3, 1 + int(abs(measure) / _MEASURE_PER_STRENGTH))
  return strength if measure > 0 else -strength
