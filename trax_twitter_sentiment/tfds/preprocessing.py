"""Makes `trax.data.data_streams` yield token ids where it would yield text."""

from typing import Any

import gin
import numpy as np
import tensorflow as tf

from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import check_max_length
from trax_twitter_sentiment.text.vocabulary import PAD_ID


@gin.configurable(module='trax_twitter_sentiment', denylist=['dataset', 'training'])
def tokenize_tweets_preprocess(
    dataset: Any, training: bool, max_length: int | None = None
) -> Any:
  """Tokenizes the texts of a TFDS data set such as `twitter_samples`.

  For `data_streams.preprocess_fn`, which wants a function from data set to data set.
  Examples `({'text': <string>[], …}, label)` become
  `({'text': <int32>[length]}, label)`, padded with 0 to one length.

  Args:
    dataset: a `tf.data.Dataset`, with a feature `text` in UTF-8.
    training: whether it is the training data; both are tokenized the same way.
    max_length: tokens a tweet, cutting longer ones off; `None` for as many as the
      longest tweet of the corpus has, at most 140.

  Raises:
    UserError: if `max_length` is not a legal value.
  """
  del training
  check_max_length('tokenize_tweets_preprocess.max_length', max_length)
  corpus = encoded_corpus()
  length = max_length or corpus.max_length

  def encode(text: bytes) -> np.ndarray:
    ids = corpus.encoder.encode(text.decode('utf-8', errors='replace'))[:length]
    return np.pad(ids, (0, length - len(ids)), constant_values=PAD_ID)

  def tokenize(features: dict[str, tf.Tensor], label: tf.Tensor) -> tuple:
    return {'text': tf.numpy_function(encode, [features['text']], tf.int32)}, label

  return dataset.map(tokenize)
