"""A `TwitterClassifier` on NumPy: sums of a token's logits."""

import os

import numpy as np

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.model_info import MODEL_FILE, ModelInfo
from trax_twitter_sentiment.run.weights import WEIGHTS_FILE
from trax_twitter_sentiment.text.tokenizer import PAD_ID, TOKENIZER_FILE, TweetTokenizer

# Products of two float32 don't get there; a float64 can add up very many of it.
_TOO_LARGE = 1e100


class BagOfTokens:
  """A `TwitterClassifier`, each token's vector already multiplied by the dense layer.

  The mean and the dense layer are linear, so their order doesn't matter; a number for
  each class and token remains.

  Attributes:
    token_logits: <float64>[vocabulary_size, n_classes].
    bias: <float64>[n_classes].
  """

  def __init__(
      self,
      folder: str,
      tokenizer: TweetTokenizer,
      info: ModelInfo,
      weights: list[np.ndarray],
  ):
    if (
        [w.ndim for w in weights] != [2, 2, 1]
        or any(w.dtype.kind != 'f' for w in weights)
        or weights[0].shape[1] != weights[1].shape[0]
        or weights[1].shape[1] != len(weights[2])
    ):
      raise UserError(
          f'{os.path.join(folder, WEIGHTS_FILE)} does not hold the weights of a '
          f'TwitterClassifier, as {MODEL_FILE} says.'
      )
    with np.errstate(over='ignore', invalid='ignore'):  # Looked at below.
      embedding, kernel, bias = (w.astype(np.float64) for w in weights)
    if len(embedding) != len(tokenizer.vocabulary):
      raise UserError(
          f'{folder}: {TOKENIZER_FILE} has {len(tokenizer.vocabulary)} tokens, but '
          f'{WEIGHTS_FILE} has vectors for {len(embedding)}; they are not of one run.'
      )
    if len(bias) != len(info.class_names):
      raise UserError(
          f'{folder}: {WEIGHTS_FILE} is of {len(bias)} classes, but {MODEL_FILE} names '
          f'{len(info.class_names)}: {", ".join(info.class_names)}.'
      )
    with np.errstate(over='ignore', invalid='ignore'):
      self.token_logits = embedding @ kernel
    self.bias = bias
    if not (_in_range(self.token_logits) and _in_range(self.bias)):
      raise UserError(
          f'{os.path.join(folder, WEIGHTS_FILE)} holds numbers that are too large: '
          'training diverged.'
      )
    self._info = info

  def log_probabilities(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    # A padding id ends each text, so that reduceat meets no empty one.
    ends = np.cumsum(lengths)
    ids = np.insert(ids, ends, PAD_ID)
    starts = ends - lengths + np.arange(len(lengths))
    padding = self.token_logits[PAD_ID]
    sums = np.add.reduceat(self.token_logits[ids], starts, axis=0) - padding
    divisors = self._divisors(lengths)[:, None]
    if self._info.pooling == 'mean':
      sums += (divisors - lengths[:, None]) * padding
    logits = sums / divisors + self.bias
    if logits.shape[1] > 2:
      return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    # Of the difference, so that probabilities add up to one for large logits, too.
    odds = logits[:, 1] - logits[:, 0]
    return -np.logaddexp(0, np.stack([odds, -odds], axis=1))

  def shares(self, ids: np.ndarray, sought: int) -> tuple[np.ndarray, float]:
    """Returns <float64>[n_tokens] shares of the log-odds, and the rest of them.

    The log-odds are those of the class sought against the others: its logit less the
    mean of theirs.
    """
    divisor = float(self._divisors(np.array(len(ids))))
    rest = against_others(self.bias, sought)
    if self._info.pooling == 'mean':
      n_padding = divisor - len(ids)
      padding = against_others(self.token_logits[PAD_ID], sought)
      rest += n_padding / divisor * padding
    return against_others(self.token_logits[ids], sought) / divisor, float(rest)

  def _divisors(self, lengths: np.ndarray) -> np.ndarray:
    """Returns what the sums over texts of `lengths` are divided by."""
    if self._info.pooling == 'masked_sqrtn':
      return np.sqrt(np.maximum(lengths, 1))
    least = self._info.padded_length if self._info.pooling == 'mean' else 1
    return np.maximum(lengths, least)


def against_others(scores: np.ndarray, sought: int) -> np.ndarray:
  """Returns a class's score less the mean of the others.

  From <float>[..., n_classes] to <float>[...]. Of two classes, logits and
  log-probabilities alike give the log-odds.
  """
  others = np.delete(scores, sought, axis=-1)
  return scores[..., sought] - others.mean(axis=-1)


def _in_range(logits: np.ndarray) -> bool:
  """Returns whether any sum over a text's tokens stays finite."""
  return bool((np.abs(logits) < _TOO_LARGE).all())  # Which no NaN is.
