"""The notebook's bundle: a classifier, its tasks and its training loop in one."""

import dataclasses
import functools
import os
import sys
from collections.abc import Iterator

# The repairs come before Trax, whose import they make faster.
from trax_twitter_sentiment.trax_support import repairs

from trax_twitter_sentiment.trax_support import safe_loop  # isort: skip

import numpy as np
from trax import layers as tl
from trax import optimizers
from trax.supervised import training

from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_positive, check_seed
from trax_twitter_sentiment.run.run import MODEL_FILE
from trax_twitter_sentiment.training.callbacks import SaveForPrediction
from trax_twitter_sentiment.training.metrics import WeightedBinaryAccuracy
from trax_twitter_sentiment.training.models import TwitterClassifier

Batch = tuple[np.ndarray, ...]

# The notebook's learning rate, and Trax's defaults. All arguments in this module are
# explicit, so that gin bindings for other runs have no effect.
_ADAM = {
    'learning_rate': 0.01, 'weight_decay_rate': 1e-5, 'b1': 0.9, 'b2': 0.999,
    'eps': 1e-5, 'clip_grad_norm': None,
}  # fmt: skip
_STEPS_PER_CHECKPOINT = 10  # The number of steps per evaluation, too.


@dataclasses.dataclass(eq=False)
class SentimentNetwork:
  """A bundle that builds and trains the classifier, under the notebook's names.

  `model`, `training_task`, `evaluation_task` and `training_loop` are created on first
  use and kept.

  The generators are endless iterators of batches `(inputs, targets, weights)`:
  <int>[batch_size, length] token ids, <int>[batch_size] labels, 1 for positive and 0
  for negative, and <float>[batch_size].

  If the first training batch consists of texts of the configured corpus, for example
  from `TwitterBatches`, `output_path` also contains the files that
  `SentimentPredictor` requires. For other batches, the network trains without these
  files, and says so on stderr.

  Examples:
    >>> network = SentimentNetwork(
    ...     vocabulary_size=vocabulary_size(),
    ...     training_generator=TwitterBatches('train')(),
    ...     validation_generator=TwitterBatches('validation')(),
    ...     training_loops=100,
    ...     output_path='runs/network',
    ... )
    >>> network.fit()

  Attributes:
    vocabulary_size: the number of token ids.
    training_generator: the batches to train on.
    validation_generator: the batches to evaluate on. Each evaluation uses one, as in
      the notebook, so larger batches give more precise metrics.
    training_loops: the number of steps of one `fit()`.
    output_path: the directory of the run. The run continues from a checkpoint in it.
    embedding_dimension: the size of a token's vector.
    output_dimension: the number of columns of the model's output: column 0 is
      negative, column 1 positive.
    random_seed: the seed of the initial weights.

  Raises:
    UserError: if an argument is not a legal value. On first use of `training_loop`,
      also if the generator yields texts of the configured corpus but
      `vocabulary_size` is not that of the corpus, or if `output_path` contains a run
      that does not fit.
  """

  vocabulary_size: int
  training_generator: Iterator[Batch]
  validation_generator: Iterator[Batch]
  training_loops: int
  output_path: str | os.PathLike
  embedding_dimension: int = 256
  output_dimension: int = 2
  random_seed: int = 0

  def __post_init__(self):
    for name in (
        'vocabulary_size', 'training_loops', 'embedding_dimension', 'output_dimension',
    ):  # fmt: skip
      check_positive(f'SentimentNetwork.{name}', getattr(self, name))
    if self.output_dimension < 2:
      raise UserError(
          f'SentimentNetwork.output_dimension={self.output_dimension} has no column '
          'for the positive class. Use 2 or more.'
      )
    for name in ('training_generator', 'validation_generator'):
      if not hasattr(generator := getattr(self, name), '__next__'):
        raise UserError(
            f'SentimentNetwork.{name}={generator!r} is not an iterator of batches. '
            'Call a source to get an iterator: TwitterBatches()().'
        )
    setting = f'SentimentNetwork.output_path={self.output_path!r}'
    if not isinstance(self.output_path, (str, os.PathLike)):
      raise UserError(f'{setting} is not a path.')
    folder = os.path.expanduser(self.output_path)
    if os.path.exists(folder) and not os.path.isdir(folder):
      raise UserError(f'{setting} is not a directory.')
    check_seed('SentimentNetwork.random_seed', self.random_seed)

  @functools.cached_property
  def model(self) -> tl.Serial:
    """The notebook's classifier; `training_loop` initializes its weights."""
    return TwitterClassifier(
        self.vocabulary_size,
        self.embedding_dimension,
        self.output_dimension,
        pooling='mean',
        embedding_dropout=0.0,
        embedding_stddev=None,
        initializer=None,
    )

  @functools.cached_property
  def training_task(self) -> training.TrainTask:
    """Cross-entropy and Adam, on the training batches."""
    return training.TrainTask(
        labeled_data=self.training_generator,
        loss_layer=_cross_entropy(),
        optimizer=optimizers.Adam(**_ADAM),
        n_steps_per_checkpoint=_STEPS_PER_CHECKPOINT,
    )

  @functools.cached_property
  def evaluation_task(self) -> training.EvalTask:
    """Cross-entropy and accuracy, on the validation batches."""
    two_classes = self.output_dimension == 2
    accuracy = WeightedBinaryAccuracy if two_classes else tl.WeightedCategoryAccuracy
    return training.EvalTask(
        labeled_data=self.validation_generator,
        metrics=[_cross_entropy(), accuracy()],
        metric_names=['cross_entropy', 'accuracy'],
    )

  @functools.cached_property
  @repairs.without_library_warnings()
  def training_loop(self) -> training.Loop:
    """The loop: `eval_model` is the trained model, `history` has its metrics."""
    return safe_loop.SafeLoop(
        model=self.model,
        tasks=self.training_task,
        eval_tasks=self.evaluation_task,
        output_dir=self.output_path,
        random_seed=self.random_seed,
        callbacks=self._callbacks(),
    )

  @repairs.without_library_warnings()
  def fit(self) -> None:
    """Trains for `training_loops` steps; each further call trains for as many more."""
    self.training_loop.run(n_steps=self.training_loops)
    # The loop saves every tenth step. Without this line, later steps would be lost.
    if self.training_loop.step % _STEPS_PER_CHECKPOINT:
      self.training_loop.save_checkpoint('model')

  def _callbacks(self) -> list[type[SaveForPrediction]]:
    """Returns the callback that saves the vocabulary, if it is that of the batches."""
    if _is_of_configured_corpus(self.training_task.sample_batch[0]):
      expected = len(encoded_corpus().vocabulary)
      if self.vocabulary_size != expected:
        raise UserError(
            f'SentimentNetwork.vocabulary_size={self.vocabulary_size} does not fit '
            f'training_generator, whose vocabulary has {expected} tokens. Use '
            'vocabulary_size().'
        )
      return [SaveForPrediction]
    folder = os.path.expanduser(self.output_path)
    if os.path.exists(os.path.join(folder, MODEL_FILE)):
      raise UserError(
          f'{folder} contains a run on texts of a configured corpus, but '
          'training_generator yields other texts. Use another output_path.'
      )
    print(
        'The training batches do not come from the configured corpus. Training '
        f'continues, but {folder} will contain no {MODEL_FILE}, which prediction '
        'requires.',
        file=sys.stderr,
    )
    return []


def _cross_entropy() -> tl.Layer:
  return tl.WeightedCategoryCrossEntropy(label_smoothing=None, cutoff=0.0)


def _is_of_configured_corpus(inputs: np.ndarray) -> bool:
  """Returns whether <int>[batch_size, length] ids are texts of the configured corpus.

  The size of a vocabulary is no proof, since the order of its words can differ.
  """
  corpus = encoded_corpus()
  known = {
      row.tobytes()
      for examples in (corpus.train, corpus.validation)
      for row in examples.padded(inputs.shape[1])
  }
  return all(row.tobytes() in known for row in np.asarray(inputs, np.int32))
