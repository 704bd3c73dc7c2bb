"""Batches of a corpus for pretrained encoders."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
import jax
import numpy as np

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.corpus import SPLITS, Corpus
from trax_twitter_sentiment.encoder.pretrained import (
    PretrainedFolder,
    pretrained_folder,
)
from trax_twitter_sentiment.encoding.encoded_corpus import encode_split
from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.errors import UserError, check_choice, check_positive
from trax_twitter_sentiment.training.batches import (
    Source,
    check_split_evenly,
    print_cut_texts,
    text_weights,
)
from trax_twitter_sentiment.training.epochs import generator, part_of_host

# The lengths of batches. Trax compiles its step for each of them.
BUCKETS = (24, 40, 64)

# The number of batches whose texts are sorted by length together. Small numbers mean
# more padding, large numbers mean that a text meets the same texts in each epoch.
_WINDOW = 32


@gin.configurable(module='trax_twitter_sentiment')
def EncoderBatches(
    folder: str = gin.REQUIRED,
    split: str = 'train',
    batch_size: int = 32,
    buckets: Sequence[int] = BUCKETS,
    shuffle: bool | None = None,
    seed: int = 0,
    class_weights: dict[str, float] | str | None = None,
    host_id: int | None = None,
    n_hosts: int | None = None,
) -> Source:
  """Returns an endless source of batches for `PretrainedEncoder`.

  A batch consists of texts of similar length, and an epoch contains each text of the
  split once. The last batch of an epoch is filled with texts of weight 0.

  A batch is `(inputs, targets, weights)`: <int32>[batch_size, length], the ids of the
  encoder's tokenizer with its special tokens and its padding id; <int32>[batch_size],
  the classes; and <float32>[batch_size].

  Args:
    folder: the folder of the encoder, or its name on the Hub, as in
      `PretrainedEncoder`.
    split: `'train'` or `'validation'`.
    batch_size: the number of texts in a batch on this host: a multiple of the number of
      devices.
    buckets: the lengths of batches. A batch has the shortest length that its texts fit
      in. The largest length is the maximum number of ids of a text, special tokens
      included; longer texts are cut off, in predictions of the run, too. On several
      hosts all batches have this length.
    shuffle: whether each epoch has a new random order; by default only if `split` is
      `'train'`. Without a shuffle, texts come in the order of their lengths.
    seed: the seed of the order.
    class_weights: the weight of each class in the loss, as in `TwitterBatches`.
    host_id: the index of this host in a computation; `None` for JAX's process index.
    n_hosts: the number of hosts, each of which reads a part of its own; `None` for
      JAX's process count.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_choice('EncoderBatches.split', split, SPLITS)
  check_positive('EncoderBatches.batch_size', batch_size)
  check_split_evenly('EncoderBatches.batch_size', batch_size)
  rng = generator('EncoderBatches', split, shuffle, seed)
  pretrained = pretrained_folder(folder)
  buckets = _checked_buckets(buckets, pretrained)
  longest = buckets[-1]
  examples = _examples(pretrained, configured_corpus(), split, longest)
  weight_of_text = text_weights('EncoderBatches', class_weights, examples)
  lengths = examples.lengths
  rows = part_of_host(np.arange(len(lengths)), host_id, n_hosts)
  # All hosts of a computation need batches of one shape.
  has_one_length = (n_hosts or jax.process_count()) > 1

  def batches(stream: Any = None) -> Iterator[tuple[np.ndarray, ...]]:
    del stream
    for epoch in itertools.count():
      for texts in _batches_of_epoch(rows, lengths, batch_size, rng(epoch)):
        filled = np.resize(texts, batch_size)
        weights = weight_of_text[filled]
        weights[len(texts) :] = 0
        length = longest
        if not has_one_length:
          length = next(n for n in buckets if n >= lengths[texts].max())
        yield examples.padded(length, filled), examples.labels[filled], weights

  return batches


@functools.lru_cache(maxsize=2)
def _examples(
    pretrained: PretrainedFolder, corpus: Corpus, split: str, max_length: int
) -> EncodedExamples:
  """Returns a split as ids with special tokens, and prints how many texts are cut."""
  encoder = pretrained.encoder
  examples = encode_split(corpus, split, encoder)
  ids, lengths = encoder.with_special_tokens(
      examples.ids, examples.lengths, max_length
  )
  uncut_lengths = examples.lengths + encoder.n_special_tokens
  limit = f'{max_length} tokens, the largest of EncoderBatches.buckets,'
  print_cut_texts(split, uncut_lengths, max_length, limit)
  return dataclasses.replace(
      examples, ids=ids, lengths=lengths, pad_id=pretrained.config.pad_id
  )


def _checked_buckets(
    buckets: Sequence[int], pretrained: PretrainedFolder
) -> list[int]:
  """Returns the lengths of batches in ascending order."""
  if not isinstance(buckets, (list, tuple)) or not buckets:
    raise UserError(f'EncoderBatches.buckets={buckets!r} is not a list of lengths.')
  for length in buckets:
    check_positive('EncoderBatches.buckets', length)
  shortest = pretrained.encoder.n_special_tokens + 1
  longest = pretrained.config.max_length
  if not shortest <= max(buckets) <= longest:
    raise UserError(
        f'EncoderBatches.buckets={buckets!r}: the largest length has to be from '
        f'{shortest} to {longest}, the number of positions of the pretrained encoder.'
    )
  return sorted(buckets)


def _batches_of_epoch(
    rows: np.ndarray,
    lengths: np.ndarray,
    batch_size: int,
    rng: np.random.Generator | None,
) -> list[np.ndarray]:
  """Returns the rows of each batch. Texts of similar length are in one batch.

  Args:
    rows: <int>[n_rows], the rows of the split.
    lengths: <int>[n_texts], the length of each text of the split.
    batch_size: the number of rows in a batch; the last one may have fewer.
    rng: the generator of the order; `None` for the order of lengths.
  """
  window = len(rows)
  if rng is not None:
    rows, window = rng.permutation(rows), _WINDOW * batch_size
  in_order = np.concatenate([
      part[np.argsort(lengths[part], kind='stable')]
      for part in np.split(rows, range(window, len(rows), window))
  ])
  batches = np.split(in_order, range(batch_size, len(rows), batch_size))
  if rng is not None:
    rng.shuffle(batches)
  return batches
