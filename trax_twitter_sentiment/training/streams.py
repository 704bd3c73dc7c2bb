"""Gin-configurable sources and stages for Trax data pipelines.

As in `trax.data`, a configurable returns a function from a stream to a stream; a
source ignores what it is given. `trax.data.Serial` and `trax.data.make_inputs`
compose them.
"""

from collections.abc import Callable, Iterator
from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
import jax
import numpy as np
from trax import fastmath

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.corpus import SPLITS
from trax_twitter_sentiment.encoding.encoded_corpus import (
  EncodedExamples,
  encoded_corpus,
  encoded_without_emoticons,
)
from trax_twitter_sentiment.errors import (
  UserError,
  check_bool,
  check_choice,
  check_halves,
  check_max_length,
  check_positive,
  check_positive_number,
  check_seed,
)
from trax_twitter_sentiment.text.vocabulary import PAD_ID

Source = Callable[..., Iterator[tuple]]


@gin.configurable(module='trax_twitter_sentiment')
def TwitterSamples(
    split: str = 'train',
    shuffle: bool | None = None,
    seed: int = 0,
    host_id: int | None = None,
    n_hosts: int | None = None,
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
    host_id: which host of a computation reads; `None` for JAX's process index.
    n_hosts: how many share the data, each reading a share of its own; `None` for
      JAX's process count.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_choice('TwitterSamples.split', split, SPLITS)
  examples = getattr(configured_corpus(), split)
  if examples.weights is not None:
    raise UserError(
        'TwitterSamples gives each text the same weight; MixedCorpus.weights takes '
        'TwitterBatches.'
    )
  rng = _generator('TwitterSamples', split, shuffle, seed)
  rows = _share_of_host(np.arange(len(examples.texts)), host_id, n_hosts)

  def samples(generator: Any = None) -> Iterator[tuple[str, np.int32]]:
    del generator
    epochs = _Epochs(rows, rng())
    while True:
      (i,) = epochs.take(1)
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
  encoder = encoded_corpus().encoder

  def encode(text: str | bytes) -> np.ndarray:
    if isinstance(text, bytes):
      text = text.decode('utf-8', errors='replace')
    ids = encoder.encode(text)
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
    balanced: bool = True,
    class_weights: dict[str, float] | str | None = None,
    without_emoticons: bool = False,
    host_id: int | None = None,
    n_hosts: int | None = None,
) -> Source:
  """Returns a source of ready batches, endless: the fast path.

  The corpus is tokenized and padded once, to one length, so that a training run
  compiles its step once; a batch is then a selection of rows. As in the notebook,
  the first half of a batch is positive and the second half negative. Where the
  batches of an epoch don't fill up, the next epoch's tweets complete the last; in
  order and not balanced, with weight 0, so that an epoch is the split, each text once.

  A batch is `(inputs, targets, weights)`: <int32>[batch_size, length], filled up
  with 0; <int32>[batch_size], 1 for positive and 0 for negative; and
  <float32>[batch_size], of ones unless `class_weights` or the corpus says otherwise.

  Args:
    split: `'train'` or `'validation'`.
    batch_size: tweets a batch on this host; an even number, and a multiple of the
      number of devices.
    max_length: tokens a tweet, cutting longer ones off; `None` for as many as the
      longest tweet of the corpus has, at most 140.
    shuffle: whether each epoch comes in a new random order; by default only where
      `split` is `'train'`. In order, a whole number of batches that holds the
      split holds each of its tweets once.
    seed: of the order; the same seed gives the same batches.
    pad_each_batch: whether batches are as long as their longest tweet, as the
      notebook's are; each new length makes Trax compile its step anew.
    balanced: whether each class has the same share of each batch, the highest class
      first; if not, batches take the split as it is, which is what evaluation on a
      corpus of uneven classes needs.
    class_weights: how much an example of each class counts in the loss, by name; or
      `'balanced'`, so that all classes count the same: the number of texts over that
      of classes and that of the class's texts, as in scikit-learn. `None` for one.
    without_emoticons: whether emoticons are removed from the tweets, with the
      vocabulary as it is: for an honest evaluation beside the usual one.
    host_id: which host of a computation reads; `None` for JAX's process index.
    n_hosts: how many share the data, each reading a share of its own; `None` for
      JAX's process count.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_choice('TwitterBatches.split', split, SPLITS)
  check_positive('TwitterBatches.batch_size', batch_size)
  check_max_length('TwitterBatches.max_length', max_length)
  check_bool('TwitterBatches.pad_each_batch', pad_each_batch)
  check_bool('TwitterBatches.balanced', balanced)
  check_bool('TwitterBatches.without_emoticons', without_emoticons)
  rng = _generator('TwitterBatches', split, shuffle, seed)
  corpus = encoded_corpus()
  examples = (
      encoded_without_emoticons(split) if without_emoticons else getattr(corpus, split)
  )
  class_names = configured_corpus().class_names
  _check_batch_size(batch_size, len(class_names) if balanced else 1)
  parts = [np.arange(len(examples.labels))]
  if balanced:
    highest_first = range(len(class_names))[::-1]
    parts = [np.flatnonzero(examples.labels == label) for label in highest_first]
  parts = [_share_of_host(part, host_id, n_hosts) for part in parts]
  if not all(map(len, parts)):
    raise UserError(
        f'TwitterBatches.balanced=True, but a class has no text for split={split!r}; '
        'False takes the split as it is.'
    )
  weight_of = _class_weights(class_weights, class_names)
  in_order = not (split == 'train' if shuffle is None else shuffle)
  n_once = len(parts[0]) if in_order and not balanced else 0
  longest = max_length or corpus.max_length
  lengths = np.clip(examples.lengths, 1, longest)

  def batches(generator: Any = None) -> Iterator[tuple[np.ndarray, ...]]:
    del generator
    # Classes are shuffled apart, so a generator for each.
    epochs = [_Epochs(part, rng(i)) for i, part in enumerate(parts)]
    n_left = n_once
    n_drawn = 0
    while True:
      # Where a batch doesn't divide by the classes, they take turns at the rest.
      turns = (np.arange(batch_size) + n_drawn) % len(parts)
      sizes = np.bincount(turns, minlength=len(parts))
      n_drawn += batch_size
      rows = np.concatenate([e.take(n) for e, n in zip(epochs, sizes, strict=True)])
      length = lengths[rows].max() if pad_each_batch else longest
      labels = examples.labels[rows]
      weights = weight_of[labels]
      if examples.weights is not None:
        weights = weights * examples.weights[rows]
      if n_once:
        # An epoch ends in a batch of its own, where what fills it up doesn't count.
        weights[n_left:] = 0
        n_left -= batch_size
        if n_left <= 0:
          epochs, n_left = [_Epochs(parts[0], None)], n_once
      yield examples.padded(length, rows), labels, weights

  return batches


def _class_weights(
    weights: dict[str, float] | str | None, class_names: tuple[str, ...]
) -> np.ndarray:
  """Returns <float32>[n_classes]."""
  setting = f'TwitterBatches.class_weights={weights!r}'
  if weights is None:
    return np.ones(len(class_names), np.float32)
  if weights == 'balanced':
    labels = configured_corpus().train.labels
    counts = np.maximum(np.bincount(labels, minlength=len(class_names)), 1)
    return (len(labels) / (len(class_names) * counts)).astype(np.float32)
  if not isinstance(weights, dict) or set(weights) != set(class_names):
    raise UserError(
        f"{setting} is neither 'balanced' nor a weight for each of "
        f'{", ".join(class_names)}.'
    )
  for name, weight in weights.items():
    check_positive_number(f'TwitterBatches.class_weights[{name!r}]', weight)
  return np.array([weights[name] for name in class_names], np.float32)


@gin.configurable(module='trax_twitter_sentiment')
def validation_steps(batch_size: int = gin.REQUIRED) -> int:
  """Returns how many batches hold the whole validation split, the last one filled up.

  In gin: `train.eval_steps = @validation_steps()`.

  Args:
    batch_size: that of the validation batches.
  """
  check_positive('validation_steps.batch_size', batch_size)
  return -(-len(configured_corpus().validation.texts) // batch_size)


@gin.configurable(module='trax_twitter_sentiment')
def twitter_data_streams(
    max_length: int | None = None, seed: int = 0
) -> tuple[Source, Source]:
  """Returns functions that make the training and the evaluation stream.

  For `batcher.data_streams`, like `trax.data.data_streams`; since labels are
  scalars, `batcher.variable_shapes` must be `False`. Examples are pairs
  `(inputs, target)`: <int32>[length], padded with 0 to one length, and <int32>[].
  Of several hosts, each reads a share of its own.

  Args:
    max_length: tokens a tweet, cutting longer ones off; `None` for as many as the
      longest tweet of the corpus has, at most 140.
    seed: of the training stream's order.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_max_length('twitter_data_streams.max_length', max_length)
  corpus = encoded_corpus()

  def stream(examples: EncodedExamples, split: str) -> Source:
    length = max_length or corpus.max_length
    rng = _generator('twitter_data_streams', split, None, seed)
    rows = _share_of_host(np.arange(len(examples.labels)))

    def pairs(generator: Any = None) -> Iterator[tuple[np.ndarray, np.int32]]:
      del generator
      epochs = _Epochs(rows, rng())
      while True:
        row = epochs.take(1)
        yield examples.padded(length, row)[0], examples.labels[row[0]]

    return pairs

  return stream(corpus.train, 'train'), stream(corpus.validation, 'validation')


def _check_batch_size(batch_size: int, n_classes: int) -> None:
  if n_classes == 2:
    check_halves('TwitterBatches.batch_size', batch_size)
  n_devices = fastmath.local_device_count()
  if batch_size % n_devices:
    raise UserError(
        f'TwitterBatches.batch_size={batch_size} is not a multiple of {n_devices}, '
        'the number of devices, among which a batch is split evenly.'
    )


def _share_of_host(
    indices: np.ndarray, host_id: int | None = None, n_hosts: int | None = None
) -> np.ndarray:
  host_id = jax.process_index() if host_id is None else host_id
  return indices[host_id :: n_hosts or jax.process_count()]


def _generator(
    configurable: str, split: str, shuffle: bool | None, seed: int
) -> Callable[..., np.random.Generator | None]:
  """Returns what makes a stream's random generators, or None for no shuffling.

  The function takes integers that tell apart the generators of one stream.
  """
  check_seed(f'{configurable}.seed', seed)
  if shuffle is None:
    shuffle = split == 'train'
  check_bool(f'{configurable}.shuffle', shuffle)
  return lambda *keys: np.random.default_rng((seed, *keys)) if shuffle else None


class _Epochs:
  """Indices, endlessly, each once an epoch, in a new order if there is a generator."""

  def __init__(self, indices: np.ndarray, rng: np.random.Generator | None):
    self._indices = indices
    self._rng = rng
    self._pending = indices[:0]

  def take(self, size: int) -> np.ndarray:
    """Returns the next `size` of them."""
    while len(self._pending) < size:
      epoch = self._rng.permutation(self._indices) if self._rng else self._indices
      self._pending = np.concatenate([self._pending, epoch])
    taken, self._pending = self._pending[:size], self._pending[size:]
    return taken
