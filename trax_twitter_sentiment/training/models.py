"""Gin-configurable Trax models."""

from collections.abc import Callable
from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
from trax import layers as tl
from trax.fastmath import numpy as jnp

from trax_twitter_sentiment.errors import (
    UserError,
    check_choice,
    check_dropout,
    check_positive,
    check_positive_number,
)
from trax_twitter_sentiment.run.model_info import POOLINGS
from trax_twitter_sentiment.text.vocabulary import PAD_ID

# A Trax initializer: a function from a shape and a random number to an array.
Initializer = Callable[[tuple[int, ...], Any], Any]
ClassifierInitializer = Callable[..., tuple[Initializer, Initializer, Initializer]]

_NAME_PREFIX = 'TwitterClassifier_'


@gin.configurable(module='trax_twitter_sentiment', denylist=['mode'])
def TwitterClassifier(
    vocab_size: int,
    embedding_dim: int = 256,
    output_dim: int = 2,
    pooling: str = 'masked_mean',
    embedding_stddev: float | None = None,
    embedding_dropout: float = 0.0,
    initializer: ClassifierInitializer | None = None,
    mode: str = 'train',
) -> tl.Serial:
  """Returns the notebook's classifier: embedding, mean, dense, log-softmax.

  It maps <int>[batch_size, length] token ids to <float32>[batch_size, output_dim]
  log-probabilities; with two classes, column 0 is negative and column 1 positive.

  Args:
    vocab_size: the number of token ids; `vocabulary_size()` for the plugin's
      streams.
    embedding_dim: the size of a token's vector.
    output_dim: the number of classes.
    pooling: how the vectors of a text's tokens become one vector. `'masked_mean'` is
      their mean without padding (id 0), so the padded length of a batch does not change
      a prediction. The mean of a text without tokens is zero. `'masked_sqrtn'` divides
      the sum by the square root of the number of tokens, like the combiner `'sqrtn'` in
      TensorFlow, so predictions for long texts are more certain. `'mean'` includes
      padding, as in the notebook.
    embedding_stddev: the standard deviation of the embedding's initial values. With a
      small one, tokens that are rare in training have little influence. `None` for
      Trax's `ScaledInitializer`, whose values are larger for a smaller `embedding_dim`.
    embedding_dropout: the fraction of the embedding's values dropped in training.
    initializer: a function that returns the initializers of the embedding, the dense
      kernel and its bias, such as `LogisticRegression`; `None` for random initial
      weights.
    mode: `'train'`, `'eval'` or `'predict'`. Only `'train'` has dropout.

  Raises:
    UserError: if an argument is not a legal value.

  Examples:
    >>> model = TwitterClassifier(vocab_size=9162, mode='eval')
    >>> ids = np.array([[3, 4, 5], [6, 7, 0]], np.int32)
    >>> _ = model.init(trax.shapes.signature(ids))
    >>> model(ids).shape
    (2, 2)
  """
  check_positive('TwitterClassifier.vocab_size', vocab_size)
  check_positive('TwitterClassifier.embedding_dim', embedding_dim)
  check_positive('TwitterClassifier.output_dim', output_dim)
  check_choice('TwitterClassifier.pooling', pooling, POOLINGS)
  check_dropout('TwitterClassifier.embedding_dropout', embedding_dropout)
  if initializer is not None and embedding_stddev is not None:
    raise UserError(
        f'TwitterClassifier.embedding_stddev={embedding_stddev!r} has no effect beside '
        'TwitterClassifier.initializer. Bind one of them to None.'
    )
  embedding_options, dense_options = {}, {}
  if initializer is not None:
    embedding_init, kernel_init, bias_init = initializer(
        vocab_size, embedding_dim, output_dim, pooling
    )
    embedding_options = {'kernel_initializer': embedding_init}
    dense_options = {'kernel_initializer': kernel_init, 'bias_initializer': bias_init}
  elif embedding_stddev is not None:
    check_positive_number('TwitterClassifier.embedding_stddev', embedding_stddev)
    normal = tl.RandomNormalInitializer(embedding_stddev)
    embedding_options = {'kernel_initializer': normal}
  embed = [tl.Embedding(vocab_size, embedding_dim, **embedding_options)]
  if embedding_dropout:
    embed.append(tl.Dropout(rate=embedding_dropout, mode=mode))
  if pooling == 'mean':
    pooled = [embed, tl.Mean(axis=1)]
  else:
    power = 1.0 if pooling == 'masked_mean' else 0.5
    pooled = [tl.Branch(embed, _IsToken()), _MaskedMean(power)]
  return tl.Serial(
      pooled,
      tl.Dense(output_dim, **dense_options),
      tl.LogSoftmax(),
      name=f'{_NAME_PREFIX}{pooling}',
  )


@gin.configurable(module='trax_twitter_sentiment', denylist=['mode'])
def GRUClassifier(
    vocab_size: int, d_model: int = 64, output_dim: int = 2, mode: str = 'train'
) -> tl.Serial:
  """Returns a recurrent classifier: embedding, GRU, masked mean, dense, log-softmax.

  It maps <int>[batch_size, length] token ids to <float32>[batch_size, output_dim]
  log-probabilities. The GRU's states are averaged over the tokens, without padding.

  Args:
    vocab_size: the number of token ids; `vocabulary_size()` for the plugin's
      streams.
    d_model: the size of a token's vector and of the GRU's state.
    output_dim: the number of classes.
    mode: `'train'`, `'eval'` or `'predict'`.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_positive('GRUClassifier.vocab_size', vocab_size)
  check_positive('GRUClassifier.d_model', d_model)
  check_positive('GRUClassifier.output_dim', output_dim)
  recurrent = [tl.Embedding(vocab_size, d_model), tl.GRU(d_model, mode=mode)]
  return tl.Serial(
      tl.Branch(recurrent, _IsToken()),
      _MaskedMean(),
      tl.Dense(output_dim),
      tl.LogSoftmax(),
  )


def pooling_of(model: tl.Layer) -> str | None:
  """Returns the pooling of a `TwitterClassifier`; `None` for any other model."""
  name = model.name
  return name.removeprefix(_NAME_PREFIX) if name.startswith(_NAME_PREFIX) else None


def _IsToken() -> tl.Fn:
  """Returns a layer that maps ids to <bool>: whether each id is not padding."""
  return tl.Fn('IsToken', lambda ids: ids != PAD_ID)


def _MaskedMean(power: float = 1.0) -> tl.Fn:
  """Returns a layer that maps vectors [batch, length, dim] and a mask to [batch, dim].

  The layer divides the sum of the unmasked vectors by a power of their number.
  """

  def masked_mean(vectors, mask):
    weights = mask.astype(vectors.dtype)
    total = jnp.einsum('bld,bl->bd', vectors, weights)
    n_tokens = jnp.sum(weights, axis=1, keepdims=True)
    return total / jnp.maximum(n_tokens, 1) ** power

  return tl.Fn('MaskedMean', masked_mean)
