"""The Trax layers of a pretrained encoder."""

import functools
from collections.abc import Callable
from typing import Any

from trax_twitter_sentiment.trax_support import (
    lazy_weights,
    repairs,  # noqa: F401  (imports Trax, fast)
)

import numpy as np
from trax import layers as tl
from trax.fastmath import numpy as jnp
from trax.layers import base

from trax_twitter_sentiment.encoder.pretrained import PretrainedFolder
from trax_twitter_sentiment.errors import UserError

ACTIVATIONS = {
    'gelu': tl.Gelu,  # Trax's Gelu is the exact one, like PyTorch's.
    'gelu_new': tl.FastGelu,
    'gelu_pytorch_tanh': tl.FastGelu,
    'relu': tl.Relu,
}


def Dense(
    folder: PretrainedFolder, part: str, n_units: int, layer: int = 0
) -> tl.Dense:
  """Returns a dense layer with pretrained weights."""
  return tl.Dense(
      n_units,
      # PyTorch's matrices have the shape [n_outputs, n_inputs].
      kernel_initializer=lazy_weights.initializer(
          lambda: folder.tensor(part, 'weight', layer).T
      ),
      bias_initializer=lazy_weights.initializer(
          lambda: folder.tensor(part, 'bias', layer)
      ),
  )


class LayerNorm(tl.LayerNorm):
  """Layer normalization with pretrained weights; Trax's layer has no initializers."""

  def __init__(self, folder: PretrainedFolder, part: str, layer: int = 0):
    super().__init__(epsilon=folder.config.epsilon)
    self._read = lambda kind: folder.tensor(part, kind, layer)

  def init_weights_and_state(self, input_signature):
    shape = (input_signature.shape[-1],)
    self.weights = tuple(
        lazy_weights.initializer(functools.partial(self._read, kind))(shape, self.rng)
        for kind in ('weight', 'bias')
    )


class AddPositions(base.Layer):
  """Adds a trained vector to each position: [batch, length, d_model] to the same."""

  def __init__(self, read: Callable[[], np.ndarray], max_length: int):
    super().__init__()
    self._read = read
    self._max_length = max_length

  def init_weights_and_state(self, input_signature):
    shape = (self._max_length, input_signature.shape[-1])
    self.weights = lazy_weights.initializer(self._read)(shape, self.rng)

  def forward(self, x):
    length = x.shape[1]
    if length > self._max_length:  # JAX would cut the positions off without a word.
      raise UserError(
          f'A batch has {length} tokens per text, but the pretrained encoder has '
          f'vectors for {self._max_length} positions only.'
      )
    return x + self.weights[:length]


def Embeddings(folder: PretrainedFolder, dropout: float, mode: str) -> tl.Serial:
  """Returns a layer that maps ids [batch, length] to [batch, length, d_model]."""
  config = folder.config
  words = lazy_weights.initializer(lambda: folder.tensor('words', 'weight'))
  return tl.Serial(
      tl.Embedding(config.vocab_size, config.d_model, kernel_initializer=words),
      AddPositions(folder.positions, config.max_length),
      LayerNorm(folder, 'embedding_norm'),
      tl.Dropout(rate=dropout, mode=mode),
  )


def Block(folder: PretrainedFolder, layer: int, dropout: float, mode: str) -> list[Any]:
  """Returns layers that map (vectors, mask) to (vectors, mask).

  `tl.SelfAttention` would go through the texts of a batch one by one.
  """
  config = folder.config
  attention = [
      tl.Select([0, 0, 0]),
      tl.Parallel(*(
          Dense(folder, part, config.d_model, layer)
          for part in ('query', 'key', 'value')
      )),
      tl.PureAttention(n_heads=config.n_heads, dropout=dropout, mode=mode),
      Dense(folder, 'attention_out', config.d_model, layer),
      tl.Dropout(rate=dropout, mode=mode),
  ]
  feed_forward = [
      Dense(folder, 'ff_in', config.d_ff, layer),
      ACTIVATIONS[config.activation](),
      Dense(folder, 'ff_out', config.d_model, layer),
      tl.Dropout(rate=dropout, mode=mode),
  ]
  return [
      tl.Residual(attention),
      LayerNorm(folder, 'attention_norm', layer),
      tl.Residual(feed_forward),
      LayerNorm(folder, 'ff_norm', layer),
  ]


def MeanOfTokens() -> tl.Fn:
  """Returns a layer: (vectors [batch, length, d], mask) -> [batch, d], the mean."""

  def mean(vectors, mask):
    weights = mask[:, 0, 0, :].astype(vectors.dtype)
    total = jnp.einsum('bld,bl->bd', vectors, weights)
    return total / jnp.maximum(weights.sum(axis=1, keepdims=True), 1)

  return tl.Fn('MeanOfTokens', mean)


def FirstToken() -> tl.Fn:
  """Returns a layer: (vectors [batch, length, d], mask) -> [batch, d], the first."""
  return tl.Fn('FirstToken', lambda vectors, mask: vectors[:, 0])
