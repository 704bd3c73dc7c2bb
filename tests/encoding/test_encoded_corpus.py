import gin
import numpy as np

from trax_twitter_sentiment.encoding.encoded_corpus import (
    EncodedExamples,
    encoded_corpus,
    vocabulary_size,
)
from trax_twitter_sentiment.text.vocabulary import UNK_ID


def test_padding_cuts_off_and_fills_up():
  examples = EncodedExamples(
      ids=np.array([5, 6, 7, 8], np.int32),
      lengths=np.array([1, 0, 3]),
      labels=np.array([1, 1, 0], np.int32),
  )
  assert examples.padded(2).tolist() == [[5, 0], [0, 0], [6, 7]]
  assert examples.padded(4).tolist() == [[5, 0, 0, 0], [0] * 4, [6, 7, 8, 0]]
  assert examples.padded(4).dtype == np.int32


def test_corpus_is_encoded_with_the_vocabulary_of_its_training_tweets(sample_corpus):
  corpus = encoded_corpus()
  assert vocabulary_size() == len(corpus.vocabulary)
  # Every token of the training tweets is known, and ids are in order of appearance.
  first_ids = list(dict.fromkeys(corpus.train.ids.tolist()))
  assert first_ids == list(range(3, vocabulary_size()))
  # Some of the validation tweets' tokens are not.
  assert 2 in corpus.validation.ids


def test_corpus_is_encoded_once(sample_corpus):
  assert encoded_corpus() is encoded_corpus()


def test_dropped_unknown_tokens_take_no_place(sample_corpus):
  usual = encoded_corpus()
  gin.bind_parameter('TweetTokenizer.drop_unknown', True)
  dropped = encoded_corpus()
  np.testing.assert_array_equal(dropped.train.ids, usual.train.ids)
  assert UNK_ID in usual.validation.ids
  assert UNK_ID not in dropped.validation.ids
  n_unknown = (usual.validation.padded(140) == UNK_ID).sum(axis=1)
  np.testing.assert_array_equal(
      dropped.validation.lengths, usual.validation.lengths - n_unknown
  )
