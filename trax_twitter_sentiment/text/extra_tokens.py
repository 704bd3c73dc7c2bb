"""Extra tokens, for what a bag of words leaves out: neighbours, negation, spelling.

Each extra token has a weight of its own, so the model stays additive.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from trax_twitter_sentiment.text.lexicon import strength_of

# These words reverse the meaning of the words after them.
_NEGATIONS = frozenset({
    'no', 'not', 'never', 'none', 'nobody', 'nothing', 'neither', 'nor', 'cannot',
    'without', 'hardly', 'barely', 'aint', 'arent', 'cant', 'couldnt', 'didnt',
    'doesnt', 'dont', 'hadnt', 'hasnt', 'havent', 'isnt', 'shouldnt', 'wasnt',
    'werent', 'wont', 'wouldnt',
})  # fmt: skip
# A negation reaches this many words, unless punctuation comes first.
_SCOPE = 3

_SHORTEST_NGRAM, _LONGEST_NGRAM = 2, 6


def pairs(tokens: Sequence[str]) -> list[str]:
  """Returns each pair of neighbouring tokens as one token.

  Examples:
    >>> pairs(['not', 'a', 'day'])
    ['not a', 'a day']
  """
  return [pair(a, b) for a, b in itertools.pairwise(tokens)]


def pair(first: str, second: str) -> str:
  """Returns the token of two neighbouring tokens."""
  return f'{first} {second}'


def negated(tokens: Sequence[str]) -> list[bool]:
  """Returns whether each token is one of the three tokens after a negation.

  Punctuation ends the scope of a negation.

  Examples:
    >>> negated(["don't", 'like', 'it', '.', 'good'])
    [False, True, True, False, False]
  """
  if not any(map(_is_negation, tokens)):
    return [False] * len(tokens)
  is_next = np.arange(len(tokens)) > 0
  return negated_flags(*clauses(tokens), is_next).tolist()


def clauses(tokens: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
  """Returns which tokens are negations, and which end a clause: <bool>[n_tokens]."""
  is_negation = [*map(_is_negation, tokens)]
  ends_clause = [not any(map(str.isalnum, token)) for token in tokens]
  return np.array(is_negation, bool), np.array(ends_clause, bool)


def negated_flags(
    is_negation: np.ndarray, ends_clause: np.ndarray, is_next: np.ndarray
) -> np.ndarray:
  """Returns <bool>[n_tokens], whether each token of some texts is negated.

  Args:
    is_negation: <bool>[n_tokens], the negations.
    ends_clause: <bool>[n_tokens], the tokens that end a clause.
    is_next: <bool>[n_tokens], whether the token before is one of the same text.
  """
  # A negation ends the scope of the one before it, and begins its own.
  blocks = is_negation | ends_clause
  negated_now = np.zeros(len(is_negation), bool)
  in_scope = is_negation
  for _ in range(_SCOPE):
    in_scope = np.append(False, in_scope[:-1]) & is_next & ~blocks
    negated_now |= in_scope
  return negated_now


def _is_negation(token: str) -> bool:
  return token in _NEGATIONS or token.endswith("n't")


def characters(word: str) -> tuple[str, ...]:
  """Returns the character n-grams of a word as tokens.

  The n-grams have 2 to 6 characters, and `_` marks the ends of the word, as in
  scikit-learn's `char_wb`. Misspelt words and words of one root share n-grams.

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
  """Returns a token for the strength of each word; '' for a word without a strength.

  Words of equal strength share one token, so a word that no training text contains
  counts like the others.

  Args:
    tokens: the words, in lower case.
    flags: whether each word is negated.
    lexicon: the strength of each word, from -3 to 3.

  Examples:
    >>> lexicon = {'good': 2, 'bad': -1}
    >>> lexicon_tokens(['good', 'a', 'bad'], [True, True, False], lexicon)
    ['<not positive 2>', '', '<negative 1>']
  """
  strength_tokens = [''] * len(tokens)
  for i, token in enumerate(tokens):
    if strength := strength_of(token, lexicon):
      kind = 'positive' if strength > 0 else 'negative'
      strength_tokens[i] = f'<{"not " if flags[i] else ""}{kind} {abs(strength)}>'
  return strength_tokens
