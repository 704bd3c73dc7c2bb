"""Batches of token ids, labels and weights."""

import itertools
import random

import gin
import numpy as np
import pytest
from conftest import needs_real_corpus

from trax_twitter_sentiment.corpora import text_corpora  # noqa: F401  (registers)
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.batches import TwitterBatches
from trax_twitter_sentiment.training.streams import TwitterSamples


def take(n, source):
  return list(itertools.islice(source(), n))


def test_batch_has_the_documented_shapes_and_dtypes(sample_corpus):
  ((inputs, targets, weights),) = take(1, TwitterBatches(batch_size=6))
  assert inputs.shape == (6, encoded_corpus().max_length)
  assert targets.tolist() == [1, 1, 1, 0, 0, 0]
  assert weights.tolist() == [1.0] * 6
  assert (inputs.dtype, targets.dtype, weights.dtype) == (
      np.int32, np.int32, np.float32,
  )  # fmt: skip


def test_all_batches_of_both_splits_have_one_length(sample_corpus):
  batches = take(30, TwitterBatches()) + take(30, TwitterBatches('validation'))
  assert {inputs.shape for inputs, _, _ in batches} == {
      (16, encoded_corpus().max_length)
  }


def test_each_epoch_has_every_tweet_once_in_a_new_order(sample_corpus):
  batches = take(2 * 800 // 20, TwitterBatches(batch_size=20))
  inputs = np.concatenate([batch[0] for batch in batches])
  epochs = inputs[:800], inputs[800:]
  corpus = encoded_corpus()
  expected = np.sort(corpus.train.padded(corpus.max_length), axis=0)
  for epoch in epochs:
    assert (np.sort(epoch, axis=0) == expected).all()
  assert (epochs[0] != epochs[1]).any()


def test_validation_batches_repeat_the_split_in_order(sample_corpus):
  batches = take(4, TwitterBatches('validation', batch_size=100))
  first, again = batches[:2], batches[2:]
  corpus = encoded_corpus()
  inputs = corpus.validation.padded(corpus.max_length)
  for half in (first, again):
    positives = np.concatenate([batch[0][:50] for batch in half])
    negatives = np.concatenate([batch[0][50:] for batch in half])
    assert (np.concatenate([positives, negatives]) == inputs).all()


def test_batch_at_the_end_of_an_epoch_is_filled_from_the_next(sample_corpus):
  batches = take(8, TwitterBatches('validation', batch_size=60))
  corpus = encoded_corpus()
  positives = corpus.validation.padded(corpus.max_length)[:100]
  rows = np.concatenate([inputs[:30] for inputs, _, _ in batches])
  assert (rows == np.concatenate([positives] * 3)[: len(rows)]).all()


def test_batches_depend_on_the_seed_but_not_on_global_state(sample_corpus):
  runs = []
  for state in (1, 2):
    random.seed(state)
    np.random.seed(state)
    runs.append(take(60, TwitterBatches(seed=7)))
  for a, b in zip(*runs, strict=True):
    assert all((x == y).all() for x, y in zip(a, b, strict=True))
  other = take(1, TwitterBatches(seed=8))
  assert (runs[0][0][0] != other[0][0]).any()


def test_streams_do_not_change_global_random_state(sample_corpus):
  np.random.seed(3)
  random.seed(3)
  take(10, TwitterBatches())
  take(10, TwitterSamples())
  drawn = (np.random.rand(), random.random())
  np.random.seed(3)
  random.seed(3)
  assert drawn == (np.random.rand(), random.random())


def test_two_streams_of_one_source_are_independent(sample_corpus):
  source = TwitterBatches()
  first, second = source(), source()
  next(first)
  next(first)
  again = source()
  assert (next(second)[0] == next(again)[0]).all()


def test_max_length_cuts_texts(sample_corpus):
  ((inputs, _, _),) = take(1, TwitterBatches(max_length=3))
  assert inputs.shape == (16, 3)


def test_pad_each_batch_pads_to_the_longest_tweet_of_a_batch(sample_corpus):
  batches = take(20, TwitterBatches(pad_each_batch=True, batch_size=4))
  assert len({inputs.shape[1] for inputs, _, _ in batches}) > 1
  assert all((inputs[:, -1] != 0).any() for inputs, _, _ in batches)


@pytest.mark.parametrize('batch_size', [0, -2, 3, 16.0, '16', True])
def test_bad_batch_size_is_refused(sample_corpus, batch_size):
  with pytest.raises(UserError, match=r'TwitterBatches.batch_size=.*(even|positive)'):
    TwitterBatches(batch_size=batch_size)


def test_bad_split_is_refused(sample_corpus):
  with pytest.raises(UserError, match=r"TwitterBatches.split='test'.*'validation'"):
    TwitterBatches(split='test')


@pytest.mark.parametrize('max_length', [0, -1, 2.5])
def test_bad_max_length_is_refused(sample_corpus, max_length):
  with pytest.raises(UserError, match='TwitterBatches.max_length'):
    TwitterBatches(max_length=max_length)


@pytest.mark.parametrize('seed', [-1, None, 1.5])
def test_bad_seed_is_refused(sample_corpus, seed):
  with pytest.raises(UserError, match='TwitterBatches.seed'):
    TwitterBatches(seed=seed)


def test_batch_size_of_a_scope_overrides_the_unscoped_one(sample_corpus):
  gin.bind_parameter('eval/TwitterBatches.batch_size', 200)
  gin.bind_parameter('TwitterBatches.batch_size', 32)
  with gin.config_scope('train'):
    assert len(take(1, TwitterBatches())[0][0]) == 32
  with gin.config_scope('eval'):
    assert len(take(1, TwitterBatches())[0][0]) == 200


def test_each_validation_batch_has_the_class_proportions_of_the_split(tmp_path):
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
  assert [np.bincount(batch, minlength=3).tolist() for batch in labels] == [
      [12, 6, 2]
  ] * 5


@needs_real_corpus
def test_validation_batches_contain_each_real_tweet_once(real_corpus):
  batches = take(10, TwitterBatches('validation', batch_size=200))
  inputs = np.concatenate([batch[0] for batch in batches])
  assert inputs.shape == (2000, 51)
  corpus = encoded_corpus()
  expected = corpus.validation.padded(corpus.max_length)
  assert (np.sort(inputs, axis=0) == np.sort(expected, axis=0)).all()
