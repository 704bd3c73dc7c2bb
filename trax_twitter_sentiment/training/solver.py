"""Multinomial logistic regression on pooled tokens, solved by L-BFGS."""

import dataclasses
import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import tqdm
from scipy import special

from trax_twitter_sentiment import memory
from trax_twitter_sentiment.encoding.encoded_corpus import EncodedCorpus
from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.pooled_tokens import PooledTokens

# Pooling -> the power of the number of tokens that it divides by, and a factor of the
# result. The factor lets one strength of L2 fit both poolings.
POOLINGS = {'masked_mean': (1.0, 20.0), 'masked_sqrtn': (0.5, 1.4)}

# The best strength of L2 in cross-validation on four tasks.
INVERSE_L2 = 3.0

# scikit-learn's `LogisticRegression` calls L-BFGS with the same options.
_SOLVER_OPTIONS = {
    'maxiter': 300,
    'maxls': 50,
    'gtol': 1e-4,
    'ftol': 64 * np.finfo(float).eps,
}

# The numbers in memory for each weight. L-BFGS keeps ten pairs of earlier steps and
# gradients in a workspace of 25 numbers, and weights, gradients and products beside it.
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
    features: Any,
    pooling: str,
    inverse_l2: float,
    balanced: bool,
    calibrated: bool,
) -> Solution:
  """Returns the weights with the lowest loss on the training texts.

  Args:
    corpus: the texts as token ids.
    features: <float>[vocabulary_size, n_features], dense or sparse, the features of
      each token beside its count. A text's features are the pooled ones of its tokens.
    pooling: a key of `POOLINGS`.
    inverse_l2: scikit-learn's `C`.
    balanced: whether all classes have the same weight.
    calibrated: whether to divide the scores by `temperature_of` the validation texts.
  """
  n_tokens = features.shape[0]
  power, _ = POOLINGS[pooling]
  scales, features = coordinates(corpus, features, pooling)
  pooled = functools.partial(
      PooledTokens, power=power, scales=scales, features=features
  )
  weights, bias = _fit(pooled(corpus.train), corpus.train, inverse_l2, balanced)
  token_scores = scales[:, None] * weights[:n_tokens]
  token_scores += features @ weights[n_tokens:]
  if calibrated:
    scores = pooled(corpus.validation).dot(weights) + bias
    temperature = temperature_of(scores, corpus.validation.labels)
    token_scores, bias = token_scores / temperature, bias / temperature
  return Solution(token_scores, bias)


def coordinates(
    corpus: EncodedCorpus, features: Any, pooling: str
) -> tuple[np.ndarray, Any]:
  """Returns the factors of a token's weights: its scale, and its scaled features.

  Returns:
    <float>[vocabulary_size] and <float>[vocabulary_size, n_features].
  """
  _, factor = POOLINGS[pooling]
  return factor * _scales(corpus.train, features.shape[0]), factor * features


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
    inputs: PooledTokens,
    examples: EncodedExamples,
    inverse_l2: float,
    balanced: bool,
) -> tuple[np.ndarray, np.ndarray]:
  """Returns weights <float>[n_inputs, n_classes] and a bias <float>[n_classes].

  Two classes have one column of weights, the log-odds, as in scikit-learn.
  """
  n_classes = len(np.unique(examples.labels))
  _check_memory(inputs.shape[1], n_classes)
  n_columns = n_classes if n_classes > 2 else 1
  importance = _importance(examples, balanced)
  l2 = 1 / (inverse_l2 * importance.sum())
  importance /= importance.sum()
  loss_of_scores = _binary_loss if n_columns == 1 else _multinomial_loss

  def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
    weights, bias = np.split(flat.reshape(-1, n_columns), [-1])
    scores = inputs.dot(weights) + bias
    value, by_score = loss_of_scores(scores, examples.labels, importance[:, None])
    gradient = inputs.transposed_dot(by_score) + l2 * weights
    by_bias = by_score.sum(axis=0)
    value += l2 / 2 * float(np.vdot(weights, weights))
    return value, np.append(gradient.ravel(), by_bias)

  n_weights = (inputs.shape[1] + 1) * n_columns
  solution = _minimum(loss, n_weights, f'Fitting {n_classes} classes')
  weights, bias = np.split(solution.reshape(-1, n_columns), [-1])
  if n_columns == 1:
    return np.hstack([-weights, weights]) / 2, np.append(-bias, bias) / 2
  return weights, bias[0]


def _minimum(
    loss: Callable[[np.ndarray], tuple[float, np.ndarray]], n_weights: int, title: str
) -> np.ndarray:
  """Returns the weights <float>[n_weights] with the lowest loss, with a progress bar.

  Args:
    loss: returns the loss of weights, and its gradient.
    n_weights: the number of weights.
    title: the title of the bar.
  """
  # Lazy imports: every run imports this module, and few runs fit a regression.
  import threadpoolctl
  from scipy import optimize

  # `disable=None` shows the bar only if stderr is a terminal.
  bar = tqdm.tqdm(
      desc=title,
      bar_format='{desc}: iteration {n_fmt} [{elapsed}]',
      mininterval=0,  # Shows each of the few iterations.
      disable=None,
      leave=False,
  )
  # The threads of BLAS wait for each other longer than one thread computes.
  with bar, threadpoolctl.threadpool_limits(1, 'blas'):
    result = optimize.minimize(
        loss,
        np.zeros(n_weights),
        method='L-BFGS-B',
        jac=True,
        callback=lambda _: bar.update() and None,
        options=_SOLVER_OPTIONS,
    )
  if result.status == 1:
    print(
        f'WARNING: the fit ended after {result.nit} iterations, before its loss was '
        'minimal. A smaller LogisticRegression.inverse_l2 requires fewer iterations.',
        file=sys.stderr,
    )
  return result.x


def _importance(examples: EncodedExamples, balanced: bool) -> np.ndarray:
  """Returns <float>[n_texts], the weight of each text in the loss."""
  importance = np.ones(len(examples.labels))
  if examples.weights is not None:
    importance = examples.weights.astype(float)
  if balanced:
    by_class = np.bincount(examples.labels, importance)
    by_class = importance.sum() / (np.count_nonzero(by_class) * by_class)
    importance = importance * by_class[examples.labels]
  return importance


def _binary_loss(
    scores: np.ndarray, labels: np.ndarray, importance: np.ndarray
) -> tuple[float, np.ndarray]:
  """Returns the weighted log-loss of log-odds, and its gradient."""
  targets = labels[:, None]
  losses = np.logaddexp(0, scores) - targets * scores
  gradient = importance * (special.expit(scores) - targets)
  return float(np.vdot(importance, losses)), gradient


def _multinomial_loss(
    scores: np.ndarray, labels: np.ndarray, importance: np.ndarray
) -> tuple[float, np.ndarray]:
  """Returns the weighted log-loss of scores, and its gradient."""
  rows = np.arange(len(labels))
  log_probabilities = special.log_softmax(scores, axis=1)
  gradient = np.exp(log_probabilities)
  gradient[rows, labels] -= 1
  losses = -log_probabilities[rows, labels]
  return float(importance[:, 0] @ losses), importance * gradient


def _check_memory(n_inputs: int, n_classes: int) -> None:
  """Prints the memory that the fit requires, if it is 1 GB or more.

  Raises:
    UserError: if less memory is available.
  """
  n_columns = n_classes if n_classes > 2 else 1
  n_weights = (n_inputs + 1) * n_columns
  n_bytes = 8 * _NUMBERS_PER_WEIGHT * n_weights
  if n_bytes < _MUCH_MEMORY:
    return
  required = (
      f'Fitting {n_classes:,} classes to {n_inputs:,} tokens requires about '
      f'{n_bytes / 1e9:.1f} GB of memory: the solver stores {_NUMBERS_PER_WEIGHT} '
      f'numbers for each of {n_weights:,} weights.'
  )
  limit = memory.limit()
  available = (limit or 2 * n_bytes) - memory.used()
  if n_bytes > available:
    n_fitting = int(n_inputs * max(0, available) / n_bytes)
    raise UserError(
        f'{required} {available / 1e9:.1f} GB are available. Bind '
        f'encoded_corpus.max_vocabulary_size={n_fitting}, or a smaller number.'
    )
  print(
      f'{required} Fewer tokens require less; bind '
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
  n_classes = int(examples.labels.max()) + 1
  frequencies = examples.document_frequencies(n_tokens, n_classes)
  n_texts = frequencies.sum(axis=0)
  idf = 1 + np.log((1 + len(examples.lengths)) / (1 + n_texts))
  ratios = np.zeros(n_tokens)
  for label in np.unique(examples.labels):
    # Add-one smoothing keeps the ratios finite.
    inside = 1 + frequencies[label]
    outside = 2 + n_texts - inside
    ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
    ratios = np.maximum(ratios, np.abs(ratio))
  scales = idf * np.sqrt(ratios)
  return scales / scales[n_texts > 0].mean()


def temperature_of(scores: np.ndarray, labels: np.ndarray) -> float:
  """Returns the divisor of the scores that has the lowest log-loss.

  The targets are smoothed as in Platt scaling: a label is wrong with the probability
  1 / (n_texts + 2). Without smoothing, predictions that are all right would have the
  temperature 0.

  Sources: Guo and others, "On Calibration of Modern Neural Networks", 2017; Platt,
  "Probabilistic Outputs for Support Vector Machines", 1999.
  """
  from scipy import optimize  # A lazy import, as in `_minimum`.

  n_texts, n_classes = scores.shape
  error_rate = 1 / (n_texts + 2)
  targets = np.full(scores.shape, error_rate / (n_classes - 1))
  targets[np.arange(n_texts), labels] = 1 - error_rate

  def log_loss(log_temperature: float) -> float:
    scaled = special.log_softmax(scores / np.exp(log_temperature), axis=1)
    return -float((targets * scaled).sum() / n_texts)

  return float(np.exp(optimize.minimize_scalar(log_loss, bounds=(-4, 4)).x))
