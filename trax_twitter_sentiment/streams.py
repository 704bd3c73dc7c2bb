"""Gin-configurable sources and stages for Trax data pipelines.

As in `trax.data`, a configurable returns a function from a stream to a stream; a
source ignores what it is given. `trax.data.Serial` and `trax.data.make_inputs`
compose them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import gin
import numpy as np

from trax_twitter_sentiment import compat  # noqa: F401  (repairs Trax on import)
from trax_twitter_sentiment.corpus import TwitterCorpus
from trax_twitter_sentiment.encoding import EncodedExamples, encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_positive
from trax_twitter_sentiment.tokenizer import PAD_ID

Source = Callable[..., Iterator[tuple]]


@gin.configurable(module='trax_twitter_sentiment')
def TwitterSamples(
    split: str = 'train', shuffle: bool | None = None, seed: int = 0
) -> Source:
  """Returns a source of single labelled tweets, endless.

  Its examples are pairs `(text, label)`: a str, and <int32>[] that is 1 for
  positive and 0 for negative.

  Args:
    split: `'train'` or `'validation'`.
    shuffle: whether each epoch comes in a new random order, positives and
      negatives mixed; by default only where `split` is `'train'`. In order,
      positives come first.
    seed: of the order; the same seed gives the same order.

  Raises:
    UserError: if `split` or `seed` is not a legal value.
  """
  examples = TwitterCorpus().split('TwitterSamples.split', split)
  rng = _generator('TwitterSamples', split, shuffle, seed)

  def samples(generator: Any = None) -> Iterator[tuple[str, np.int32]]:
    del generator
    for (i,) in _batches_of_indices(np.arange(len(examples.texts)), 1, rng()):
      yield examples.texts[i], examples.labels[i]

  return samples


@gin.configurable(module='trax_twitter_sentiment')
def TokenizeTweets() -> Callable[[Iterator[Any]], Iterator[Any]]:
  """Returns a stage that turns text into the ids of its tokens.

  Examples may be texts or tuples that begin with one, such as `(text, label)`; the
  rest of a tuple goes through as it is. A text is a str, or bytes in UTF-8, whose
  damaged parts become unknown tokens. It becomes <int32>[n_tokens]; one without
  any token becomes a single padding id, so that no layer meets an empty array.
  """
  tokenizer = encoded_corpus().tokenizer

  def encode(text: str | bytes) -> np.ndarray:
    if isinstance(text, bytes):
      text = text.decode('utf-8', errors='replace')
    ids = tokenizer.encode(text)
    return ids if len(ids) else np.array([PAD_ID], np.int32)

  def tokenize(stream: Iterator[Any]) -> Iterator[Any]:
    for example in stream:
      if isinstance(example, (tuple, list)):
        yield (encode(example[0]), *example[1:])
      else:
        yield encode(example)

  return tokenize


@gin.configurable(module='trax_twitter_sentiment')
def TwitterBatches(
    split: str = 'train',
    batch_size: int = 16,
    max_length: int | None = None,
    shuffle: bool | None = None,
    seed: int = 0,
    pad_each_batch: bool = False,
) -> Source:
  """Returns a source of ready batches, endless: the fast path.

  The corpus is tokenized and padded once, to one length, so that a training run
  compiles its step once; a batch is then a selection of rows. As in the notebook,
  the first half of a batch is positive and the second half negative. Where the
  batches of an epoch don't fill up, the next epoch's tweets complete the last.

  A batch is `(inputs, targets, weights)`: <int32>[batch_size, length], filled up
  with 0; <int32>[batch_size], 1 for positive and 0 for negative; and
  <float32>[batch_size] of ones.

  Args:
    split: `'train'` or `'validation'`.
    batch_size: tweets a batch, an even number.
    max_length: tokens a tweet, cutting longer ones off; `None` for as many as the
      longest tweet of the corpus has.
    shuffle: whether each epoch comes in a new random order; by default only where
      `split` is `'train'`. In order, a whole number of batches that holds the
      split holds each of its tweets once.
    seed: of the order; the same seed gives the same batches.
    pad_each_batch: whether batches are as long as their longest tweet, as the
      notebook's are; each new length makes Trax compile its step anew.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_positive('TwitterBatches.batch_size', batch_size)
  if batch_size % 2:
    raise UserError(
        f'TwitterBatches.batch_size={batch_size} is odd; a batch is half positive '
        'and half negative, so it must be even.'
    )
  if max_length is not None:
    check_positive('TwitterBatches.max_length', max_length)
  rng = _generator('TwitterBatches', split, shuffle, seed)
  corpus = encoded_corpus()
  examples = corpus.split('TwitterBatches.split', split)
  inputs = examples.padded(max_length or corpus.max_length)
  lengths = np.clip(examples.lengths, 1, inputs.shape[1])

  def batches(generator: Any = None) -> Iterator[tuple[np.ndarray, ...]]:
    del generator
    # Positives and negatives are shuffled apart, so one generator for each.
    positives, negatives = (
        _batches_of_indices(
            np.flatnonzero(examples.labels == label), batch_size // 2, rng(label)
        )
        for label in (1, 0)
    )
    weights = np.ones(batch_size, np.float32)
    for halves in zip(positives, negatives):
      rows = np.concatenate(halves)
      length = lengths[rows].max() if pad_each_batch else inputs.shape[1]
      yield inputs[rows, :length], examples.labels[rows], weights

  return batches


@gin.configurable(module='trax_twitter_sentiment')
def twitter_data_streams(
    max_length: int | None = None, seed: int = 0
) -> tuple[Source, Source]:
  """Returns functions that make the training and the evaluation stream.

  For `batcher.data_streams`, like `trax.data.data_streams`; since labels are
  scalars, `batcher.variable_shapes` must be `False`. Examples are pairs
  `(inputs, target)`: <int32>[length], padded with 0 to one length, and <int32>[].

  Args:
    max_length: tokens a tweet, cutting longer ones off; `None` for as many as the
      longest tweet of the corpus has.
    seed: of the training stream's order.

  Raises:
    UserError: if an argument is not a legal value.
  """
  if max_length is not None:
    check_positive('twitter_data_streams.max_length', max_length)
  corpus = encoded_corpus()

  def stream(examples: EncodedExamples, split: str) -> Source:
    inputs = examples.padded(max_length or corpus.max_length)
    rng = _generator('twitter_data_streams', split, None, seed)

    def pairs(generator: Any = None) -> Iterator[tuple[np.ndarray, np.int32]]:
      del generator
      for (i,) in _batches_of_indices(np.arange(len(inputs)), 1, rng()):
        yield inputs[i], examples.labels[i]

    return pairs

  return stream(corpus.train, 'train'), stream(corpus.validation, 'validation')


def _generator(
    configurable: str, split: str, shuffle: bool | None, seed: int
) -> Callable[..., np.random.Generator | None]:
  """Returns what makes a stream's random generators, or None for no shuffling.

  The function takes integers that tell apart the generators of one stream.
  """
  if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
    raise UserError(f'{configurable}.seed={seed!r} is not a non-negative integer.')
  if shuffle is None:
    shuffle = split == 'train'
  return lambda *keys: np.random.default_rng((seed, *keys)) if shuffle else None


def _batches_of_indices(
    indices: np.ndarray, size: int, rng: np.random.Generator | None
) -> Iterator[np.ndarray]:
  """Yields `size` of `indices` at a time, endlessly, each once an epoch."""
  pending = np.array([], indices.dtype)
  while True:
    while len(pending) < size:
      epoch = rng.permutation(indices) if rng else indices
      pending = np.concatenate([pending, epoch])
    yield pending[:size]
    pending = pending[size:]
