"""The notebook's bundle: a classifier, its tasks and its training loop in one."""

import dataclasses
import functools
import os
import sys
from collections.abc import Iterator

# Before Trax, whose import it makes faster.
from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (repairs Trax on import)

import numpy as np
from trax import layers as tl
from trax import optimizers
from trax.supervised import training

from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_positive, check_seed
from trax_twitter_sentiment.run.run import TOKENIZER_FILE
from trax_twitter_sentiment.training.callbacks import SaveForPrediction
from trax_twitter_sentiment.training.metrics import WeightedBinaryAccuracy
from trax_twitter_sentiment.training.models import TwitterClassifier

Batch = tuple[np.ndarray, ...]

_LEARNING_RATE = 0.01
_STEPS_PER_CHECKPOINT = 10  # And per evaluation.


@dataclasses.dataclass(eq=False)
class SentimentNetwork:
  """Builds and trains the notebook's classifier, under the notebook's names.

  `model`, `training_task`, `evaluation_task` and `training_loop` are made when they
  are first used, and kept.

  The generators are endless iterators of batches `(inputs, targets, weights)`:
  <int>[batch_size, length] token ids, <int>[batch_size] labels, 1 for positive and 0
  for negative, and <float>[batch_size].

  Where the first training batch consists of texts of the configured corpus (which
  is read to tell), as those of `TwitterBatches` do, `output_path` also gets what
  `SentimentPredictor` needs. Any other generator has a vocabulary of its own, which
  nobody but its maker can save: the network trains all the same, and says on stderr
  what is missing.

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
    validation_generator: the batches to evaluate on, one at each evaluation, as in
      the notebook; larger ones make surer figures.
    training_loops: the steps of one `fit()`.
    output_path: the directory of the run. One that holds a checkpoint is gone on
      from.
    embedding_dimension: the size of a token's vector.
    output_dimension: the number of columns of the model's output, of which 0 is
      negative and 1 positive.
    random_seed: of the initial weights.

  Raises:
    UserError: if an argument is not a legal value; on first use of `training_loop`,
      also if `vocabulary_size` is not that of the configured corpus, whose texts
      the generator yields, or if `output_path` holds a run that doesn't fit.
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
          f'SentimentNetwork.output_dimension={self.output_dimension} leaves no '
          'column for positive; it must be at least 2.'
      )
    for name in ('training_generator', 'validation_generator'):
      _check_iterator(f'SentimentNetwork.{name}', getattr(self, name))
    _check_directory('SentimentNetwork.output_path', self.output_path)
    check_seed('SentimentNetwork.random_seed', self.random_seed)

  @functools.cached_property
  def model(self) -> tl.Serial:
    """The notebook's classifier; `training_loop` initializes its weights."""
    # Gin bindings for other runs in this process don't reach what is given here.
    return TwitterClassifier(
        self.vocabulary_size,
        self.embedding_dimension,
        self.output_dimension,
        pooling='mean',
        embedding_dropout=0.0,
    )

  @functools.cached_property
  def training_task(self) -> training.TrainTask:
    """Cross-entropy and Adam, on the training batches."""
    return training.TrainTask(
        labeled_data=self.training_generator,
        loss_layer=tl.WeightedCategoryCrossEntropy(),
        optimizer=optimizers.Adam(_LEARNING_RATE),
        n_steps_per_checkpoint=_STEPS_PER_CHECKPOINT,
    )

  @functools.cached_property
  def evaluation_task(self) -> training.EvalTask:
    """Cross-entropy and accuracy, on the validation batches."""
    two_classes = self.output_dimension == 2
    accuracy = WeightedBinaryAccuracy if two_classes else tl.WeightedCategoryAccuracy
    return training.EvalTask(
        labeled_data=self.validation_generator,
        metrics=[tl.WeightedCategoryCrossEntropy(), accuracy()],
        metric_names=['cross_entropy', 'accuracy'],
    )

  @functools.cached_property
  def training_loop(self) -> training.Loop:
    """Trax's loop; its `eval_model` is the trained model, `history` its metrics."""
    return training.Loop(
        model=self.model,
        tasks=self.training_task,
        eval_tasks=self.evaluation_task,
        output_dir=self.output_path,
        random_seed=self.random_seed,
        callbacks=self._callbacks(),
    )

  def fit(self) -> None:
    """Trains for `training_loops` steps; called again, for as many more."""
    self.training_loop.run(n_steps=self.training_loops)
    # The loop saves every tenth step; those after it would be lost with the process.
    if self.training_loop.step % _STEPS_PER_CHECKPOINT:
      self.training_loop.save_checkpoint('model')

  def _callbacks(self) -> list[type[SaveForPrediction]]:
    """Returns what saves the configured tokenizer, if it is the batches' own."""
    if _is_of_configured_corpus(self.training_task.sample_batch[0]):
      expected = len(encoded_corpus().vocabulary)
      if self.vocabulary_size != expected:
        raise UserError(
            f'SentimentNetwork.vocabulary_size={self.vocabulary_size} does not fit '
            f'training_generator, whose vocabulary has {expected} tokens. Give it '
            'vocabulary_size().'
        )
      return [SaveForPrediction]
    folder = os.path.expanduser(self.output_path)
    if os.path.exists(os.path.join(folder, TOKENIZER_FILE)):
      raise UserError(
          f'{folder} holds a run on texts of a configured corpus, but '
          'training_generator yields others. Use another output_path.'
      )
    print(
        'The training batches are not of the configured corpus: training goes on, '
        f'but {folder} will hold no {TOKENIZER_FILE} to predict with.',
        file=sys.stderr,
    )
    return []


def _is_of_configured_corpus(inputs: np.ndarray) -> bool:
  """Whether <int>[batch_size, length] ids are texts of the configured corpus.

  The vocabulary's size alone could be that of the same words in another order.
  """
  corpus = encoded_corpus()
  known = {
      row.tobytes()
      for examples in (corpus.train, corpus.validation)
      for row in examples.padded(inputs.shape[1])
  }
  return all(row.tobytes() in known for row in np.asarray(inputs, np.int32))


def _check_iterator(setting: str, value: object) -> None:
  if not hasattr(value, '__next__'):
    raise UserError(
        f'{setting}={value!r} is not an iterator of batches. A source becomes one '
        'by a call: TwitterBatches()().'
    )


def _check_directory(setting: str, value: object) -> None:
  if not isinstance(value, (str, os.PathLike)):
    raise UserError(f'{setting}={value!r} is not a path.')
  folder = os.path.expanduser(value)
  if os.path.exists(folder) and not os.path.isdir(folder):
    raise UserError(f'{setting}={os.fspath(value)!r} is not a directory.')
