"""Streams of texts and labels, and stages of Trax pipelines."""

import itertools

import numpy as np
import pytest
from trax import data
from trax.data import inputs as trax_inputs

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.streams import (
    InputsAsTargets,
    TokenizeTweets,
    TwitterSamples,
    twitter_data_streams,
)


def take(n, source):
  return list(itertools.islice(source(), n))


@pytest.mark.usefixtures('sample_corpus')
class TestTwitterSamples:
  def test_yields_texts_and_labels_of_a_shuffled_epoch(self):
    samples = take(800, TwitterSamples())
    train = TwitterCorpus().train
    expected = list(zip(train.texts, train.labels, strict=True))
    assert samples != expected
    assert sorted(samples) == sorted(expected)

  def test_classes_of_validation_alternate_in_order(self):
    samples = take(400, TwitterSamples('validation'))
    first, again = samples[:200], samples[200:]
    assert first == again
    assert [label for _, label in first] == [1, 0] * 100
    validation = TwitterCorpus().validation
    texts = [text for label in (1, 0) for text, other in first if other == label]
    assert texts == list(validation.texts)

  def test_bad_split_is_refused(self):
    with pytest.raises(UserError, match=r"TwitterSamples.split='dev'"):
      TwitterSamples('dev')


@pytest.mark.usefixtures('sample_corpus')
class TestTokenizeTweets:
  def test_tokenizes_text_alone_and_in_tuples(self):
    encoder = encoded_corpus().encoder
    ids = encoder.encode('thanks :)').tolist()
    assert 2 not in ids
    stage = TokenizeTweets()
    stream = ['thanks :)', b'thanks :)', ('thanks :)', 1), ('thanks :)', 1, 0.5)]
    text, utf8, pair, triple = stage(iter(stream))
    assert text.tolist() == utf8.tolist() == ids
    assert text.dtype == np.int32
    assert (pair[0].tolist(), pair[1]) == (ids, 1)
    assert triple[1:] == (1, 0.5)

  def test_text_without_a_token_becomes_one_padding_id(self):
    ((ids, label),) = TokenizeTweets()(iter([('@amy https://t.co/x', 0)]))
    assert ids.tolist() == [0]
    assert label == 0

  def test_invalid_utf8_is_tokenized(self):
    (ids,) = TokenizeTweets()(iter([b'thanks \xff\xfe']))
    assert len(ids)

  def test_ids_are_the_targets_of_a_language_model(self):
    ids = np.array([3, 4], np.int32)
    ((inputs, targets),) = InputsAsTargets()(iter([(ids, 1)]))
    assert inputs.tolist() == targets.tolist() == [3, 4]

  def test_works_among_trax_stages(self):
    pipeline = data.Serial(
        TwitterSamples(),
        TokenizeTweets(),
        data.Shuffle(queue_size=8),
        data.PadToLength(len_map={0: 40}, pad_value={0: 0}),
        data.Batch(batch_size=4),
        data.AddLossWeights(),
    )
    inputs, targets, weights = next(pipeline())
    assert inputs.shape == (4, 40)
    assert targets.shape == weights.shape == (4,)


@pytest.mark.usefixtures('sample_corpus')
def test_twitter_data_streams_feed_the_batcher_of_trax():
  inputs = trax_inputs.batcher(
      data_streams=twitter_data_streams,
      variable_shapes=False,
      batch_size_per_device=8,
      eval_batch_size=200,
  )
  train = next(inputs.train_stream(1))
  assert train[0].shape == (8, encoded_corpus().max_length)
  (evaluation,) = itertools.islice(inputs.eval_stream(1), 1)
  # The classes alternate, so any number of evaluation batches contains both.
  assert evaluation[1].tolist() == [1, 0] * 100
  assert (evaluation[2] == 1).all()


@pytest.mark.usefixtures('sample_corpus')
def test_max_length_of_twitter_data_streams_is_the_length_of_all_texts():
  train, evaluation = twitter_data_streams(max_length=5)
  assert {x.shape for x, _ in take(20, train) + take(20, evaluation)} == {(5,)}
  with pytest.raises(UserError, match='twitter_data_streams.max_length=0'):
    twitter_data_streams(max_length=0)
