"""What hooks into Trax's training loop."""

import copy
import inspect
import os
from collections.abc import Container, Iterator

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
from trax import layers as tl
from trax.supervised import callbacks, trainer_lib, training

from trax_twitter_sentiment.corpora.corpus import configured_corpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_positive
from trax_twitter_sentiment.files import (
  CORPUS_FILE,
  corpus_digest_of,
  write_atomically,
)
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.text.tokenizer import TOKENIZER_FILE, TweetTokenizer
from trax_twitter_sentiment.training.models import pooling_of


@gin.configurable(module='trax_twitter_sentiment')
def checkpoint_steps(interval: int = gin.REQUIRED) -> Container[int]:
  """Returns the steps after which to save a checkpoint.

  These are the multiples of `interval` and the run's last step, where Trax by itself
  takes step 1 and the multiples of `eval_frequency`. In gin:
  `train.checkpoints_at = @checkpoint_steps()`.

  Args:
    interval: steps between checkpoints; with `train.checkpoint_highest`, a multiple
      of `train.eval_frequency`.

  Raises:
    UserError: if `interval` is not a positive integer.
  """
  check_positive('checkpoint_steps.interval', interval)
  last = steps_of_run()
  return {last, *range(interval, last, interval)}


def steps_of_run() -> int:
  """Returns `train.steps` as gin has it."""
  steps = gin.get_bindings('train', resolve_references=False).get('steps')
  if steps is None:
    return inspect.signature(trainer_lib.train).parameters['steps'].default
  return copy.deepcopy(steps)  # Which is how gin evaluates a macro.


@gin.configurable(module='trax_twitter_sentiment', denylist=['loop'])
class SaveForPrediction(callbacks.TrainingStepCallback):
  """Writes what prediction needs beside the checkpoints, when a run begins.

  That is the tokenizer (`tokenizer.json`) and how the model pools (`model.json`), so
  that an output directory holds all that `SentimentPredictor` asks for. In gin:
  `train.callbacks = [@SaveForPrediction]`.

  Before any training it refuses a model whose vocabulary is not the tokenizer's,
  and an output directory whose run began with another tokenizer or other tweets.

  Args:
    loop: the `trax.supervised.training.Loop` that makes the callback.

  Raises:
    UserError: if the model or the output directory doesn't fit the tokenizer or the
      corpus, or if the files can't be written.
  """

  def __init__(self, loop: training.Loop):
    super().__init__(loop)
    corpus = encoded_corpus()
    self._tokenizer = corpus.tokenizer
    self._corpus_digest = corpus.digest()
    inputs = (loop.eval_tasks or loop.tasks)[0].sample_batch[0]
    class_names = configured_corpus().class_names
    self._model_info = ModelInfo(
        pooling_of(loop.model), inputs.shape[1], class_names
    )
    _check_vocabulary(loop.model, self._tokenizer)
    _check_classes(loop.model, class_names)

  @staticmethod
  def check_output_dir(output_dir: str) -> None:
    """Refuses a directory whose run began otherwise, before its checkpoint is loaded.

    Raises:
      UserError: if its tokenizer or its corpus is another.
    """
    corpus = encoded_corpus()
    _check_same_tokenizer(output_dir, corpus.tokenizer)
    _check_same_corpus(output_dir, corpus.digest())

  def call_at(self, step: int) -> bool:
    return False

  def on_step_begin(self, step: int) -> None:
    pass

  def on_run_begin(self) -> None:
    folder = self._loop.output_dir
    if not self._loop.is_chief or folder is None:
      return
    try:
      self._tokenizer.save(folder)
      self._model_info.save(folder)
      write_atomically(os.path.join(folder, CORPUS_FILE), self._corpus_digest + '\n')
    except OSError as error:
      raise UserError(f'{folder} cannot be written to: {error.strerror}.') from error

  def on_step_end(self, step: int) -> None:
    pass


def _check_vocabulary(model: tl.Layer, tokenizer: TweetTokenizer) -> None:
  expected = len(tokenizer.vocabulary)
  for layer in _layers_of(model):
    if isinstance(layer, tl.Embedding) and layer.weights.shape[0] != expected:
      raise UserError(
          f"The model's vocab_size={layer.weights.shape[0]} does not fit its "
          f'stream, whose vocabulary has {expected} tokens. Bind vocab_size to '
          '@vocabulary_size().'
      )


def _check_classes(model: tl.Layer, class_names: tuple[str, ...]) -> None:
  if pooling_of(model) is None:
    return
  dense = [layer for layer in _layers_of(model) if isinstance(layer, tl.Dense)]
  n_columns = dense[-1].weights[0].shape[1]
  if n_columns != len(class_names):
    raise UserError(
        f'TwitterClassifier.output_dim={n_columns} does not fit the labels, which are '
        f'of {len(class_names)} classes ({", ".join(class_names)}). Bind output_dim to '
        '@number_of_classes().'
    )


def _layers_of(layer: tl.Layer) -> Iterator[tl.Layer]:
  yield layer
  for sublayer in layer.sublayers:
    yield from _layers_of(sublayer)


def _check_same_tokenizer(output_dir: str, tokenizer: TweetTokenizer) -> None:
  try:
    saved = TweetTokenizer.load(output_dir)
  except FileNotFoundError:
    return
  if saved == tokenizer:
    return
  if saved.corpus != tokenizer.corpus:
    what = f'on another corpus ({saved.corpus!r}; now {tokenizer.corpus!r})'
  elif differing := saved.differing_settings(tokenizer):
    what = f'with another tokenizer ({", ".join(differing)})'
  else:
    what = (
        f'with another vocabulary (of {len(saved.vocabulary)} tokens; now '
        f'{len(tokenizer.vocabulary)})'
    )
  raise UserError(
      f'{output_dir} holds a run {what}, as {TOKENIZER_FILE} says. Use another '
      "output_dir, or that run's corpus and settings."
  )


def _check_same_corpus(output_dir: str, digest: str) -> None:
  if not os.path.lexists(os.path.join(output_dir, CORPUS_FILE)):
    return
  if corpus_digest_of(output_dir) != digest:
    raise UserError(
        f'{output_dir} holds a run on another corpus, or on this one before it '
        f'changed ({CORPUS_FILE} differs). Use another output_dir, or the corpus as '
        'it was.'
    )
