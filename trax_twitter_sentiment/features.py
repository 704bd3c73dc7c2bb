"""What a bag of words leaves out, as tokens of their own beside the words.

All are additive: each has a share of its own in a prediction, like a word.
"""

import functools
import importlib.resources
import itertools
import re
from collections.abc import Mapping, Sequence

# Words that turn the meaning of what follows them.
_NEGATIONS = frozenset({
    'no', 'not', 'never', 'none', 'nobody', 'nothing', 'neither', 'nor', 'cannot',
    'without', 'hardly', 'barely', 'aint', 'arent', 'cant', 'couldnt', 'didnt',
    'doesnt', 'dont', 'hadnt', 'hasnt', 'havent', 'isnt', 'shouldnt', 'wasnt',
    'werent', 'wont', 'wouldnt',
})  # fmt: skip
# How many words after it, unless punctuation comes first.
_SCOPE = 3

# VADER's measures go from -4 to 4, strengths from -3 to 3.
_MEASURE_PER_STRENGTH = 1.2

_ELONGATION = re.compile(r'(\w)\1{2,}')


def pairs(tokens: Sequence[str]) -> list[str]:
  """Returns each two neighbours as one token.

  Example:
    >>> pairs(['not', 'a', 'day'])
    ['not a', 'a day']
  """
  return [f'{a} {b}' for a, b in itertools.pairwise(tokens)]


def negated(tokens: Sequence[str]) -> list[bool]:
  """Returns whether each token is one of three after a negation, in its clause.

  Example:
    >>> negated(["don't", 'like', 'it', '.', 'good'])
    [False, True, True, False, False]
  """
  flags = []
  n_left = 0
  for token in tokens:
    if token in _NEGATIONS or token.endswith("n't"):
      flags.append(False)
      n_left = _SCOPE
      continue
    if not any(c.isalnum() for c in token):
      n_left = 0
    flags.append(n_left > 0)
    n_left = max(0, n_left - 1)
  return flags


def lexicon_tokens(
    tokens: Sequence[str], flags: Sequence[bool], lexicon: Mapping[str, int]
) -> list[str]:
  """Returns a token for each that a lexicon of sentiment has.

  So words that no training text has count like others of their strength.

  Args:
    tokens: the words, in lower case.
    flags: whether each is negated.
    lexicon: word -> strength, from -3 to 3.

  Example:
    >>> lexicon_tokens(['good', 'awful'], [True, False], {'good': 2, 'awful': -2})
    ['<not positive 2>', '<negative 2>']
  """
  found = []
  for token, is_negated in zip(tokens, flags, strict=True):
    strength = lexicon.get(token) or lexicon.get(_shortened(token))
    if strength:
      kind = 'positive' if strength > 0 else 'negative'
      found.append(f'<{"not " if is_negated else ""}{kind} {abs(strength)}>')
  return found


@functools.cache
def vader_lexicon() -> tuple[tuple[str, int], ...]:
  """Returns the words of VADER's lexicon with their strength, from -3 to 3.

  Its emoticons and other entries that aren't words are left out.

  Source: Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment
  Analysis of Social Media Text", 2014; the package vaderSentiment.
  """
  file = importlib.resources.files('vaderSentiment') / 'vader_lexicon.txt'
  lexicon = []
  for line in file.read_text(encoding='utf-8').splitlines():
    word, measure = line.split('\t')[:2]
    if re.fullmatch(r"[a-z][a-z'-]+", word) and word not in ('xd', 'xp'):
      strength = min(3, 1 + int(abs(float(measure)) / _MEASURE_PER_STRENGTH))
      lexicon.append((word, strength if float(measure) > 0 else -strength))
  return tuple(lexicon)


def _shortened(token: str) -> str:
  return _ELONGATION.sub(r'\1', token)
