from functools import partial

import gin
import numpy as np
import pytest

from trax_twitter_sentiment.encoding.encoded_corpus import (
    encoded_corpus,
    vocabulary_size,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.notebook.sentiment_network import SentimentNetwork
from trax_twitter_sentiment.notebook.tensors import TensorBuilder, TensorGenerator
from trax_twitter_sentiment.training.batches import TwitterBatches

pytestmark = pytest.mark.usefixtures('sample_corpus')


def test_builder_has_the_tweets_and_their_vocabulary():
  converter = TensorBuilder()
  assert len(converter.positive_training) == len(converter.negative_training) == 400
  assert len(converter.positive_validation) == 100
  assert len(converter.positive) == len(converter.negative) == 500
  assert converter.positive[: converter.split] == converter.positive_training
  assert len(converter.x_train) == 800
  assert converter.process('thanks :)') == ['thank', ':)']
  assert len(converter.vocabulary) == vocabulary_size()
  assert converter.vocabulary['__UNK__'] == 2
  ids = converter.to_tensor('thanks unseenword :)')
  assert ids == [converter.vocabulary['thank'], 2, converter.vocabulary[':)']]


def test_ordered_pass_equals_twitter_batches_padded_each():
  converter = TensorBuilder()
  generator = TensorGenerator(
      converter,
      positive_data=converter.positive_validation,
      negative_data=converter.negative_validation,
      batch_size=16,
      infinite=False,
  )
  batches = list(generator)
  assert [len(inputs) for inputs, _, _ in batches] == [16] * 12 + [8]
  expected = TwitterBatches('validation', batch_size=16, pad_each_batch=True)()
  for batch in batches[:-1]:
    for a, b in zip(batch, next(expected), strict=True):
      np.testing.assert_array_equal(a, b)


def test_endless_generator_shuffles_each_epoch():
  converter = TensorBuilder()
  generator = TensorGenerator(
      converter, converter.positive_training, converter.negative_training, 80
  )
  epochs = [[next(generator)[0] for _ in range(10)] for _ in range(2)]
  tokens = [np.sort(np.concatenate([b[b > 0] for b in e])) for e in epochs]
  np.testing.assert_array_equal(tokens[0], tokens[1])
  np.testing.assert_array_equal(tokens[0], np.sort(encoded_corpus().train.ids))
  assert epochs[0][0].shape != epochs[1][0].shape or (
      epochs[0][0] != epochs[1][0]
  ).any()


@pytest.mark.parametrize('n_negatives', [1, 90])
def test_ordered_pass_contains_each_tweet_of_unequal_classes(n_negatives):
  texts = TensorBuilder().x_train
  generator = TensorGenerator(
      TensorBuilder(), texts[:100], texts[400 : 400 + n_negatives], infinite=False
  )
  targets = np.concatenate([targets for _, targets, _ in generator])
  assert np.bincount(targets).tolist() == [n_negatives, 100]


@pytest.mark.parametrize('infinite', [False, True])
def test_class_without_tweets_is_refused(infinite):
  with pytest.raises(UserError, match='TensorGenerator.negative_data is empty'):
    TensorGenerator(TensorBuilder(), ['a'], [], infinite=infinite)


def test_corpus_of_three_classes_is_refused(tmp_path):
  rows = ''.join(f'word{i},{"xyz"[i % 3]}\n' for i in range(30))
  (tmp_path / 'a.csv').write_text(f'text,label\n{rows}')
  gin.parse_config([
      'configured_corpus.corpus=@TextFileCorpus',
      f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
  ])
  with pytest.raises(UserError, match='requires a corpus of two classes.* x, y, z'):
    TensorBuilder()


def test_odd_batch_size_is_refused():
  with pytest.raises(UserError, match='TensorGenerator.batch_size=3 is odd'):
    TensorGenerator(TensorBuilder(), ['a'], ['b'], batch_size=3)


def test_notebooks_cells_train_a_network(tmp_path):
  converter = TensorBuilder()
  train_generator = partial(
      TensorGenerator,
      converter,
      positive_data=converter.positive_training,
      negative_data=converter.negative_training,
      batch_size=16,
  )
  valid_generator = partial(
      TensorGenerator,
      converter,
      positive_data=converter.positive_validation,
      negative_data=converter.negative_validation,
      batch_size=16,
  )
  trainer = SentimentNetwork(
      vocabulary_size=len(converter.vocabulary),
      training_generator=train_generator(),
      validation_generator=valid_generator(),
      training_loops=20,
      output_path=tmp_path,
  )
  trainer.fit()
  inputs, targets, _ = next(train_generator(batch_size=16))
  predictions = trainer.training_loop.eval_model(inputs)
  assert ((predictions[:, 1] > predictions[:, 0]) == targets).mean() > 0.8
  assert (tmp_path / 'tokenizer.json').exists()
