"""Gin-configurable sources and stages for Trax data pipelines.

As in `trax.data`, a configurable returns a function from a stream to a stream; a
source ignores its argument. `trax.data.Serial` and `trax.data.make_inputs`
compose them.
"""

from collections.abc import Callable, Iterator
from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
import jax
import numpy as np

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.corpus import SPLITS, refuse_weights
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.errors import (
    check_choice,
    check_max_length,
    check_positive,
)
from trax_twitter_sentiment.text.vocabulary import PAD_ID
from trax_twitter_sentiment.training.batches import Source, report_cut_texts
from trax_twitter_sentiment.training.epochs import (
    Epochs,
    generator,
    ordered,
    part_of_host,
)


@gin.configurable(module='trax_twitter_sentiment')
def TwitterSamples(
    split: str = 'train',
    shuffle: bool | None = None,
    seed: int = 0,
    host_id: int | None = None,
    n_hosts: int | None = None,
) -> Source:
  """Returns an endless source of labelled tweets.

  An example is a pair `(text, label)`: a str, and <int32>[] that is 1 for positive and
  0 for negative.

  Args:
    split: `'train'` or `'validation'`.
    shuffle: whether each epoch has a new random order; by default only if `split` is
      `'train'`. Without a shuffle the order is fixed and the classes alternate,
      positives first, so that an evaluation that stops early sees each class.
    seed: the seed of the order.
    host_id: the index of this host in a computation; `None` for JAX's process index.
    n_hosts: the number of hosts, each of which reads a part of its own; `None` for
      JAX's process count.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_choice('TwitterSamples.split', split, SPLITS)
  examples = getattr(configured_corpus(), split)
  refuse_weights('TwitterSamples', examples.weights)
  rng = generator('TwitterSamples', split, shuffle, seed)
  rows = part_of_host(np.arange(len(examples.texts)), host_id, n_hosts)
  rows = ordered(rows, examples.labels, rng)

  def samples(stream: Any = None) -> Iterator[tuple[str, np.int32]]:
    del stream
    epochs = Epochs(rows, rng())
    while True:
      (i,) = epochs.take(1)
      yield examples.texts[i], examples.labels[i]

  return samples


@gin.configurable(module='trax_twitter_sentiment')
def TokenizeTweets() -> Callable[[Iterator[Any]], Iterator[Any]]:
  """Returns a stage that maps a text to the ids of its tokens, <int32>[n_tokens].

  Examples are texts, or tuples that begin with a text, such as `(text, label)`; the
  stage does not change the rest of a tuple. A text is a str, or bytes in UTF-8; bytes
  that are not UTF-8 become unknown tokens. A text without tokens becomes a single
  padding id, so that no layer receives an empty array.
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
def InputsAsTargets() -> Callable[[Iterator[Any]], Iterator[Any]]:
  """Returns a stage for language models: examples `(ids, …)` become `(ids, ids)`.

  An example is `trax.models.TransformerLM`, which shifts its inputs itself:

      make_inputs.train_stream = [
          @TwitterSamples(), @TokenizeTweets(), @InputsAsTargets(),
          @data.PadToLength(), @data.Batch(), @data.AddLossWeights()]
      data.PadToLength.len_map = {0: 64, 1: 64}
      data.PadToLength.pad_value = {0: 0, 1: 0}
      data.AddLossWeights.id_to_mask = 0  # Padding does not count.
  """
  return lambda stream: ((example[0], example[0]) for example in stream)


@gin.configurable(module='trax_twitter_sentiment')
def validation_steps(batch_size: int = gin.REQUIRED) -> int:
  """Returns the number of batches in the validation split.

  In gin: `train.eval_steps = @validation_steps()`.

  Args:
    batch_size: the batch size of the validation stream.
  """
  check_positive('validation_steps.batch_size', batch_size)
  return -(-len(configured_corpus().validation.texts) // batch_size)


@gin.configurable(module='trax_twitter_sentiment')
def training_steps(
    batch_size: int = gin.REQUIRED, n_epochs: int = gin.REQUIRED
) -> int:
  """Returns the number of training batches in some epochs.

  In gin: `train.steps = @training_steps()`.

  Args:
    batch_size: the batch size of the training stream on each host.
    n_epochs: the number of epochs.
  """
  check_positive('training_steps.batch_size', batch_size)
  check_positive('training_steps.n_epochs', n_epochs)
  n_texts = -(-len(configured_corpus().train.texts) // jax.process_count())
  return n_epochs * -(-n_texts // batch_size)


@gin.configurable(module='trax_twitter_sentiment')
def twitter_data_streams(
    max_length: int | None = None, seed: int = 0
) -> tuple[Source, Source]:
  """Returns functions that make the training and the evaluation stream.

  The functions are for `batcher.data_streams`, like `trax.data.data_streams`. Labels
  are scalars, so `batcher.variable_shapes` must be `False`. An example is a pair
  `(inputs, target)`: <int32>[length], padded with 0 to one length, and <int32>[]. The
  evaluation stream has a fixed order, in which the classes alternate. Each of several
  hosts reads a part of its own.

  Args:
    max_length: the number of tokens of each tweet: longer tweets are cut off, shorter
      ones are padded. `None` for the length of the corpus's longest tweet. The run's
      predictions cut texts off, too.
    seed: the seed of the training stream's order.

  Raises:
    UserError: if an argument is not a legal value.
  """
  check_max_length('twitter_data_streams.max_length', max_length)
  corpus = encoded_corpus()

  def stream(examples: EncodedExamples, split: str) -> Source:
    refuse_weights('twitter_data_streams', examples.weights)
    length = max_length or corpus.max_length
    if max_length:
      report_cut_texts('twitter_data_streams', split, max_length, examples)
    rng = generator('twitter_data_streams', split, None, seed)
    rows = part_of_host(np.arange(len(examples.labels)))
    rows = ordered(rows, examples.labels, rng)

    def pairs(stream: Any = None) -> Iterator[tuple[np.ndarray, np.int32]]:
      del stream
      epochs = Epochs(rows, rng())
      while True:
        row = epochs.take(1)
        yield examples.padded(length, row)[0], examples.labels[row[0]]

    return pairs

  return stream(corpus.train, 'train'), stream(corpus.validation, 'validation')
