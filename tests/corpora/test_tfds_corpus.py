"""Corpora from TFDS data sets."""

import numpy as np
import pytest
from runs import train

from trax_twitter_sentiment.corpora.tfds_corpus import TfdsCorpus
from trax_twitter_sentiment.errors import UserError


def _write_tfds(data_dir, labels):
  """Prepares a TFDS data set: 20 texts per split, with alternating labels."""
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
        ([0, 1], {'label_key': 'polarity'}, "no feature 'polarity'; the features are"),
    ],
)
def test_unknown_label_or_feature_is_named(tmp_path, labels, settings, message):
  name = _write_tfds(tmp_path, labels)
  with pytest.raises(UserError, match=message):
    TfdsCorpus(name, data_dir=str(tmp_path), **settings)


def test_corpus_is_made_again_in_another_working_folder(tmp_path, monkeypatch):
  name = _write_tfds(tmp_path / 'tfds', [0, 1])
  monkeypatch.chdir(tmp_path)
  corpus = TfdsCorpus(name, data_dir='tfds')
  monkeypatch.chdir('/')
  assert corpus.recipe.make().digest == corpus.digest


@pytest.mark.parametrize(
    ('name', 'settings', 'message'),
    [
        ('no_such_set', {}, "dataset_name='no_such_set' .*: Dataset no_such_set not"),
        ('moods:1.0.0', {'train_split': 'trian'}, "splits trian and test: .*'trian'"),
    ],
)
def test_missing_data_set_or_split_is_named_in_one_line(
    tmp_path, name, settings, message
):
  _write_tfds(tmp_path, [0, 1])
  with pytest.raises(UserError, match=message) as error:
    TfdsCorpus(name, data_dir=str(tmp_path), **settings)
  assert '\n' not in error.value.message
