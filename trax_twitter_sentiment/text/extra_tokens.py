"""What a bag of words leaves out, as tokens of their own beside the words.

All are additive: each has a share of its own in a prediction, like a word.
"""

import functools
import importlib.resources
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

Number = TypeVar('Number', int, float)

# Words that turn the meaning of what follows them.
_NEGATIONS = frozenset({
    'no', 'not', 'never', 'none', 'nobody', 'nothing', 'neither', 'nor', 'cannot',
    'without', 'hardly', 'barely', 'aint', 'arent', 'cant', 'couldnt', 'didnt',
    'doesnt', 'dont', 'hadnt', 'hasnt', 'havent', 'isnt', 'shouldnt', 'wasnt',
    'werent', 'wont', 'wouldnt',
})  # fmt: skip
# How many words after it, unless punctuation comes first.
_SCOPE = 3

_SHORTEST_NGRAM, _LONGEST_NGRAM = 2, 6

# VADER's measures go from -4 to 4, strengths from -3 to 3.
_MEASURE_PER_STRENGTH = 1.2

# Words of the names of emoji that show a mood, unlike those of a "game die", a "fire".
_MOOD_NAMES = frozenset({'face', 'heart', 'hearts'})

_ELONGATION = re.compile(r'(\w)\1{2,}')
# Of a word with several elongations.
_MAX_FORMS = 16


def pairs(tokens: Sequence[str]) -> list[str]:
  """Returns each two neighbours as one token.

  Examples:
    >>> pairs(['not', 'a', 'day'])
    ['not a', 'a day']
  """
  return [f'{a} {b}' for a, b in itertools.pairwise(tokens)]


def negated(tokens: Sequence[str]) -> list[bool]:
  """Returns whether each token is one of three after a negation, in its clause.

  Examples:
    >>> negated(["don't", 'like', 'it', '.', 'good'])
    [False, True, True, False, False]
  """
  if not any(map(_is_negation, tokens)):
    return [False] * len(tokens)
  flags = []
  n_left = 0
  for token in tokens:
    if _is_negation(token):
      flags.append(False)
      n_left = _SCOPE
      continue
    if not any(c.isalnum() for c in token):
      n_left = 0
    flags.append(n_left > 0)
    n_left = max(0, n_left - 1)
  return flags


def _is_negation(token: str) -> bool:
  return token in _NEGATIONS or token.endswith("n't")


def characters(word: str) -> tuple[str, ...]:
  """Returns the character n-grams of a word, its ends marked, as tokens.

  Of 2 to 6 characters, as scikit-learn's `char_wb` has them: what words of one root,
  and words misspelt, have in common.

  Examples:
    >>> characters('a')
    ('<chars _a>', '<chars a_>', '<chars _a_>')
  """
  marked = f'_{word}_'
  longest = min(_LONGEST_NGRAM, len(marked))
  return tuple(
      f'<chars {marked[i : i + n]}>'
      for n in range(_SHORTEST_NGRAM, longest + 1)
      for i in range(len(marked) - n + 1)
  )


def lexicon_tokens(
    tokens: Sequence[str], flags: Sequence[bool], lexicon: Mapping[str, int]
) -> list[str]:
  """Returns a token for each that a lexicon of sentiment has.

  So words that no training text has count like others of their strength.

  Args:
    tokens: the words, in lower case.
    flags: whether each is negated.
    lexicon: word -> strength, from -3 to 3.

  Examples:
    >>> lexicon_tokens(['good', 'awful'], [True, False], {'good': 2, 'awful': -2})
    ['<not positive 2>', '<negative 2>']
  """
  found = []
  for token, is_negated in zip(tokens, flags, strict=True):
    strength = strength_of(token, lexicon)
    if strength:
      kind = 'positive' if strength > 0 else 'negative'
      found.append(f'<{"not " if is_negated else ""}{kind} {abs(strength)}>')
  return found


@functools.cache
def vader_lexicon() -> tuple[tuple[str, int], ...]:
  """Returns the words and emoji of VADER's lexicon with their strength, from -3 to 3.

  Examples:
    >>> lexicon = dict(vader_lexicon())
    >>> lexicon['great'], lexicon['awful'], lexicon['😢']
    (3, -2, -2)
  """
  return tuple((word, _strength(m)) for word, m in vader_measures().items())


@functools.cache
def vader_measures() -> dict[str, float]:
  """Returns the words and emoji of VADER's lexicon with their measure, from -4 to 4.

  Of the emoji it has faces and hearts, with the measure that the words of their names
  add up to, unless these contradict each other. Emoticons and other entries that aren't
  words are left out.

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
    # Sequences come as several tokens.
    if len(emoji) == 1 and agree and not _MOOD_NAMES.isdisjoint(words):
      measures[emoji] = sum(of_words)
  return measures


def _vader_entries(name: str) -> Iterator[list[str]]:
  """Yields the first two columns of a file of VADER's."""
  file = importlib.resources.files('vaderSentiment') / name
  for line in file.read_text(encoding='utf-8').splitlines():
    yield line.split('\t')[:2]


def _strength(measure: float) -> int:
  strength = min(3, 1 + int(abs(measure) / _MEASURE_PER_STRENGTH))
  return strength if measure > 0 else -strength


def strength_of(token: str, lexicon: Mapping[str, Number]) -> Number | int:
  """Returns what a lexicon says of a word, also of an elongated one; 0 for nothing.

  Examples:
    >>> strength_of('gooood', {'good': 2}), strength_of('coool', {'col': 1, 'cool': 2})
    (2, 2)
  """
  if token in lexicon:
    return lexicon[token]
  if not _ELONGATION.search(token):
    return 0
  # Two letters first, since "cooool" is "cool"; each run on its own.
  runs = [[run] if len(run) < 3 else [run[:2], run[0]] for run in _runs(token)]
  forms = itertools.islice(map(''.join, itertools.product(*runs)), _MAX_FORMS)
  return next((lexicon[form] for form in forms if form in lexicon), 0)


def _runs(token: str) -> list[str]:
  """Returns runs of one character: `['g', 'oooo', 'd']`."""
  return [''.join(run) for _, run in itertools.groupby(token)]
