"""Batches of a corpus for training and evaluation: the fast path."""

import functools
import sys
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
    encoded_corpus,
    encoded_without_emoticons,
)
from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.errors import (
    UserError,
    check_bool,
    check_choice,
    check_halves,
    check_max_length,
    check_positive,
    check_positive_number,
)
from trax_twitter_sentiment.training.epochs import (
    Epochs,
    generator,
    ordered,
    part_of_host,
)

Source = Callable[..., Iterator[tuple]]

# The shortest length of batches of long texts, and the factor between lengths. Few
# lengths mean few compilations.
_USUAL_LENGTH, _LENGTH_GROWTH = 2048, 4


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
  """Returns an endless source of batches: the fast path.

  The corpus is tokenized once. Batches are padded to the longest text of the corpus, so
  that Trax compiles its step once. In a corpus of long texts, batches have one of a few
  lengths: 2,048 tokens, four times as many, and so on. The first half of a batch is
  positive and the second half negative, as in the notebook. If the last batch of an
  epoch is not full, tweets of the next epoch complete it. With `shuffle=False` and
  `balanced=False`, these tweets have weight 0, so an epoch counts each text once.

  A batch is `(inputs, targets, weights)`: <int32>[batch_size, length], padded with 0;
  <int32>[batch_size], 1 for positive and 0 for negative; and <float32>[batch_size],
  of ones unless `class_weights` or the corpus has other weights.

  Args:
    split: `'train'` or `'validation'`.
    batch_size: the number of tweets in a batch on this host: even, and a multiple of
      the number of devices.
    max_length: the number of tokens of each tweet: longer tweets are cut off, shorter
      ones are padded. `max_length=64` pads each batch to 64, which LSH attention
      requires. The run's predictions cut texts off, too. `None` cuts nothing off.
    shuffle: whether each epoch has a new random order; by default only if `split` is
      `'train'`. Without a shuffle the order is fixed, and an epoch contains each tweet
      of the split once.
    seed: the seed of the order.
    pad_each_batch: whether a batch is padded to its longest tweet only, as in the
      notebook; for each new length Trax compiles its step again.
    balanced: whether each class has the same share of each batch, the highest class
      first. If not, a batch has the classes in the proportions of the split, which an
      evaluation on a corpus of uneven classes requires.
    class_weights: the weight of an example of each class, by the class's name; or
      `'balanced'` for the number of texts divided by the number of classes and by the
      number of the class's texts, as in scikit-learn. `None` for weights of one.
    without_emoticons: whether emoticons are removed from the tweets, with the same
      vocabulary: for an honest evaluation beside the usual one.
    host_id: the index of this host in a computation; `None` for JAX's process index.
    n_hosts: the number of hosts, each of which reads a part of its own; `None` for
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
  rng = generator('TwitterBatches', split, shuffle, seed)
  corpus = encoded_corpus()
  examples = (
      encoded_without_emoticons(split) if without_emoticons else getattr(corpus, split)
  )
  class_names = configured_corpus().class_names
  if balanced and len(class_names) == 2:
    check_halves('TwitterBatches.batch_size', batch_size)
  check_split_evenly('TwitterBatches.batch_size', batch_size)
  parts = _parts(split, examples.labels, len(class_names) if balanced else None)
  parts = [part_of_host(part, host_id, n_hosts) for part in parts]
  parts = [ordered(part, examples.labels, rng) for part in parts]
  weight_of_text = text_weights('TwitterBatches', class_weights, examples)
  longest = max_length or corpus.max_length
  lengths = np.clip(examples.lengths, 1, longest)
  if max_length:
    report_cut_texts('TwitterBatches', split, max_length, examples)
  # All hosts of a computation need batches of one shape.
  has_one_length = max_length or (n_hosts or jax.process_count()) > 1

  def batches(stream: Any = None) -> Iterator[tuple[np.ndarray, ...]]:
    del stream
    for rows, n_counting in _rows_of_batches(parts, batch_size, rng):
      length = longest
      if pad_each_batch or not has_one_length:
        length = _padded_length(int(lengths[rows].max()), longest, pad_each_batch)
      weights = weight_of_text[rows]
      weights[n_counting:] = 0
      yield examples.padded(length, rows), examples.labels[rows], weights

  return batches


def _parts(split: str, labels: np.ndarray, n_classes: int | None) -> list[np.ndarray]:
  """Returns the rows of each class, the highest class first.

  Args:
    split: the name of the split, for messages.
    labels: <int32>[n_texts].
    n_classes: the number of classes; `None` for one part with all rows.
  """
  if n_classes is None:
    return [np.arange(len(labels))]
  parts = [np.flatnonzero(labels == label) for label in range(n_classes)[::-1]]
  if not all(map(len, parts)):
    raise UserError(
        f'TwitterBatches.balanced=True, but a class has no text for split={split!r}. '
        'Use TwitterBatches.balanced=False.'
    )
  return parts


def _rows_of_batches(
    parts: list[np.ndarray],
    batch_size: int,
    rng: Callable[..., np.random.Generator | None],
) -> Iterator[tuple[np.ndarray, int]]:
  """Yields the rows of each batch, and how many of them count.

  One part without a shuffle is read epoch by epoch. The rows that complete the last
  batch of an epoch do not count.
  """
  # Each class is shuffled by a generator of its own.
  epochs = [Epochs(part, rng(i)) for i, part in enumerate(parts)]
  reads_by_epoch = len(parts) == 1 and rng() is None
  n_left = len(parts[0])
  n_drawn = 0
  while True:
    # If the batch size is not a multiple of the number of classes, the classes take
    # turns in having one more text.
    turns = (np.arange(batch_size) + n_drawn) % len(parts)
    sizes = np.bincount(turns, minlength=len(parts))
    n_drawn += batch_size
    rows = np.concatenate([e.take(n) for e, n in zip(epochs, sizes, strict=True)])
    yield rows, min(batch_size, n_left) if reads_by_epoch else batch_size
    n_left -= batch_size
    if reads_by_epoch and n_left <= 0:
      epochs, n_left = [Epochs(parts[0], None)], len(parts[0])


def _padded_length(n_tokens: int, longest: int, pad_each_batch: bool) -> int:
  """Returns the length of a batch whose longest text has `n_tokens` tokens."""
  if pad_each_batch:
    return n_tokens
  length = _USUAL_LENGTH
  while length < n_tokens:
    length *= _LENGTH_GROWTH
  return min(length, longest)


@functools.lru_cache(maxsize=8)
def report_cut_texts(
    configurable: str, split: str, max_length: int, examples: EncodedExamples
) -> None:
  """Prints once how many texts of a split are cut off."""
  limit = f'{configurable}.max_length={max_length} tokens'
  print_cut_texts(split, examples.lengths, max_length, limit)


def print_cut_texts(
    split: str, lengths: np.ndarray, max_length: int, limit: str
) -> None:
  """Prints how many texts of a split are longer than a maximum length.

  Args:
    split: the name of the split.
    lengths: <int>[n_texts], the number of tokens of each text.
    max_length: the maximum number of tokens.
    limit: the maximum in words, with the setting that makes it.
  """
  if n_cut := int((lengths > max_length).sum()):
    print(
        f'{n_cut:,} of {len(lengths):,} {split} texts have more than {limit} and are '
        'cut off.',
        file=sys.stderr,
    )


def text_weights(
    configurable: str,
    class_weights: dict[str, float] | str | None,
    examples: EncodedExamples,
) -> np.ndarray:
  """Returns the weight of each text in the loss, <float32>[n_texts].

  Args:
    configurable: the name of the configurable, for messages.
    class_weights: its setting, as in `TwitterBatches`.
    examples: the texts, which may have weights of their own.

  Raises:
    UserError: if `class_weights` is not a legal value.
  """
  class_names = configured_corpus().class_names
  weights = _class_weights(f'{configurable}.class_weights', class_weights, class_names)
  of_texts = weights[examples.labels]
  return of_texts if examples.weights is None else of_texts * examples.weights


def _class_weights(
    setting: str, weights: dict[str, float] | str | None, class_names: tuple[str, ...]
) -> np.ndarray:
  """Returns the weight of each class, <float32>[n_classes]."""
  if weights is None:
    return np.ones(len(class_names), np.float32)
  if weights == 'balanced':
    labels = configured_corpus().train.labels
    counts = np.maximum(np.bincount(labels, minlength=len(class_names)), 1)
    return (len(labels) / (len(class_names) * counts)).astype(np.float32)
  if not isinstance(weights, dict) or set(weights) != set(class_names):
    raise UserError(
        f"{setting}={weights!r} is neither 'balanced' nor a weight for each of "
        f'{", ".join(class_names)}.'
    )
  for name, weight in weights.items():
    check_positive_number(f'{setting}[{name!r}]', weight)
  return np.array([weights[name] for name in class_names], np.float32)


def check_split_evenly(setting: str, batch_size: int) -> None:
  """Raises `UserError` if the devices cannot have equal parts of a batch."""
  n_devices = fastmath.local_device_count()
  if batch_size % n_devices:
    raise UserError(
        f'{setting}={batch_size} is not a multiple of {n_devices}, the number of '
        'devices, among which a batch is split evenly.'
    )
