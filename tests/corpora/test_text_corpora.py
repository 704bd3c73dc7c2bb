import builtins
import json

import gin
import numpy as np
import pytest
from runs import train

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.text_corpora import TextFileCorpus, TfdsCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import (
  encoded_corpus,
  vocabulary_size,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.streams import TwitterBatches, validation_steps


@pytest.fixture
def reviews(tmp_path):
  """Returns a function that writes a CSV file of 60 good and 40 bad reviews."""

  def write(name='reviews.csv', n_rows=100):
    rows = [
        f'great thing number {i},1' if i % 5 < 3 else f'awful thing number {i},0'
        for i in range(n_rows)
    ]
    (tmp_path / name).write_text('text,label\n' + '\n'.join(rows) + '\n')
    return str(tmp_path / name)

  return write


def test_part_of_each_class_is_held_out(reviews):
  corpus = TextFileCorpus(reviews(), validation_fraction=0.25)
  assert np.bincount(corpus.validation.labels).tolist() == [10, 15]
  assert np.bincount(corpus.train.labels).tolist() == [30, 45]
  texts = corpus.train.texts + corpus.validation.texts
  assert len(set(texts)) == 100
  for part in (corpus.train, corpus.validation):
    expected = [int('great' in text) for text in part.texts]
    assert part.labels.tolist() == expected


def test_same_seed_holds_out_the_same(reviews):
  path = reviews()
  first = TextFileCorpus(path, seed=1).validation.texts
  assert TextFileCorpus(path, seed=1).validation.texts == first
  assert TextFileCorpus(path, seed=2).validation.texts != first


def test_validation_file_is_taken_whole(reviews):
  corpus = TextFileCorpus(reviews(), validation_path=reviews('other.csv', 30))
  assert len(corpus.train.texts) == 100
  assert len(corpus.validation.texts) == 30


def test_labels_have_the_names_and_order_of_the_binding(tmp_path):
  path = tmp_path / 'a.jsonl'
  rows = [{'body': f'{i}', 'stars': s} for i in range(4) for s in ('low', 'mid', 'top')]
  path.write_text('\n'.join(map(json.dumps, rows)))
  corpus = TextFileCorpus(
      str(path),
      text_column='body',
      label_column='stars',
      labels=['low', 'mid', 'top'],
      validation_fraction=0.5,
  )
  assert sorted(corpus.train.labels.tolist()) == [0, 0, 1, 1, 2, 2]


def test_malformed_rows_are_refused_by_line_or_skipped_and_counted(reviews, capsys):
  path = reviews()
  with open(path, 'a') as file:
    file.write('no label\nfine,\nfine,1\n')
  with pytest.raises(UserError, match=r'reviews.csv, line 102: 1 columns'):
    TextFileCorpus(path)
  corpus = TextFileCorpus(path, on_malformed='skip')
  assert len(corpus.train.texts) + len(corpus.validation.texts) == 101
  assert '2 malformed rows were skipped' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'on_malformed': 'ignore'}, "TextFileCorpus.on_malformed='ignore' is not one"),
        ({'validation_fraction': 1.0}, 'validation_fraction=1.0 is not in'),
        ({'validation_fraction': 0.001}, 'too few to hold out'),
        ({'text_column': 'body'}, "line 1: no column 'body'; the columns are 'text'"),
        ({'labels': ['x', 'y', 'z']}, "too few texts of class 'z': 0"),
        ({'validation_path': '/nowhere.csv'}, '/nowhere.csv: No such file'),
    ],
)
def test_mistake_is_named(reviews, settings, message):
  with pytest.raises(UserError, match=message):
    TextFileCorpus(reviews(), **settings)


def test_vocabulary_can_be_capped(reviews):
  gin.bind_parameter('configured_corpus.corpus', TextFileCorpus)
  gin.bind_parameter('TextFileCorpus.train_path', reviews())
  full = vocabulary_size()
  gin.bind_parameter('encoded_corpus.min_token_count', 2)
  learned = encoded_corpus().vocabulary.tokens[3:]
  assert learned == ('great', 'thing', 'number', 'aw')
  assert 2 in encoded_corpus().train.ids
  gin.bind_parameter('encoded_corpus.max_vocabulary_size', 5)
  assert set(encoded_corpus().vocabulary.tokens[3:]) == {'thing', 'number'}
  assert full > 80
  gin.bind_parameter('encoded_corpus.max_vocabulary_size', 0)
  with pytest.raises(UserError, match='encoded_corpus.max_vocabulary_size=0'):
    vocabulary_size()


def test_unbalanced_batches_take_the_split_as_it_is(reviews):
  gin.bind_parameter('configured_corpus.corpus', TextFileCorpus)
  gin.bind_parameter('TextFileCorpus.train_path', reviews())
  assert validation_steps(batch_size=8) == 3
  batches = TwitterBatches('validation', batch_size=10, balanced=False)()
  labels = np.concatenate([next(batches)[1] for _ in range(2)])
  assert (labels == configured_corpus().validation.labels).all()
  _, balanced, _ = next(TwitterBatches(batch_size=10)())
  assert balanced.tolist() == [1] * 5 + [0] * 5


def test_batches_of_three_classes_have_equal_parts(tmp_path):
  rows = [f'{word} {i},{word}' for i in range(10) for word in ('a', 'b', 'c')]
  (tmp_path / 'abc.csv').write_text('text,label\n' + '\n'.join(rows))
  gin.bind_parameter('configured_corpus.corpus', TextFileCorpus)
  gin.bind_parameter('TextFileCorpus.train_path', str(tmp_path / 'abc.csv'))
  gin.bind_parameter('TextFileCorpus.labels', ['a', 'b', 'c'])
  _, targets, _ = next(TwitterBatches(batch_size=6)())
  assert targets.tolist() == [2, 2, 1, 1, 0, 0]
  batches = TwitterBatches(batch_size=16)()
  counts = np.bincount(np.concatenate([next(batches)[1] for _ in range(3)]))
  assert counts.tolist() == [16, 16, 16]


def test_three_classes_train_with_traxs_accuracy(tmp_path):
  words = {'low': 'bad', 'mid': 'so-so', 'top': 'good'}
  rows = [f'{word} {i},{name}' for i in range(40) for name, word in words.items()]
  (tmp_path / 'stars.csv').write_text('text,label\n' + '\n'.join(rows))
  loop = train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{tmp_path}/stars.csv'",
      "TextFileCorpus.labels=['low', 'mid', 'top']",
      'TwitterClassifier.output_dim=3',
      "train.metrics={'accuracy': @trax.layers.WeightedCategoryAccuracy()}",
      config='text_file.gin',
  )
  assert float(loop.history.get('eval', 'metrics/accuracy')[-1][1]) == 1


@pytest.mark.slow
def test_200_000_rows_train_and_are_read_once(reviews, tmp_path, monkeypatch):
  path = reviews('large.csv', 200_000)
  opened = []
  open_ = builtins.open

  def counting_open(file, *arguments, **options):
    opened.append(file)
    return open_(file, *arguments, **options)

  monkeypatch.setattr(builtins, 'open', counting_open)
  loop = train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{path}'",
      'train.eval_steps=10',
      'TweetTokenizer.add_characters=False',
      config='text_file.gin',
  )
  assert loop.step == 0
  assert opened.count(path) == 1


def _write_tfds(data_dir, labels):
  """Prepares a TFDS data set of 20 texts a split with labels in turn."""
  import tensorflow_datasets as tfds

  def rows():
    for i in range(20):
      label = labels[i % len(labels)]
      yield i, {'text': f'great {i}' if label else f'awful {i}', 'label': label}

  builder = tfds.dataset_builders.store_as_tfds_dataset(
      'moods',
      version='1.0.0',
      data_dir=data_dir,
      features=tfds.features.FeaturesDict(
          {'text': tfds.features.Text(), 'label': np.int64}
      ),
      split_datasets={'train': rows(), 'test': rows()},
  )
  return f'moods:{builder.version}'


def test_tfds_data_set_becomes_a_corpus(tmp_path):
  name = _write_tfds(tmp_path, [0, 4])
  corpus = TfdsCorpus(name, data_dir=str(tmp_path), labels=(0, 4))
  assert len(corpus.train.texts) == len(corpus.validation.texts) == 20
  expected = [int('great' in text) for text in corpus.train.texts]
  assert corpus.train.labels.tolist() == expected


def test_tfds_text_trains_on_a_local_data_set(tmp_path):
  name = _write_tfds(tmp_path, [0, 1])
  loop = train(
      tmp_path / 'run',
      f"TfdsCorpus.dataset_name='{name}'",
      f"TfdsCorpus.data_dir='{tmp_path}'",
      'TwitterBatches.batch_size=10',
      'validation_batch_size=10',
      'train.steps=20',
      'train.eval_frequency=20',
      config='tfds_text.gin',
  )
  assert float(loop.history.get('eval', 'metrics/accuracy')[-1][1]) == 1


@pytest.mark.parametrize(
    ('labels', 'settings', 'message'),
    [
        ([0, 2], {'labels': (0, 1)}, 'has a label 2, which is not among'),
        ([0, 1], {'label_key': 'polarity'}, "no feature 'polarity'; there are"),
    ],
)
def test_mistake_in_a_tfds_data_set_is_named(tmp_path, labels, settings, message):
  name = _write_tfds(tmp_path, labels)
  with pytest.raises(UserError, match=message):
    TfdsCorpus(name, data_dir=str(tmp_path), **settings)
