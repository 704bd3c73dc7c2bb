"""Callbacks of Trax's training loop, and the steps of its checkpoints."""

import copy
import dataclasses
import inspect
import os
from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
import numpy as np
from trax import layers as tl
from trax import shapes
from trax.supervised import callbacks, trainer_lib, training

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.encoder.models import EncoderClassifier
from trax_twitter_sentiment.encoder.pretrained import pretrained_folder
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_positive
from trax_twitter_sentiment.prediction.encoder_model import EncoderModel
from trax_twitter_sentiment.run import run
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.training.encoder_batches import BUCKETS
from trax_twitter_sentiment.training.models import pooling_of
from trax_twitter_sentiment.training.solver import temperature_of
from trax_twitter_sentiment.training.streams import twitter_data_streams

# The maximum number of validation texts to which a checkpoint's temperature is fitted.
_N_CALIBRATED = 1000


@gin.configurable(module='trax_twitter_sentiment')
def checkpoint_steps(interval: int = gin.REQUIRED) -> Container[int]:
  """Returns the steps after which Trax saves a checkpoint.

  They are the multiples of `interval` and the last step of the run. Trax's own default
  is step 1 and the multiples of `eval_frequency`. In gin:
  `train.checkpoints_at = @checkpoint_steps()`.

  Args:
    interval: the number of steps between checkpoints. With
      `train.checkpoint_highest`, it must be a multiple of `train.eval_frequency`.

  Raises:
    UserError: if `interval` is not a positive integer.
  """
  check_positive('checkpoint_steps.interval', interval)
  last = steps_of_run()
  return {last, *range(interval, last, interval)}


def steps_of_run() -> int:
  """Returns the value of `train.steps`."""
  steps = gin.get_bindings('train', resolve_references=False).get('steps')
  if steps is None:
    return inspect.signature(trainer_lib.train).parameters['steps'].default
  return copy.deepcopy(steps)  # Gin evaluates a macro when it is copied.


@gin.configurable(module='trax_twitter_sentiment', denylist=['loop'])
class SaveForPrediction(callbacks.TrainingStepCallback):
  """A callback that writes the files that prediction requires besides checkpoints.

  The files are `tokenizer.json`, `vocabulary.json`, `model.json` (the pooling and the
  class names) and `corpus.json` (the recipe of the corpus). In gin:
  `train.callbacks = [@SaveForPrediction]`.

  For a `PretrainedEncoder`, `encoder_tokenizer.json` and `encoder_config.json` are
  copies of two files of its folder, so prediction does not need the folder. With each
  checkpoint of `trax.supervised.trainer_lib.train`, `model.json` gets the temperature
  that has the lowest log-loss on validation texts.

  The files are written before the first step. Before that, the callback refuses a model
  whose vocabulary size is not that of the corpus, and the output directory of a run
  with another tokenizer or corpus.

  Args:
    loop: the `trax.supervised.training.Loop` that creates the callback.

  Raises:
    UserError: if the model or the output directory does not fit the corpus, or if a
      file cannot be written.
  """

  def __init__(self, loop: training.Loop):
    super().__init__(loop)
    self._streams = _streams()
    batch = (loop.eval_tasks or loop.tasks)[0].sample_batch
    class_names = configured_corpus().class_names
    model, encoder_info = loop.model, None
    if isinstance(model, EncoderClassifier):
      encoder_info = model.info
    self._model_info = ModelInfo(
        pooling_of(model),
        batch[0].shape[1],
        class_names,
        self._streams.max_length,
        encoder_info,
    )
    _check_streams(model, self._streams)
    _check_classes(model, batch, class_names)

  @staticmethod
  def check_output_dir(output_dir: str) -> None:
    """Refuses a directory of another run, before its checkpoint is loaded.

    Raises:
      UserError: if its run has another tokenizer, vocabulary or corpus.
    """
    run.check_same_run(output_dir, _streams().encoder, configured_corpus())

  def call_at(self, step: int) -> bool:
    return False

  def on_step_begin(self, step: int) -> None:
    pass

  def on_run_begin(self) -> None:
    folder = self._loop.output_dir
    if not self._loop.is_chief or folder is None:
      return
    streams, info = self._streams, self._model_info
    if info.encoder and getattr(self._loop, 'is_resumed', False):
      # The saved temperature is that of the weights until the next checkpoint.
      saved = run.saved_encoder_info(folder, info.encoder)
      info = dataclasses.replace(info, encoder=saved)
    try:
      run.save(folder, streams.encoder, info, configured_corpus(), streams.config_json)
    except OSError as error:
      raise UserError(f'{folder} cannot be written to: {error.strerror}.') from error

  def on_checkpoint(self, folder: str) -> None:
    """Writes the temperature of a `PretrainedEncoder` beside its weights.

    Args:
      folder: the folder with the new checkpoint.
    """
    if self._model_info.encoder is None:
      return
    encoder = dataclasses.replace(
        self._model_info.encoder, temperature=self._temperature()
    )
    info = dataclasses.replace(self._model_info, encoder=encoder)
    with open(os.path.join(folder, run.MODEL_FILE), 'w', encoding='utf-8') as file:
      file.write(info.to_json())

  def on_step_end(self, step: int) -> None:
    pass

  def _temperature(self) -> float:
    streams, info = self._streams, self._model_info
    assert isinstance(streams.encoder, SubwordEncoder)
    assert info.encoder and info.max_length
    weights, _ = tl.flatten_weights_and_state(self._loop.model.weights, ())
    model = EncoderModel(
        streams.encoder,
        pretrained_folder(streams.folder).config,
        info.encoder,
        info.max_length,
        [*map(np.asarray, weights)],
    )
    validation = configured_corpus().validation
    rows = np.linspace(
        0, len(validation.labels) - 1, min(_N_CALIBRATED, len(validation.labels))
    ).astype(int)
    ids, lengths = streams.encoder.encode_all([validation.texts[i] for i in rows])
    scores = model.log_probabilities(ids, lengths)
    return temperature_of(scores, validation.labels[rows])


class _Streams(NamedTuple):
  """The facts about the run's streams that prediction requires.

  Attributes:
    encoder: turns texts into token ids.
    max_length: the maximum number of tokens of a text; `None` for no maximum.
    folder: the folder of a pretrained encoder, as gin binds it; '' without one.
    config_json: the content of its `config.json`.
  """

  encoder: TextEncoder | SubwordEncoder
  max_length: int | None
  folder: str = ''
  config_json: str = ''


def _streams() -> _Streams:
  """Returns the facts about the streams that gin configures, for the evaluation.

  Raises:
    UserError: if `EncoderBatches` has another folder or other buckets in training than
      in the evaluation.
  """
  with gin.config_scope('eval'):
    tweets = gin.get_bindings('TwitterBatches')
    subwords = gin.get_bindings('EncoderBatches')
  with gin.config_scope('train'):
    _check_same_stream(gin.get_bindings('EncoderBatches'), subwords)
  if not (folder := subwords.get('folder', '')):
    of_batcher = gin.get_bindings(twitter_data_streams)
    max_length = tweets.get('max_length') or of_batcher.get('max_length')
    return _Streams(encoded_corpus().encoder, max_length)
  pretrained = pretrained_folder(folder)
  max_length = max(subwords.get('buckets', BUCKETS))
  return _Streams(pretrained.encoder, max_length, folder, pretrained.config_json)


def _check_same_stream(train: dict[str, Any], evaluation: dict[str, Any]) -> None:
  """Raises `UserError` if the bindings of `EncoderBatches` need different ids."""
  for name in ('folder', 'buckets'):
    if train.get(name) != evaluation.get(name):
      raise UserError(
          f'train/EncoderBatches.{name}={train.get(name)!r} differs from '
          f'eval/EncoderBatches.{name}={evaluation.get(name)!r}. Bind '
          f'EncoderBatches.{name}, which applies to both.'
      )


def _check_streams(model: tl.Layer, streams: _Streams) -> None:
  """Raises `UserError` if a model does not accept the ids of its streams."""
  if isinstance(model, EncoderClassifier) != bool(streams.folder):
    raise UserError(
        'SaveForPrediction requires that PretrainedEncoder and EncoderBatches are used '
        'together, since no other model accepts the ids of a pretrained encoder.'
    )
  if not isinstance(model, EncoderClassifier):
    _check_vocabulary(model, len(encoded_corpus().vocabulary))
  elif model.folder != streams.folder:
    raise UserError(
        f'PretrainedEncoder.folder={model.folder!r} differs from '
        f'EncoderBatches.folder={streams.folder!r}. Bind both to the same folder.'
    )


def _check_vocabulary(model: tl.Layer, expected: int) -> None:
  for layer in _layers_of(model):
    if isinstance(layer, tl.Embedding) and layer.weights.shape[0] != expected:
      raise UserError(
          f"The model's vocab_size={layer.weights.shape[0]} does not fit its "
          f'stream, whose vocabulary has {expected} tokens. Bind vocab_size to '
          '@vocabulary_size().'
      )


def _check_classes(
    model: tl.Layer, batch: tuple[np.ndarray, ...], class_names: tuple[str, ...]
) -> None:
  """Raises `UserError` unless a classifier of texts has a column for each class."""
  inputs = shapes.signature(batch[: model.n_in])
  output = model.output_signature(inputs[0] if model.n_in == 1 else inputs)
  # Other models, such as language models, give each token scores.
  is_of_texts = isinstance(output, shapes.ShapeDtype) and len(output.shape) == 2
  if is_of_texts and output.shape[1] != len(class_names):
    raise UserError(
        f"The model's output has {output.shape[1]} columns, but the labels are of "
        f'{len(class_names)} classes ({", ".join(class_names)}). Bind the setting of '
        'its classes, usually output_dim or n_classes, to @number_of_classes().'
    )


def _layers_of(layer: tl.Layer) -> Iterator[tl.Layer]:
  yield layer
  for sublayer in layer.sublayers:
    yield from _layers_of(sublayer)
