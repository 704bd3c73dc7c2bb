"""Multinomial logistic regression on pooled tokens, solved by scikit-learn."""

import dataclasses
import functools
import sys
from typing import Any

import numpy as np
import tqdm
from scipy import sparse, special

from trax_twitter_sentiment.encoding.encoded_corpus import (
  EncodedCorpus,
  EncodedExamples,
)

# Pooling -> the power of the number of tokens that it divides by, and a factor of the
# result. The factor lets one strength of L2 fit both poolings.
POOLINGS = {'masked_mean': (1.0, 20.0), 'masked_sqrtn': (0.5, 1.4)}

# The best strength of L2 in cross-validation on four tasks.
INVERSE_L2 = 3.0

_MAX_ITERATIONS = 300

# The numbers in memory for each weight. L-BFGS keeps ten pairs of earlier steps and
# gradients in a workspace of 25 numbers. scikit-learn keeps five more: weights,
# gradients and copies of both.
_NUMBERS_PER_WEIGHT = 30

# The number of bytes from which the fit's memory is announced.
_MUCH_MEMORY = 1e9


@dataclasses.dataclass(frozen=True)
class Solution:
  """A bag-of-tokens classifier: the softmax of pooled token scores plus a bias.

  Attributes:
    token_scores: <float>[vocabulary_size, n_classes].
    bias: <float>[n_classes].
  """

  token_scores: np.ndarray
  bias: np.ndarray


def solve(
    corpus: EncodedCorpus,
    features: np.ndarray,
    pooling: str,
    inverse_l2: float,
    balanced: bool,
    calibrated: bool,
) -> Solution:
  """Returns the weights with the lowest loss on the training texts.

  Args:
    corpus: the texts as token ids.
    features: <float>[vocabulary_size, n_features], features of each token beside its
      count; a text's features are the pooled ones of its tokens.
    pooling: a key of `POOLINGS`.
    inverse_l2: scikit-learn's `C`.
    balanced: whether all classes have the same weight.
    calibrated: whether to divide the scores by `temperature_of` the validation texts.
  """
  n_tokens = len(features)
  power, _ = POOLINGS[pooling]
  scales, features = coordinates(corpus, features, pooling)
  pooled = functools.partial(_pooled, power=power, scales=scales, features=features)
  weights, bias = _fit(pooled(corpus.train), corpus.train, inverse_l2, balanced)
  token_scores = scales[:, None] * weights[:n_tokens]
  token_scores += features @ weights[n_tokens:]
  if calibrated:
    scores = pooled(corpus.validation) @ weights + bias
    temperature = temperature_of(scores, corpus.validation.labels)
    token_scores, bias = token_scores / temperature, bias / temperature
  return Solution(token_scores, bias)


def coordinates(
    corpus: EncodedCorpus, features: np.ndarray, pooling: str
) -> tuple[np.ndarray, np.ndarray]:
  """Returns the factors of a token's weights: its scale, and its scaled features.

  Returns:
    <float>[vocabulary_size] and <float>[vocabulary_size, n_features].
  """
  _, factor = POOLINGS[pooling]
  return factor * _scales(corpus.train, len(features)), factor * features


def l2_of_mean_loss(examples: EncodedExamples, inverse_l2: float) -> float:
  """Converts scikit-learn's `C`, for a sum of losses, to the L2 for a mean loss.

  For two classes, scikit-learn has one weight for each input. Two weights of half the
  size, one for each class, require twice the L2.
  """
  n_texts = len(examples.labels)
  total = n_texts if examples.weights is None else float(examples.weights.sum())
  n_weights = 2 if len(np.unique(examples.labels)) == 2 else 1
  return n_weights / (inverse_l2 * total)


def _fit(
    inputs: sparse.csr_matrix,
    examples: EncodedExamples,
    inverse_l2: float,
    balanced: bool,
) -> tuple[np.ndarray, np.ndarray]:
  """Returns weights <float>[n_inputs, n_classes] and a bias <float>[n_classes]."""
  # A lazy import: every run imports this module, and few runs fit a regression.
  from sklearn import linear_model

  n_classes = len(np.unique(examples.labels))
  _announce_memory(inputs.shape[1], n_classes)
  model = linear_model.LogisticRegression(
      C=inverse_l2,
      class_weight='balanced' if balanced else None,
      max_iter=_MAX_ITERATIONS,
  )
  # `disable=None` shows the bar only if stderr is a terminal.
  with tqdm.tqdm(
      desc=f'Fitting {n_classes} classes',
      bar_format='{desc}: iteration {n_fmt}',
      mininterval=0,  # Shows each of the few iterations.
      disable=None,
      leave=False,
  ) as bar:
    if not bar.disable and hasattr(model, 'set_callbacks'):  # From scikit-learn 1.9.
      model.set_callbacks(_IterationCounter(bar))
    model.fit(inputs, examples.labels, sample_weight=examples.weights)
  weights, bias = model.coef_.T, model.intercept_
  if weights.shape[1] == 1:  # scikit-learn has one column.
    weights = np.hstack([-weights, weights]) / 2
    bias = np.concatenate([-bias, bias]) / 2
  return weights, bias


class _IterationCounter:
  """A scikit-learn callback that advances a bar with each iteration of L-BFGS."""

  def __init__(self, bar: tqdm.tqdm):
    self._bar = bar

  def setup(self, estimator: Any, context: Any) -> None:
    pass

  def teardown(self, estimator: Any, context: Any) -> None:
    pass

  def on_fit_task_begin(self, estimator: Any, context: Any, **kwargs: Any) -> None:
    pass

  def on_fit_task_end(self, estimator: Any, context: Any, **kwargs: Any) -> None:
    self._bar.update()


def _announce_memory(n_inputs: int, n_classes: int) -> None:
  """Prints the memory that the fit requires, if it is 1 GB or more."""
  n_weights = (n_inputs + 1) * n_classes
  n_bytes = 8 * _NUMBERS_PER_WEIGHT * n_weights
  if n_bytes >= _MUCH_MEMORY:
    print(
        f'Fitting {n_classes:,} classes to {n_inputs:,} tokens requires about '
        f'{n_bytes / 1e9:.1f} GB of memory: the solver stores {_NUMBERS_PER_WEIGHT} '
        f'numbers for each of {n_weights:,} weights. Fewer tokens require less; bind '
        'encoded_corpus.max_vocabulary_size, or a larger '
        'encoded_corpus.min_token_count.',
        file=sys.stderr,
    )


def _scales(examples: EncodedExamples, n_tokens: int) -> np.ndarray:
  """Returns <float>[n_tokens], a factor of each token's count; the mean is 1.

  L2 is the same for all weights, so it limits tokens with a larger factor less. The
  factor is the inverse document frequency times the square root of the largest
  log-count ratio. It is larger for rare tokens, and for tokens that are more frequent
  in one class than in the others.

  Sources: scikit-learn's `TfidfTransformer`; Wang and Manning, "Baselines and Bigrams:
  Simple, Good Sentiment and Topic Classification", 2012, for the log-count ratio.
  """
  has_token = _counts(examples, n_tokens, 0).astype(bool)
  n_texts = np.asarray(has_token.sum(axis=0))[0]
  idf = 1 + np.log((1 + len(examples.lengths)) / (1 + n_texts))
  ratios = np.zeros(n_tokens)
  for label in np.unique(examples.labels):
    # Add-one smoothing keeps the ratios finite.
    inside = 1 + np.asarray(has_token[examples.labels == label].sum(axis=0))[0]
    outside = 2 + n_texts - inside
    ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
    ratios = np.maximum(ratios, np.abs(ratio))
  scales = idf * np.sqrt(ratios)
  return scales / scales[n_texts > 0].mean()


def _pooled(
    examples: EncodedExamples, power: float, scales: np.ndarray, features: np.ndarray
) -> sparse.csr_matrix:
  """Returns <float>[n_texts, n_tokens + n_features], scaled and pooled over tokens."""
  counts = _counts(examples, len(scales), power)
  pooled_features = sparse.csr_matrix(counts @ features)
  return sparse.hstack([counts @ sparse.diags(scales), pooled_features], format='csr')


def _counts(
    examples: EncodedExamples, n_tokens: int, power: float
) -> sparse.csr_matrix:
  """Returns <float>[n_texts, n_tokens], divided by a power of each text's length."""
  starts = np.concatenate([[0], np.cumsum(examples.lengths)])
  values = np.repeat(np.maximum(examples.lengths, 1.0) ** -power, examples.lengths)
  shape = (len(examples.lengths), n_tokens)
  # A copy of the ids, since `sum_duplicates` works in place.
  counts = sparse.csr_matrix((values, examples.ids.copy(), starts), shape)
  counts.sum_duplicates()
  return counts


def temperature_of(scores: np.ndarray, labels: np.ndarray) -> float:
  """Returns the divisor of the scores that has the lowest log-loss.

  The targets are smoothed as in Platt scaling: a label is wrong with the probability
  1 / (n_texts + 2). Without smoothing, predictions that are all right would have the
  temperature 0.

  Sources: Guo and others, "On Calibration of Modern Neural Networks", 2017; Platt,
  "Probabilistic Outputs for Support Vector Machines", 1999.
  """
  from scipy import optimize  # A lazy import, like scikit-learn's.

  n_texts, n_classes = scores.shape
  error_rate = 1 / (n_texts + 2)
  targets = np.full(scores.shape, error_rate / (n_classes - 1))
  targets[np.arange(n_texts), labels] = 1 - error_rate

  def log_loss(log_temperature: float) -> float:
    scaled = special.log_softmax(scores / np.exp(log_temperature), axis=1)
    return -float((targets * scaled).sum() / n_texts)

  return float(np.exp(optimize.minimize_scalar(log_loss, bounds=(-4, 4)).x))
