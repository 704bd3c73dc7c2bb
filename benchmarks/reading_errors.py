"""What the tweets that the hard model misreads have in common, in counts."""

import itertools
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tqdm

from benchmarks.accuracy_runs import (
  HARD,
  first_near_duplicates,
  n_train,
  package_log_odds,
  places,
  texts_of,
  tweets,
)
from trax_twitter_sentiment.corpus import TwitterCorpus
from trax_twitter_sentiment.prediction.scores import calibration_bins
from trax_twitter_sentiment.text import extra_tokens

# Probabilities of the class that a model calls more likely.
_CONFIDENCE = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def measure_errors(n_seeds: int) -> dict[str, Any]:
  """Returns counts of right and wrong of the mean of seeds, on validation."""
  log_odds = np.mean(
      [
          package_log_odds(HARD, 'validation', seed)[0]
          for seed in tqdm.trange(n_seeds, desc='errors')
      ],
      axis=0,
  )
  trains, tests = places('validation')
  labels = tweets()[1][tests]
  right = (log_odds > 0) == labels
  texts = texts_of('hard')
  holds = {name: np.array(v) for name, v in _kinds(texts, trains, tests).items()}
  probabilities = 1 / (1 + np.exp(-log_odds))
  confidence = np.maximum(probabilities, 1 - probabilities)
  return {
      'kinds': {name: _counts(held, right) for name, held in holds.items()},
      'confidence': [
          [low, high, *_counts((confidence >= low) & (confidence < high), right)]
          for low, high in itertools.pairwise(_CONFIDENCE)
      ],
      'calibration': [
          values.round(4).tolist() for values in calibration_bins(probabilities, labels)
      ],
      'called': {
          'positive': _counts(labels == 1, right),
          'negative': _counts(labels == 0, right),
      },
  }


def _counts(held: np.ndarray, right: np.ndarray) -> tuple[int, int]:
  """Returns how many tweets there are, and how many of them are misread."""
  return int(held.sum()), int((held & ~right).sum())


def _kinds(
    texts: Sequence[str], trains: np.ndarray, tests: np.ndarray
) -> dict[str, list[bool]]:
  """Returns, by kind of tweet, whether each of the tests is one."""
  stop_words = TwitterCorpus('nltk').stop_words
  lexicon = dict(extra_tokens.vader_lexicon())
  known = {word for i in trains for word in _words(texts[i])}
  labels = tweets()[1]
  near = first_near_duplicates() < n_train()

  def balance(i: int) -> list[int]:
    tokens = texts[i].lower().split()
    found = extra_tokens.lexicon_tokens(tokens, extra_tokens.negated(tokens), lexicon)
    # '<not positive 2>' counts as negative.
    return [
        (1 if ('positive' in token) != ('not ' in token) else -1) * int(token[-2])
        for token in found
    ]

  def speaks_against(i: int) -> bool:
    total = sum(balance(i))
    return total * (1 if labels[i] else -1) < 0

  kinds: dict[str, Callable[[int], bool]] = {
      'all': lambda i: True,
      'at most 3 words': lambda i: len(_words(texts[i])) <= 3,
      '16 words and more': lambda i: len(_words(texts[i])) >= 16,
      'no word of the lexicon': lambda i: not balance(i),
      "the lexicon's words speak for the label": lambda i: (
          bool(balance(i)) and not speaks_against(i) and sum(balance(i)) != 0
      ),
      "the lexicon's words speak against the label": speaks_against,
      "the lexicon's words speak for both": lambda i: (
          min(balance(i), default=0) < 0 < max(balance(i), default=0)
      ),
      'a negation': lambda i: any(
          extra_tokens.negated([*texts[i].lower().split(), 'x'])
      ),
      'a question mark': lambda i: '?' in texts[i],
      '4 words and more, none an English stop word': lambda i: (
          len(_words(texts[i])) >= 4 and not stop_words & set(_words(texts[i]))
      ),
      'letters that are not Latin': lambda i: any(
          c.isalpha() and not unicodedata.name(c, 'LATIN').startswith('LATIN')
          for c in texts[i]
      ),
      'a quarter of the words or more not in training': lambda i: (
          4 * sum(word not in known for word in _words(texts[i]))
          >= max(1, len(_words(texts[i])))
      ),
      'a near-duplicate in training': lambda i: bool(near[i]),
  }
  return {name: [is_one(i) for i in tests] for name, is_one in kinds.items()}


def _words(text: str) -> list[str]:
  return [word for word in text.lower().split() if any(c.isalpha() for c in word)]
