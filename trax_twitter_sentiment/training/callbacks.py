"""Callbacks of Trax's training loop, and the steps of its checkpoints."""

import copy
import inspect
from collections.abc import Container, Iterator

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
from trax import layers as tl
from trax.supervised import callbacks, trainer_lib, training

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_positive
from trax_twitter_sentiment.run import run
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.text.vocabulary import Vocabulary
from trax_twitter_sentiment.training.batches import bound_max_length
from trax_twitter_sentiment.training.models import pooling_of


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
    self._encoder = encoded_corpus().encoder
    inputs = (loop.eval_tasks or loop.tasks)[0].sample_batch[0]
    class_names = configured_corpus().class_names
    self._model_info = ModelInfo(
        pooling_of(loop.model), inputs.shape[1], class_names, bound_max_length()
    )
    _check_vocabulary(loop.model, self._encoder.vocabulary)
    _check_classes(loop.model, class_names)

  @staticmethod
  def check_output_dir(output_dir: str) -> None:
    """Refuses a directory of another run, before its checkpoint is loaded.

    Raises:
      UserError: if its run has another tokenizer, vocabulary or corpus.
    """
    run.check_same_run(output_dir, encoded_corpus().encoder, configured_corpus())

  def call_at(self, step: int) -> bool:
    return False

  def on_step_begin(self, step: int) -> None:
    pass

  def on_run_begin(self) -> None:
    folder = self._loop.output_dir
    if not self._loop.is_chief or folder is None:
      return
    try:
      run.save(folder, self._encoder, self._model_info, configured_corpus())
    except OSError as error:
      raise UserError(f'{folder} cannot be written to: {error.strerror}.') from error

  def on_step_end(self, step: int) -> None:
    pass


def _check_vocabulary(model: tl.Layer, vocabulary: Vocabulary) -> None:
  expected = len(vocabulary)
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
