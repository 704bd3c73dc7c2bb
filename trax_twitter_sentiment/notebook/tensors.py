"""The notebook's `TensorBuilder` and `TensorGenerator`, under its names.

With these classes, the notebook's cells run unchanged. `TwitterBatches` makes the same
batches faster.
"""

import itertools
from collections.abc import Iterator, Sequence

# The notebook's cells train with Trax. Without the repairs, Trax cannot resume a run.
from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (repairs Trax)

import numpy as np

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.corpus import Examples, refuse_weights
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_halves
from trax_twitter_sentiment.text.vocabulary import PAD_ID


class TensorBuilder:
  """The tweets of the configured corpus, and the ids of their tokens.

  Attributes:
    positive_training, negative_training: the training tweets, by class.
    positive_validation, negative_validation: the validation tweets, by class.
    positive, negative: all tweets, by class.
    split: the number of positive training tweets. `positive` begins with them.
    x_train: the training tweets, positives first.
    vocabulary: the id of each token.

  Raises:
    UserError: if the corpus has more than two classes, or weights.
  """

  def __init__(self):
    corpus = configured_corpus()
    if len(corpus.class_names) != 2:
      raise UserError(
          'TensorBuilder requires a corpus of two classes, negative and positive; the '
          f'configured one has {", ".join(corpus.class_names)}.'
      )
    refuse_weights('TensorGenerator', corpus.train.weights)
    self.positive_training = _texts(corpus.train, 1)
    self.negative_training = _texts(corpus.train, 0)
    self.positive_validation = _texts(corpus.validation, 1)
    self.negative_validation = _texts(corpus.validation, 0)
    self.positive = self.positive_training + self.positive_validation
    self.negative = self.negative_training + self.negative_validation
    self.split = len(self.positive_training)
    self.x_train = self.positive_training + self.negative_training
    self._encoder = encoded_corpus().encoder
    self.vocabulary = dict(self._encoder.vocabulary.ids)

  def process(self, tweet: str) -> list[str]:
    """Returns the tokens of a tweet."""
    return self._encoder.tokenizer.tokenize(tweet)

  def to_tensor(self, tweet: str) -> list[int]:
    """Returns the ids of the tokens of a tweet."""
    return self._encoder.encode(tweet).tolist()


class TensorGenerator:
  """An iterator of the notebook's batches, which tokenizes each batch on demand.

  A batch is `(inputs, targets, weights)`, positives first: <int32>[batch_size,
  length], padded with 0 to its longest tweet; <int32>[batch_size], 1 for positive and
  0 for negative; and <float32>[batch_size] of ones.

  Args:
    converter: maps tweets to ids.
    positive_data: the positive tweets.
    negative_data: the negative tweets.
    batch_size: the number of tweets in a batch, an even number.
    shuffle: whether each epoch has a new random order.
    infinite: whether the iterator repeats the epochs without end. If not, the iterator
      makes one pass in order, and the last batch may be smaller.
    seed: the seed of the order.

  Raises:
    UserError: if `batch_size` is not a positive even number, or a class has no tweets.
  """

  def __init__(
      self,
      converter: TensorBuilder,
      positive_data: Sequence[str],
      negative_data: Sequence[str],
      batch_size: int = 16,
      shuffle: bool = True,
      infinite: bool = True,
      seed: int = 0,
  ):
    check_halves('TensorGenerator.batch_size', batch_size)
    for name, data in ('positive', positive_data), ('negative', negative_data):
      if not len(data):
        raise UserError(f'TensorGenerator.{name}_data is empty.')
    self._converter = converter
    rng = np.random.default_rng(seed) if shuffle and infinite else None
    halves = (
        _parts(data, batch_size // 2, infinite, rng)
        for data in (positive_data, negative_data)
    )
    # One pass yields the rest of the larger class alone.
    pairs = itertools.zip_longest(*halves, fillvalue=[])
    self._batches = itertools.starmap(self._batch, pairs)

  def __iter__(self) -> 'TensorGenerator':
    return self

  def __next__(self) -> tuple[np.ndarray, ...]:
    return next(self._batches)

  def _batch(self, positives: list[str], negatives: list[str]) -> tuple:
    id_lists = [self._converter.to_tensor(t) for t in (*positives, *negatives)]
    length = max(1, *map(len, id_lists))
    inputs = np.full((len(id_lists), length), PAD_ID, np.int32)
    for row, ids in zip(inputs, id_lists, strict=True):
      row[: len(ids)] = ids
    targets = np.repeat(np.array([1, 0], np.int32), [len(positives), len(negatives)])
    return inputs, targets, np.ones(len(id_lists), np.float32)


def _texts(examples: Examples, label: int) -> tuple[str, ...]:
  return examples.part(examples.labels == label).texts


def _parts(
    data: Sequence[str], size: int, infinite: bool, rng: np.random.Generator | None
) -> Iterator[list[str]]:
  """Yields `size` texts at a time, and the remaining texts at the end of one pass."""
  pending: list[str] = []
  while True:
    order = rng.permutation(len(data)) if rng else range(len(data))
    pending += [data[i] for i in order]
    while len(pending) >= size:
      yield pending[:size]
      pending = pending[size:]
    if not infinite:
      break
  if pending:
    yield pending
