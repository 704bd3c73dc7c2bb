"""Accuracy of a run by probability, by length of the texts and by unknown words."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from trax_twitter_sentiment.encoding.tokenized_texts import token_index
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.reporting.words import is_word

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

Limits = Mapping[float, str]

# The largest number of words of each slice, and the slice's title.
_LENGTHS: Limits = {5: '1 to 5 words', 10: '6 to 10', 20: '11 to 20', 40: '21 to 40'}
_LONGER = 'more than 40'
# The largest share of unknown words of each slice, and the slice's title.
_SHARES: Limits = {0.0: 'none', 0.25: 'up to a quarter', 0.5: 'up to a half'}
_MORE = 'more than a half'


@dataclasses.dataclass(frozen=True)
class Coverage:
  """The predictions above a probability.

  Attributes:
    threshold: the probability.
    n_texts: how many predictions are at least as probable.
    share: their share of all predictions.
    accuracy: the share of them that is right.
  """

  threshold: float
  n_texts: int
  share: float
  accuracy: float


@dataclasses.dataclass(frozen=True)
class Slice:
  """The accuracy on a part of the texts, with its 95% interval."""

  title: str
  n_texts: int
  accuracy: float
  interval: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class McNemar:
  """McNemar's exact test of two models on the same texts.

  Attributes:
    only_first: how many texts the first model alone predicts right.
    only_second: how many texts the second model alone predicts right.
    p_value: how probable so large a difference is between equally good models.
  """

  only_first: int
  only_second: int
  p_value: float


def mcnemar(first: np.ndarray, second: np.ndarray) -> McNemar:
  """Tests two models by <bool>[n_texts], whether each prediction is right."""
  only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
  n_differing = only_first + only_second
  p_value = stats.binomtest(only_first, n_differing).pvalue if n_differing else 1.0
  return McNemar(only_first, only_second, float(p_value))


def coverage(log_probabilities: np.ndarray, labels: np.ndarray) -> list[Coverage]:
  """Returns what is left, and right, above each of a few probabilities."""
  sure = np.exp(log_probabilities.max(axis=1))
  right = log_probabilities.argmax(axis=1) == labels
  rows = []
  for threshold in _THRESHOLDS:
    kept = sure >= threshold
    if n_texts := int(kept.sum()):
      accuracy = float(right[kept].mean())
      rows.append(Coverage(threshold, n_texts, n_texts / len(labels), accuracy))
  return rows


def slices(
    predictor: SentimentPredictor, texts: Sequence[str], right: np.ndarray
) -> dict[str, list[Slice]]:
  """Returns the accuracy by length and by share of unknown words.

  Args:
    predictor: the predictor.
    texts: the texts, as the predictor reads them.
    right: <bool>[n_texts], whether each prediction is right.
  """
  n_words = np.array([len(text.split()) for text in texts])
  return {
      'By length': _binned(n_words, right, _LENGTHS, _LONGER),
      'By share of unknown words': _binned(
          _shares_of_unknown(predictor, texts), right, _SHARES, _MORE
      ),
  }


def _binned(
    values: np.ndarray, right: np.ndarray, limits: Limits, last: str
) -> list[Slice]:
  """Returns the slices that hold any text; each limit belongs to its slice."""
  bins = np.searchsorted([*limits], values)
  titles = [*limits.values(), last]
  rows = []
  for i in np.unique(bins).tolist():
    hits = right[bins == i]
    test = stats.binomtest(int(hits.sum()), len(hits))
    low, high = test.proportion_ci(method='wilson')
    rows.append(Slice(titles[i], len(hits), float(hits.mean()), (low, high)))
  return rows


def _shares_of_unknown(
    predictor: SentimentPredictor, texts: Sequence[str]
) -> np.ndarray:
  """Returns <float>[n_texts], the share of each text's words without an id."""
  encoder = predictor.encoder
  index = token_index(encoder.tokenizer, texts)
  words = np.array([is_word(token) for token in index.tokens], bool)
  unknown = words & ~encoder.is_known(encoder.vocabulary.encode(index.tokens))
  text_of_token = np.repeat(np.arange(len(texts)), index.lengths)
  n_words, n_unknown = (
      np.bincount(text_of_token, flags[index.indices], len(texts))
      for flags in (words, unknown)
  )
  return n_unknown / np.maximum(n_words, 1)
