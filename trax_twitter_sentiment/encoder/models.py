"""Gin-configurable Trax models on pretrained encoders."""

from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
from trax import layers as tl

from trax_twitter_sentiment.encoder import layers
from trax_twitter_sentiment.encoder.pretrained import (
    PretrainedFolder,
    pretrained_folder,
)
from trax_twitter_sentiment.errors import (
    UserError,
    check_choice,
    check_dropout,
    check_positive,
)
from trax_twitter_sentiment.run.model_info import ENCODER_POOLINGS, EncoderInfo


@gin.configurable(module='trax_twitter_sentiment', denylist=['mode'])
def Encoder(
    folder: str = gin.REQUIRED,
    n_layers: int | None = None,
    dropout: float = 0.1,
    mode: str = 'train',
) -> tl.Serial:
  """Returns a pretrained encoder, for a head of your own.

  It maps <int32>[batch, length] ids to hidden states, <float32>[batch, length,
  d_model], and a mask, <bool>[batch, 1, 1, length], that is false for padding. The ids
  are those of the folder's tokenizer with its special tokens and its padding id, as
  `EncoderBatches` yields them. The initial weights are the pretrained ones, and all of
  them are trained.

  Args:
    folder: a folder in the layout of Hugging Face with an encoder of the BERT, RoBERTa
      or DistilBERT family (`config.json`, `model.safetensors`, `tokenizer.json`), or a
      name on the Hub, such as `'sentence-transformers/all-MiniLM-L6-v2'`.
    n_layers: the number of its attention layers to use, the first ones; `None` for all.
    dropout: the fraction of values that are dropped in training: of the embeddings, of
      attention, and of each sublayer's output.
    mode: `'train'`, `'eval'` or `'predict'`. Only `'train'` has dropout.

  Raises:
    UserError: if the folder is not that of a supported encoder, or an argument is not
      a legal value.

  Examples:
    >>> model = tl.Serial(Encoder('all-MiniLM-L6-v2', mode='eval'), tl.Select([0]))
    >>> ids = np.array([[101, 7592, 102, 0]], np.int32)
    >>> _ = model.init(trax.shapes.signature(ids))
    >>> model(ids).shape
    (1, 4, 384)
  """
  return _encoder('Encoder', pretrained_folder(folder), n_layers, dropout, mode)


class EncoderClassifier(tl.Serial):
  """The model that `PretrainedEncoder` returns.

  Args:
    folder: the setting `folder` of the model.
    info: the properties of the model that prediction requires.
    sublayers: the layers.
  """

  def __init__(self, folder: str, info: EncoderInfo, *sublayers: Any):
    super().__init__(*sublayers)
    self._folder, self._info = folder, info  # Trax reserves public names.

  @property
  def folder(self) -> str:
    """The setting `folder` of the model."""
    return self._folder

  @property
  def info(self) -> EncoderInfo:
    """The properties of the model that prediction requires."""
    return self._info


@gin.configurable(module='trax_twitter_sentiment', denylist=['mode'])
def PretrainedEncoder(
    folder: str = gin.REQUIRED,
    output_dim: int = 2,
    n_layers: int | None = None,
    pooling: str = 'mean',
    dropout: float = 0.1,
    mode: str = 'train',
) -> EncoderClassifier:
  """Returns a classifier: pretrained encoder, pooling, dense, log-softmax.

  It maps <int32>[batch, length] ids to <float32>[batch, output_dim] log-probabilities.
  `Encoder` says which ids and which folder. All weights are trained.

  Args:
    folder: the folder of the encoder, or its name on the Hub.
    output_dim: the number of classes.
    n_layers: the number of attention layers to use, the first ones; `None` for all.
    pooling: how the vectors of a text's tokens become one vector. `'mean'` is their
      mean without padding. `'first'` is the vector of the first token, `[CLS]` or
      `<s>`, after the pretrained pooler if the folder has one.
    dropout: the fraction of values that are dropped in training, as in `Encoder`, and
      before the last layer.
    mode: `'train'`, `'eval'` or `'predict'`. Only `'train'` has dropout.

  Raises:
    UserError: if the folder is not that of a supported encoder, or an argument is not
      a legal value.
  """
  check_positive('PretrainedEncoder.output_dim', output_dim)
  check_choice('PretrainedEncoder.pooling', pooling, ENCODER_POOLINGS)
  pretrained = pretrained_folder(folder)
  encoder = _encoder('PretrainedEncoder', pretrained, n_layers, dropout, mode)
  has_pooler = pooling == 'first' and pretrained.has_pooler
  pool = layers.FirstToken if pooling == 'first' else layers.MeanOfTokens
  pooled: list[Any] = [pool()]
  if has_pooler:
    pooled += [layers.Dense(pretrained, 'pooler', pretrained.config.d_model), tl.Tanh()]
  return EncoderClassifier(
      folder,
      EncoderInfo(pooling, n_layers or pretrained.config.n_layers, has_pooler),
      encoder,
      pooled,
      tl.Dropout(rate=dropout, mode=mode),
      tl.Dense(output_dim, kernel_initializer=tl.RandomNormalInitializer(0.02)),
      tl.LogSoftmax(),
  )


def _encoder(
    configurable: str,
    pretrained: PretrainedFolder,
    n_layers: int | None,
    dropout: float,
    mode: str,
) -> tl.Serial:
  """Returns the layers of an encoder; `configurable` is for messages."""
  n_available = pretrained.config.n_layers
  if n_layers is not None:
    check_positive(f'{configurable}.n_layers', n_layers)
    if n_layers > n_available:
      raise UserError(
          f'{configurable}.n_layers={n_layers} is more than the {n_available} layers '
          f'of {pretrained.path}.'
      )
  check_dropout(f'{configurable}.dropout', dropout)
  blocks = [
      layers.Block(pretrained, i, dropout, mode) for i in range(n_layers or n_available)
  ]
  embeddings = layers.Embeddings(pretrained, dropout, mode)
  mask = tl.PaddingMask(pretrained.config.pad_id)
  return tl.Serial(tl.Branch(embeddings, mask), blocks)
