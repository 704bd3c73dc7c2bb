"""A `TwitterClassifier` on NumPy: a sum of the logits of tokens."""

import numpy as np

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.run import (
    MODEL_FILE,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
    Run,
)
from trax_twitter_sentiment.text.vocabulary import PAD_ID

# If a logit exceeds this limit, training diverged. Sums of smaller logits stay finite
# in float64.
_TOO_LARGE = 1e100


class BagOfTokens:
  """A `TwitterClassifier` as one logit for each token and class.

  The mean and the dense layer are linear, so the dense layer can be applied to the
  vector of each token before the mean.

  Attributes:
    token_logits: <float64>[vocabulary_size, n_classes].
    bias: <float64>[n_classes].
  """

  def __init__(self, token_logits: np.ndarray, bias: np.ndarray, info: ModelInfo):
    self.token_logits = token_logits
    self.bias = bias
    self._info = info

  @classmethod
  def of_run(cls, run: Run) -> 'BagOfTokens':
    """Returns the classifier of a run.

    Raises:
      UserError: if the weights do not fit the vocabulary or the class names.
    """
    path, weights = run.path(WEIGHTS_FILE), run.weights
    if (
        [w.ndim for w in weights] != [2, 2, 1]
        or any(w.dtype.kind != 'f' for w in weights)
        or weights[0].shape[1] != weights[1].shape[0]
        or weights[1].shape[1] != len(weights[2])
    ):
      raise UserError(
          f'{path} does not contain the weights of a TwitterClassifier, as '
          f'{MODEL_FILE} says.'
      )
    n_tokens, n_classes = len(weights[0]), len(weights[2])
    class_names = run.model_info.class_names
    if n_tokens != len(run.vocabulary):
      raise UserError(
          f'{run.folder}: {VOCABULARY_FILE} has {len(run.vocabulary)} tokens, but '
          f'{WEIGHTS_FILE} has vectors for {n_tokens}. These are files of two runs.'
      )
    if n_classes != len(class_names):
      raise UserError(
          f'{run.folder}: {WEIGHTS_FILE} has {n_classes} classes, but {MODEL_FILE} '
          f'names {len(class_names)}: {", ".join(class_names)}.'
      )
    with np.errstate(over='ignore', invalid='ignore'):  # Checked below.
      embedding, kernel, bias = (w.astype(np.float64) for w in weights)
      token_logits = embedding @ kernel
    if not (_is_in_range(token_logits) and _is_in_range(bias)):
      raise UserError(f'{path} contains numbers that are too large: training diverged.')
    return cls(token_logits, bias, run.model_info)

  def log_probabilities(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Returns <float64>[n_texts, n_classes]; see `predictor.Model`."""
    ids, lengths = self._cut(ids, lengths)
    # `reduceat` does not work for empty texts, so each text ends with padding.
    ends = np.cumsum(lengths)
    ids = np.insert(ids, ends, PAD_ID)
    starts = ends - lengths + np.arange(len(lengths))
    padding = self.token_logits[PAD_ID]
    sums = np.add.reduceat(self.token_logits[ids], starts, axis=0) - padding
    return self.log_probabilities_of_sums(sums, lengths)

  def log_probabilities_of_sums(
      self, sums: np.ndarray, lengths: np.ndarray
  ) -> np.ndarray:
    """Returns <float64>[n_texts, n_classes].

    Args:
      sums: <float64>[n_texts, n_classes], the sums of the logits of each text's tokens.
      lengths: <int64>[n_texts], the number of tokens of each text.
    """
    divisors = self.divisors(lengths)[:, None]
    if self._info.pooling == 'mean':
      sums += (divisors - lengths[:, None]) * self.token_logits[PAD_ID]
    logits = sums / divisors + self.bias
    if logits.shape[1] > 2:
      return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    # The difference of two logits stays exact, however large the logits are.
    odds = logits[:, 1] - logits[:, 0]
    return -np.logaddexp(0, np.stack([odds, -odds], axis=1))

  @property
  def max_length(self) -> int | None:
    """The maximum number of tokens of a text; `None` for no maximum."""
    return self._info.max_length

  def shares(
      self, ids: np.ndarray, contrast: tuple[int, int]
  ) -> tuple[np.ndarray, float]:
    """Returns the share of each token in log-odds, and the rest of the log-odds.

    Args:
      ids: <int32>[n_tokens], the tokens of one text, at most `max_length`.
      contrast: the class of the log-odds, and the class that it is compared with.

    Returns:
      <float64>[n_tokens], and a float.
    """
    first, second = contrast
    divisor = float(self.divisors(np.array(len(ids))))
    rest = self.bias[first] - self.bias[second]
    if self._info.pooling == 'mean':
      padding = self.token_logits[PAD_ID]
      n_padding = divisor - len(ids)
      rest += n_padding / divisor * (padding[first] - padding[second])
    logits = self.token_logits[ids]
    return (logits[:, first] - logits[:, second]) / divisor, float(rest)

  def _cut(self, ids: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cuts texts off after `max_length` tokens, as the run's batches do."""
    max_length = self._info.max_length
    if max_length is None or not (lengths > max_length).any():
      return ids, lengths
    positions = np.arange(len(ids)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return ids[positions < max_length], np.minimum(lengths, max_length)

  def divisors(self, lengths: np.ndarray) -> np.ndarray:
    """Returns the divisors of the sums over texts of `lengths` tokens."""
    if self._info.pooling == 'masked_sqrtn':
      return np.sqrt(np.maximum(lengths, 1))
    least = self._info.padded_length if self._info.pooling == 'mean' else 1
    return np.maximum(lengths, least)


def against_others(scores: np.ndarray, label: int) -> np.ndarray:
  """Returns the score of a class minus the mean score of the other classes.

  Turns <float>[..., n_classes] into <float>[...]. For two classes, the result is the
  log-odds.
  """
  others = np.delete(scores, label, axis=-1)
  return scores[..., label] - others.mean(axis=-1)


def _is_in_range(logits: np.ndarray) -> bool:
  """Returns whether every sum over the tokens of a text stays finite."""
  return bool((np.abs(logits) < _TOO_LARGE).all())  # NaN is not smaller.
