"""A fine-tuned encoder on NumPy, without Trax and without padding."""

import functools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import threadpoolctl

from trax_twitter_sentiment.encoder.config import EncoderConfig
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.parallel import map_in_threads
from trax_twitter_sentiment.run.model_info import EncoderInfo
from trax_twitter_sentiment.run.run import (
    ENCODER_CONFIG_FILE,
    MODEL_FILE,
    WEIGHTS_FILE,
    Run,
)
from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder

# The number of tokens that are computed together. Their hidden layer fits in a cache.
_BLOCK_TOKENS = 768

# The number of rows whose activations are computed together, for the same reason.
_ACTIVATION_ROWS = 32

Array = np.ndarray
Dense = tuple[Array, Array]


class EncoderModel:
  """A classifier that `PretrainedEncoder` trained, computed by NumPy.

  The tokens of several texts are the rows of one matrix, so no text is padded, and a
  prediction does not depend on the other texts of a batch. Two or more cores work on
  different texts.

  Args:
    encoder: adds special tokens to texts.
    config: the configuration of the encoder.
    info: the properties of the classifier.
    max_length: the maximum number of ids of a text.
    weights: the arrays of the classifier, in Trax's order.

  Raises:
    ValueError: if the arrays are not those of such a classifier.
  """

  def __init__(
      self,
      encoder: SubwordEncoder,
      config: EncoderConfig,
      info: EncoderInfo,
      max_length: int,
      weights: Sequence[Array],
  ):
    self._encoder = encoder
    self._config = config
    self._info = info
    self._max_length = max_length
    _check_shapes(config, info, weights)
    self._weights = [np.ascontiguousarray(w, np.float32) for w in weights]

  @classmethod
  def of_run(cls, run: Run) -> 'EncoderModel':
    """Returns the classifier of a run.

    Raises:
      UserError: if the weights do not fit the other files of the run.
    """
    info = run.model_info
    assert info.encoder and info.max_length
    encoder, config = run.subword_encoder, _config(run)
    try:
      model = cls(encoder, config, info.encoder, info.max_length, run.weights)
    except ValueError as error:
      raise UserError(
          f'{run.path(WEIGHTS_FILE)} does not contain the weights of the encoder that '
          f'{MODEL_FILE} describes: {error}.'
      ) from error
    if model.n_classes != len(info.class_names):
      raise UserError(
          f'{run.folder}: {WEIGHTS_FILE} has {model.n_classes} classes, but '
          f'{MODEL_FILE} names {len(info.class_names)}: {", ".join(info.class_names)}.'
      )
    return model

  @property
  def n_classes(self) -> int:
    """The number of classes."""
    return len(self._weights[-1])

  def log_probabilities(self, ids: Array, lengths: Array) -> Array:
    """Returns <float64>[n_texts, n_classes]; see `predictor.Model`."""
    ids, lengths = self._encoder.with_special_tokens(ids, lengths, self._max_length)
    starts = np.cumsum(lengths) - lengths
    logits = np.empty((len(lengths), self.n_classes))

    def compute(rows: Array) -> None:
      tokens = _ranges(starts[rows], lengths[rows])
      logits[rows] = self._logits(ids[tokens], lengths[rows])

    with threadpoolctl.threadpool_limits(1, 'blas'):
      for _ in map_in_threads(compute, _blocks(lengths)):
        pass
    logits /= self._info.temperature
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)

  def _logits(self, ids: Array, lengths: Array) -> Array:
    """Returns <float32>[n_texts, n_classes] for texts in the order of their lengths."""
    config, weights = self._config, iter(self._weights)
    positions = np.arange(len(ids)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    x = next(weights)[ids] + next(weights)[positions]
    x = _normalized(x, next(weights), next(weights), config.epsilon)
    activate = _ACTIVATIONS[config.activation]
    for _ in range(self._info.n_layers):
      query, key, value, out = (_take_dense(weights) for _ in range(4))
      heads = _attention(
          _dense(x, query), _dense(x, key), _dense(x, value), lengths, config.n_heads
      )
      x += _dense(heads, out)
      x = _normalized(x, next(weights), next(weights), config.epsilon)
      hidden = activate(_dense(x, _take_dense(weights)))
      x += _dense(hidden, _take_dense(weights))
      x = _normalized(x, next(weights), next(weights), config.epsilon)
    starts = np.cumsum(lengths) - lengths
    if self._info.pooling == 'first':
      pooled = x[starts]
    else:
      pooled = np.add.reduceat(x, starts, axis=0) / lengths[:, None].astype(np.float32)
    if self._info.has_pooler:
      pooled = np.tanh(_dense(pooled, _take_dense(weights)))
    return _dense(pooled, _take_dense(weights))


def _config(run: Run) -> EncoderConfig:
  kind = "an encoder's configuration"
  return run.read(ENCODER_CONFIG_FILE, EncoderConfig.from_json, kind)


def _check_shapes(
    config: EncoderConfig, info: EncoderInfo, weights: Sequence[Array]
) -> None:
  d, d_ff = config.d_model, config.d_ff
  square, norm = [(d, d), (d,)], [(d,), (d,)]
  block = [*square * 4, *norm, (d, d_ff), (d_ff,), (d_ff, d), (d,), *norm]
  expected = [(config.vocab_size, d), (config.max_length, d), *norm]
  expected += block * info.n_layers + square * info.has_pooler
  shapes = [w.shape for w in weights]
  if shapes[:-2] != expected or any(w.dtype.kind != 'f' for w in weights):
    raise ValueError(f'its {len(shapes)} arrays have other shapes than expected')
  if len(shapes[-2]) != 2 or shapes[-2] != (d, *shapes[-1]):
    raise ValueError('its last layer has another shape')


def _blocks(lengths: Array) -> Iterator[Array]:
  """Yields the indices of texts of similar length, with few tokens in all."""
  order = np.argsort(lengths, kind='stable')
  ends = np.cumsum(lengths[order])
  starts = np.flatnonzero(np.diff(ends // _BLOCK_TOKENS, prepend=-1))
  yield from np.split(order, starts[1:]) if len(order) else ()


def _ranges(starts: Array, lengths: Array) -> Array:
  """Returns the indices of the ranges that begin at `starts`, one after the other."""
  offsets = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
  return np.arange(len(offsets)) + offsets


def _take_dense(weights: Iterator[Array]) -> Dense:
  return next(weights), next(weights)


def _dense(x: Array, layer: Dense) -> Array:
  kernel, bias = layer
  y = x @ kernel
  y += bias
  return y


def _normalized(x: Array, scale: Array, bias: Array, epsilon: float) -> Array:
  """Normalizes each row of `x` in place, and returns it."""
  x -= x.mean(axis=1, keepdims=True)
  variance = np.einsum('td,td->t', x, x) / np.float32(x.shape[1])
  x *= (1 / np.sqrt(variance + np.float32(epsilon)))[:, None]
  x *= scale
  x += bias
  return x


def _attention(
    query: Array, key: Array, value: Array, lengths: Array, n_heads: int
) -> Array:
  """Returns <float32>[n_tokens, d_model], the attention within each text.

  Args:
    query: <float32>[n_tokens, d_model], and so are `key` and `value`.
    lengths: <int64>[n_texts], in ascending order.
    n_heads: the number of heads.
  """
  d_head = query.shape[1] // n_heads
  query *= np.float32(d_head**-0.5)
  result = np.empty_like(value)
  start = 0
  for length, n_texts in zip(*np.unique(lengths, return_counts=True), strict=True):
    end = start + length * n_texts
    shape = n_texts, length, n_heads, d_head
    q, k, v, into = (
        x[start:end].reshape(shape).transpose(0, 2, 1, 3)
        for x in (query, key, value, result)
    )
    strengths = q @ k.swapaxes(2, 3)
    strengths -= strengths.max(axis=3, keepdims=True)
    np.exp(strengths, out=strengths)
    strengths /= strengths.sum(axis=3, keepdims=True)
    np.matmul(strengths, v, out=into)
    start = end
  return result


def _in_chunks(function: Callable[[Array], None]) -> Callable[[Array], Array]:
  """Returns a function that changes a few rows of its argument at a time."""

  @functools.wraps(function)
  def apply(x: Array) -> Array:
    for start in range(0, len(x), _ACTIVATION_ROWS):
      function(x[start : start + _ACTIVATION_ROWS])
    return x

  return apply


@_in_chunks
def _gelu(x: Array) -> None:
  """Applies x Φ(x) = max(x, 0) - |x| Φ(-|x|), with an error below 1e-6.

  Φ(-|x|) is p(t) exp(-x²/2) with a polynomial p and t = 1 / (1 + c |x|). SciPy's erf is
  exact, but computes one number at a time.

  Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
  """
  size = np.abs(x)
  t = size * np.float32(0.3275911 * 0.5**0.5)
  t += 1
  np.divide(1, t, out=t)
  tail = t * np.float32(0.5 * 1.061405429)
  for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
    tail += np.float32(0.5 * coefficient)
    tail *= t
  np.multiply(x, x, out=t)
  t *= np.float32(-0.5)
  tail *= np.exp(t, out=t)
  tail *= size
  np.maximum(x, 0, out=x)
  x -= tail


@_in_chunks
def _tanh_gelu(x: Array) -> None:
  """Applies the approximation of GELU by tanh."""
  inner = np.float32((2 / np.pi) ** 0.5) * (x + np.float32(0.044715) * x**3)
  x *= 1 + np.tanh(inner)
  x *= np.float32(0.5)


def _relu(x: Array) -> Array:
  return np.maximum(x, 0, out=x)


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    'gelu': _gelu,
    'gelu_new': _tanh_gelu,
    'gelu_pytorch_tanh': _tanh_gelu,
    'relu': _relu,
}
