import itertools
import random

import gin
import numpy as np
import pytest
from conftest import needs_real_corpus
from trax import data
from trax.data import inputs as trax_inputs

from trax_twitter_sentiment.corpora import text_corpora  # noqa: F401  (for gin)
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.batches import TwitterBatches
from trax_twitter_sentiment.training.streams import (
  InputsAsTargets,
  TokenizeTweets,
  TwitterSamples,
  twitter_data_streams,
)


def take(n, source):
  return list(itertools.islice(source(), n))


@pytest.mark.usefixtures('sample_corpus')
class TestTwitterBatches:
  def test_batch_has_the_documented_shapes_and_dtypes(self):
    ((inputs, targets, weights),) = take(1, TwitterBatches(batch_size=6))
    assert inputs.shape == (6, encoded_corpus().max_length)
    assert targets.tolist() == [1, 1, 1, 0, 0, 0]
    assert weights.tolist() == [1.0] * 6
    assert (inputs.dtype, targets.dtype, weights.dtype) == (
        np.int32, np.int32, np.float32,
    )  # fmt: skip

  def test_all_batches_of_both_splits_have_one_length(self):
    batches = take(30, TwitterBatches()) + take(30, TwitterBatches('validation'))
    assert {inputs.shape for inputs, _, _ in batches} == {
        (16, encoded_corpus().max_length)
    }

  def test_an_epoch_holds_every_tweet_once_and_each_epoch_differs(self):
    batches = take(2 * 800 // 20, TwitterBatches(batch_size=20))
    inputs = np.concatenate([batch[0] for batch in batches])
    epochs = inputs[:800], inputs[800:]
    corpus = encoded_corpus()
    expected = np.sort(corpus.train.padded(corpus.max_length), axis=0)
    for epoch in epochs:
      assert (np.sort(epoch, axis=0) == expected).all()
    assert (epochs[0] != epochs[1]).any()

  def test_evaluation_is_in_order_and_whole(self):
    batches = take(4, TwitterBatches('validation', batch_size=100))
    first, again = batches[:2], batches[2:]
    corpus = encoded_corpus()
    inputs = corpus.validation.padded(corpus.max_length)
    for half in (first, again):
      positives = np.concatenate([batch[0][:50] for batch in half])
      negatives = np.concatenate([batch[0][50:] for batch in half])
      assert (np.concatenate([positives, negatives]) == inputs).all()

  def test_batch_that_does_not_divide_an_epoch_goes_on_with_the_next(self):
    batches = take(8, TwitterBatches('validation', batch_size=60))
    corpus = encoded_corpus()
    positives = corpus.validation.padded(corpus.max_length)[:100]
    seen = np.concatenate([inputs[:30] for inputs, _, _ in batches])
    assert (seen == np.concatenate([positives] * 3)[: len(seen)]).all()

  def test_same_seed_gives_the_same_batches_whatever_global_state_is(self):
    runs = []
    for state in (1, 2):
      random.seed(state)
      np.random.seed(state)
      runs.append(take(60, TwitterBatches(seed=7)))
    for a, b in zip(*runs, strict=True):
      assert all((x == y).all() for x, y in zip(a, b, strict=True))
    other = take(1, TwitterBatches(seed=8))
    assert (runs[0][0][0] != other[0][0]).any()

  def test_stream_leaves_global_random_state_alone(self):
    np.random.seed(3)
    random.seed(3)
    take(10, TwitterBatches())
    take(10, TwitterSamples())
    drawn = (np.random.rand(), random.random())
    np.random.seed(3)
    random.seed(3)
    assert drawn == (np.random.rand(), random.random())

  def test_two_streams_of_one_source_are_independent(self):
    source = TwitterBatches()
    first, second = source(), source()
    next(first)
    next(first)
    again = source()
    assert (next(second)[0] == next(again)[0]).all()

  def test_max_length_cuts_off(self):
    ((inputs, _, _),) = take(1, TwitterBatches(max_length=3))
    assert inputs.shape == (16, 3)

  def test_batches_can_be_as_long_as_their_longest_tweet(self):
    batches = take(20, TwitterBatches(pad_each_batch=True, batch_size=4))
    assert len({inputs.shape[1] for inputs, _, _ in batches}) > 1
    assert all((inputs[:, -1] != 0).any() for inputs, _, _ in batches)

  @pytest.mark.parametrize('batch_size', [0, -2, 3, 16.0, '16', True])
  def test_bad_batch_size_is_refused(self, batch_size):
    with pytest.raises(UserError, match=r'TwitterBatches.batch_size=.*(even|positive)'):
      TwitterBatches(batch_size=batch_size)

  def test_bad_split_is_refused(self):
    with pytest.raises(UserError, match=r"TwitterBatches.split='test'.*'validation'"):
      TwitterBatches(split='test')

  @pytest.mark.parametrize('max_length', [0, -1, 2.5])
  def test_bad_max_length_is_refused(self, max_length):
    with pytest.raises(UserError, match='TwitterBatches.max_length'):
      TwitterBatches(max_length=max_length)

  @pytest.mark.parametrize('seed', [-1, None, 1.5])
  def test_bad_seed_is_refused(self, seed):
    with pytest.raises(UserError, match='TwitterBatches.seed'):
      TwitterBatches(seed=seed)

  def test_one_binding_changes_training_and_leaves_evaluation(self):
    gin.bind_parameter('eval/TwitterBatches.batch_size', 200)
    gin.bind_parameter('TwitterBatches.batch_size', 32)
    with gin.config_scope('train'):
      assert len(take(1, TwitterBatches())[0][0]) == 32
    with gin.config_scope('eval'):
      assert len(take(1, TwitterBatches())[0][0]) == 200


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
    texts = [text for label in (1, 0) for text, of in first if of == label]
    assert texts == list(validation.texts)

  def test_bad_split_is_refused(self):
    with pytest.raises(UserError, match=r"TwitterSamples.split='dev'"):
      TwitterSamples('dev')


@pytest.mark.usefixtures('sample_corpus')
class TestTokenizeTweets:
  def test_tokenizes_text_alone_and_in_tuples(self):
    tokenizer = encoded_corpus().tokenizer
    ids = tokenizer.encode('thanks :)').tolist()
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

  def test_damaged_utf8_goes_through(self):
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
def test_data_streams_feed_the_trax_batcher():
  inputs = trax_inputs.batcher(
      data_streams=twitter_data_streams,
      variable_shapes=False,
      batch_size_per_device=8,
      eval_batch_size=200,
  )
  train = next(inputs.train_stream(1))
  assert train[0].shape == (8, encoded_corpus().max_length)
  (evaluation,) = itertools.islice(inputs.eval_stream(1), 1)
  # Trax's usual ten batches of 16 see both classes.
  assert evaluation[1].tolist() == [1, 0] * 100
  assert (evaluation[2] == 1).all()


def test_prefix_of_an_evaluation_has_the_proportions_of_uneven_classes(tmp_path):
  rows = [f'text{i},{label}' for label, n in (('a', 60), ('b', 30), ('c', 10))
          for i in range(n)]  # fmt: skip
  path = tmp_path / 'own.csv'
  path.write_text('text,label\n' + '\n'.join(rows) + '\n')
  gin.parse_config(f"""
      configured_corpus.corpus = @TextFileCorpus
      TextFileCorpus.train_path = '{path}'
      TextFileCorpus.validation_path = '{path}'
  """)
  source = TwitterBatches('validation', batch_size=20, balanced=False)
  labels = [batch[1] for batch in take(5, source)]
  assert [np.bincount(of, minlength=3).tolist() for of in labels] == [[12, 6, 2]] * 5


@pytest.mark.usefixtures('sample_corpus')
def test_data_streams_have_one_length_and_refuse_a_bad_one():
  train, evaluation = twitter_data_streams(max_length=5)
  assert {x.shape for x, _ in take(20, train) + take(20, evaluation)} == {(5,)}
  with pytest.raises(UserError, match='twitter_data_streams.max_length=0'):
    twitter_data_streams(max_length=0)


@needs_real_corpus
def test_validation_batches_hold_each_real_tweet_once(real_corpus):
  batches = take(10, TwitterBatches('validation', batch_size=200))
  inputs = np.concatenate([batch[0] for batch in batches])
  assert inputs.shape == (2000, 51)
  corpus = encoded_corpus()
  expected = corpus.validation.padded(corpus.max_length)
  assert (np.sort(inputs, axis=0) == np.sort(expected, axis=0)).all()
