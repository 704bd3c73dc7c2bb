"""Accuracy of a run by probability, by length of the texts and by unknown words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from trax_twitter_sentiment.encoding.tokenized_texts import token_index
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.scores import wilson
from trax_twitter_sentiment.reporting.words import is_word
from trax_twitter_sentiment.text.text_encoder import TextEncoder

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

# The largest value of each slice, and the slice's title.
Limits = Mapping[float, str]
_N_WORDS: Limits = {
    5: '1 to 5 words', 10: '6 to 10', 20: '11 to 20', 40: '21 to 40',
    np.inf: 'more than 40',
}  # fmt: skip
_SHARES: Limits = {
    0.0: 'none', 0.25: 'up to a quarter', 0.5: 'up to a half', 1.0: 'more than a half'
}  # fmt: skip


class Coverage(NamedTuple):
  """The predictions with at least some probability."""

  threshold: float
  n_texts: int
  share: float  # The share of all predictions.
  accuracy: float


class Slice(NamedTuple):
  """The accuracy on a part of the texts, with its 95% interval."""

  title: str
  n_texts: int
  accuracy: float
  interval: tuple[float, float]


class McNemar(NamedTuple):
  """McNemar's exact test of two models on the same texts."""

  only_first: int  # The number of texts that only the first model predicts right.
  only_second: int
  p_value: float  # The probability of so large a difference between equal models.


def mcnemar(first: np.ndarray, second: np.ndarray) -> McNemar:
  """Tests two models by <bool>[n_texts], whether each prediction is right."""
  only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
  n_differing = only_first + only_second
  p_value = stats.binomtest(only_first, n_differing).pvalue if n_differing else 1.0
  return McNemar(only_first, only_second, float(p_value))


def coverage(log_probabilities: np.ndarray, labels: np.ndarray) -> list[Coverage]:
  """Returns the accuracy of the predictions above each of a few probabilities."""
  probabilities = np.exp(log_probabilities.max(axis=1))
  right = log_probabilities.argmax(axis=1) == labels
  rows = []
  for threshold in _THRESHOLDS:
    kept = probabilities >= threshold
    if n_texts := int(kept.sum()):
      accuracy = float(right[kept].mean())
      rows.append(Coverage(threshold, n_texts, n_texts / len(labels), accuracy))
  return rows


def slices(
    predictor: SentimentPredictor, texts: Sequence[str], right: np.ndarray
) -> dict[str, list[Slice]]:
  """Returns the accuracy by length and by share of unknown words.

  `right` is <bool>[n_texts], whether each prediction is right.
  """
  n_words = np.array([len(text.split()) for text in texts])
  by_title = {'By length': _binned(n_words, right, _N_WORDS)}
  if isinstance(predictor.encoder, TextEncoder):  # Subwords spell all words.
    shares = _shares_of_unknown(predictor.encoder, texts)
    by_title['By share of unknown words'] = _binned(shares, right, _SHARES)
  return by_title


def _binned(values: np.ndarray, right: np.ndarray, limits: Limits) -> list[Slice]:
  """Returns the slices that contain a text."""
  bins, titles = np.searchsorted([*limits], values), [*limits.values()]
  rows = []
  for i in np.unique(bins).tolist():
    n_texts, n_right = int((bins == i).sum()), int(right[bins == i].sum())
    rows.append(Slice(titles[i], n_texts, n_right / n_texts, wilson(n_right, n_texts)))
  return rows


def _shares_of_unknown(encoder: TextEncoder, texts: Sequence[str]) -> np.ndarray:
  """Returns <float>[n_texts], the share of each text's words without an id."""
  index = token_index(encoder.tokenizer, texts)
  words = np.array([is_word(token) for token in index.tokens], bool)
  unknown = words & ~encoder.is_known(encoder.vocabulary.encode(index.tokens))
  text_of_token = np.repeat(np.arange(len(texts)), index.lengths)
  n_words, n_unknown = (
      np.bincount(text_of_token, flags[index.indices], len(texts))
      for flags in (words, unknown)
  )
  return n_unknown / np.maximum(n_words, 1)
