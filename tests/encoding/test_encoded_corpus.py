"""Corpora as padded token ids."""

import gin
import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.encoding.encoded_corpus import (
    encoded_corpus,
    vocabulary_size,
)
from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.text.vocabulary import UNK_ID


def test_padded_cuts_long_texts_and_pads_short_ones():
  examples = EncodedExamples(
      ids=np.array([5, 6, 7, 8], np.int32),
      lengths=np.array([1, 0, 3]),
      labels=np.array([1, 1, 0], np.int32),
  )
  assert examples.padded(2).tolist() == [[5, 0], [0, 0], [6, 7]]
  assert examples.padded(4).tolist() == [[5, 0, 0, 0], [0] * 4, [6, 7, 8, 0]]
  assert examples.padded(4).dtype == np.int32


def test_vocabulary_consists_of_the_training_tokens(sample_corpus):
  corpus = encoded_corpus()
  assert vocabulary_size() == len(corpus.vocabulary)
  # Every training token has an id, in order of first appearance.
  first_ids = list(dict.fromkeys(corpus.train.ids.tolist()))
  assert first_ids == list(range(3, vocabulary_size()))
  # Some validation tokens are unknown.
  assert 2 in corpus.validation.ids


def test_corpus_is_encoded_once(sample_corpus):
  assert encoded_corpus() is encoded_corpus()


def test_drop_unknown_removes_unknown_tokens(sample_corpus):
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


def test_texts_longer_than_the_limit_are_reported(capsys):
  texts = ('good ' * 20_000, 'bad')
  examples = Examples(texts, np.array([1, 0], np.int32))
  corpus = Corpus('own', examples, examples, frozenset())
  gin.bind_parameter('configured_corpus.corpus', lambda: corpus)
  assert encoded_corpus().max_length == 13_108
  message = 'WARNING: 2 texts have more than 65,536 characters.'
  assert message in capsys.readouterr().err
