"""The TFDS data set `twitter_samples`."""

import os
import re
import subprocess
import sys

import gin
import numpy as np
import pytest
import tensorflow_datasets as tfds
from conftest import (
    LAUNCHER,
    NLTK_DATA,
    REPOSITORY,
    needs_real_corpus,
    run_python,
)
from trax import data

from trax_twitter_sentiment.corpora import nltk_data
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.text.emoticons import remove_emoticons
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer
from trax_twitter_sentiment.tfds import twitter_samples  # noqa: F401  (registers)

REGISTER = 'import trax_twitter_sentiment.tfds.twitter_samples'


@pytest.fixture(scope='module')
def sample_dir(tmp_path_factory):
  """Prepares the data set of the bundled sample; returns its folder."""
  folder = tmp_path_factory.mktemp('sample')
  tfds.builder('twitter_samples/sample', data_dir=folder).download_and_prepare()
  return folder


def texts_and_labels(name, split, data_dir):
  rows = tfds.as_numpy(tfds.load(name, split=split, data_dir=data_dir))
  return sorted((row['text'].decode(), int(row['label'])) for row in rows)


def expected(examples, clean=str):
  texts = map(clean, examples.texts)
  return sorted(zip(texts, examples.labels.tolist(), strict=True))


def test_test_split_is_another_name_for_validation(sample_dir):
  rows = [
      texts_and_labels('twitter_samples/sample', split, sample_dir)
      for split in ('test', 'validation', 'test[:10%]')
  ]
  assert rows[0] == rows[1]
  assert len(rows[2]) == 20


def accuracies(result):
  """Returns the evaluation accuracies that a trainer printed."""
  assert result.returncode == 0, result.stderr
  return [float(x) for x in re.findall(r'eval +accuracy \| +([\d.]+)', result.stdout)]


def test_info_is_complete_before_the_data_set_is_prepared(tmp_path):
  builder = tfds.builder('twitter_samples', data_dir=tmp_path)
  info = builder.info
  assert builder.builder_config.name == 'plain_text'
  assert {'no_emoticons', 'sample'} < set(builder.builder_configs)
  assert isinstance(info.features['text'], tfds.features.Text)
  assert info.features['label'].names == ['negative', 'positive']
  assert info.supervised_keys == ('text', 'label')
  assert {name: split.num_examples for name, split in info.splits.items()} == {
      'train': 8000,
      'validation': 2000,
  }
  assert 'Bird' in info.citation
  assert 'Twitter Developer Agreement' in info.redistribution_info.license
  assert not list(tmp_path.iterdir())


@needs_real_corpus
@pytest.mark.parametrize(
    ('name', 'clean'),
    [('twitter_samples', str), ('twitter_samples/no_emoticons', remove_emoticons)],
)
def test_data_set_contains_all_real_tweets(real_corpus, tmp_path, name, clean):
  tweets = TwitterCorpus()
  for split, n_examples in (('train', 8000), ('validation', 2000)):
    actual = texts_and_labels(name, split, tmp_path)
    assert len(actual) == n_examples
    assert actual == expected(getattr(tweets, split), clean)


def test_data_set_contains_the_sample(sample_dir):
  tweets = TwitterCorpus('sample')
  for split in ('train', 'validation'):
    actual = texts_and_labels('twitter_samples/sample', split, sample_dir)
    assert actual == expected(getattr(tweets, split))


def test_source_bound_in_gin_does_not_change_the_data_set(sample_dir, tmp_path):
  gin.bind_parameter('TwitterCorpus.source', 'web')
  actual = texts_and_labels('twitter_samples/sample', 'validation', tmp_path)
  assert actual == expected(TwitterCorpus('sample').validation)


def test_classes_are_mixed_in_a_reproducible_order(sample_dir, tmp_path):
  orders = [
      [
          int(label)
          for _, label in tfds.load(
              'twitter_samples/sample',
              split='train',
              data_dir=folder,
              as_supervised=True,
          )
      ]
      for folder in (sample_dir, tmp_path)
  ]
  assert orders[0] == orders[1]
  assert 0.3 < np.mean(orders[0][:100]) < 0.7


@pytest.mark.parametrize(
    ('text', 'expected_text'),
    [
        ('fun :) https://t.co/aB3', 'fun   https://t.co/aB3'),
        ('http://t.co/x :( http://t.co/y', 'http://t.co/x   http://t.co/y'),
        ('see https://t.co/aB3:(', 'see https://t.co/aB3 '),
        ('https://a.com/b?x=D&y=3#p', 'https://a.com/b?x=D&y=3#p'),
        ('one\ntwo ;)\n', 'one\ntwo  \n'),
    ],
)
def test_remove_emoticons_keeps_links(text, expected_text):
  assert remove_emoticons(text) == expected_text


@needs_real_corpus
def test_no_emoticons_has_the_tokens_of_keep_emoticons_false(real_corpus):
  stop_words = TwitterCorpus().stop_words
  tokenizer = TweetTokenizer(stop_words=stop_words)
  removing = TweetTokenizer(stop_words=stop_words, keep_emoticons=False)
  for text in TwitterCorpus().validation.texts:
    assert tokenizer.tokenize(remove_emoticons(text)) == removing.tokenize(text)


def test_missing_corpus_is_an_error_before_preparation(
    tmp_path, only_nltk_data, monkeypatch
):
  only_nltk_data(tmp_path / 'nowhere')
  monkeypatch.setattr(nltk_data, 'download', lambda packages: 'no network')
  builder = tfds.builder('twitter_samples', data_dir=tmp_path)
  with pytest.raises(UserError, match='python -m nltk.downloader twitter_samples'):
    builder.download_and_prepare()
  assert not builder.data_path.exists()


def test_builder_uses_the_data_of_another_builder(
    tmp_path, write_corpus, only_nltk_data
):
  only_nltk_data(write_corpus(['good :)'] * 10, ['bad :('] * 5))
  first, second = (
      tfds.builder('twitter_samples', data_dir=tmp_path) for _ in range(2)
  )
  first.download_and_prepare()
  second.download_and_prepare()
  assert second.info.splits['train'].num_examples == 8 + 4
  assert len(list(second.as_dataset(split='validation'))) == 2 + 1


LOAD_OFFLINE = f"""
import socket, sys

def refuse(*arguments):
  raise OSError('no network')

socket.socket.connect = socket.getaddrinfo = refuse
import tensorflow_datasets as tfds
{REGISTER}
for split in ('train', 'validation'):
  print(len(tfds.load(sys.argv[1], split=split)))
print('trax' in sys.modules)
"""


def test_sample_loads_offline_with_progress_bars_and_without_trax(tmp_path):
  result = run_python(
      '-c', LOAD_OFFLINE, 'twitter_samples/sample', TFDS_DATA_DIR=str(tmp_path)
  )
  assert result.stdout.split()[-3:] == ['800', '200', 'False'], result.stderr
  assert 'Generating splits...' in result.stderr
  assert '/800 [' in result.stderr


@needs_real_corpus
def test_real_tweets_load_offline(tmp_path):
  result = run_python(
      '-c',
      LOAD_OFFLINE,
      'twitter_samples',
      TFDS_DATA_DIR=str(tmp_path),
      NLTK_DATA=NLTK_DATA,
  )
  assert result.stdout.split()[-3:] == ['8000', '2000', 'False'], result.stderr


# For each line of standard input, prepares the data set in that folder and prints the
# number of training tweets. Equal random seeds make TFDS use equal temporary folders.
PREPARE = f"""
import random, sys
import tensorflow_datasets as tfds
{REGISTER}
tfds.load('twitter_samples/sample', data_dir=sys.argv[1])
for folder in sys.stdin:
  random.seed(0)
  train = tfds.load('twitter_samples/sample', data_dir=folder.strip(), split='train')
  print(sum(1 for _ in train), flush=True)
"""


@pytest.mark.slow
def test_three_processes_prepare_one_folder_at_once(tmp_path, sample_dir):
  processes = [
      subprocess.Popen(
          [sys.executable, '-c', PREPARE, str(tmp_path / f'own{i}')],
          stdin=subprocess.PIPE,
          stdout=subprocess.PIPE,
          stderr=subprocess.PIPE,
          text=True,
      )
      for i in range(3)
  ]
  # Each process first prepares a folder of its own, so all of them are ready.
  for process in processes:
    while not process.stdout.readline().startswith('Dataset twitter_samples'):
      assert process.poll() is None, process.stderr.read()
  folders = [tmp_path / f'shared{i}' for i in range(5)]
  for folder in folders:
    for process in processes:
      process.stdin.write(f'{folder}\n')
      process.stdin.flush()
  for process in processes:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert output.split('\n').count('800') == len(folders)
  expected_examples = texts_and_labels('twitter_samples/sample', 'train', sample_dir)
  for folder in folders:
    actual = texts_and_labels('twitter_samples/sample', 'train', folder)
    assert actual == expected_examples
    versions = os.listdir(folder / 'twitter_samples' / 'sample')
    assert sorted(versions) == ['.lock', '1.0.0']


def test_tfds_source_of_trax_yields_texts_and_labels(tmp_path):
  source = data.TFDS(
      'twitter_samples/sample', data_dir=tmp_path, keys=('text', 'label'), train=False
  )
  stream = source()
  examples = [next(stream) for _ in range(200)]
  assert sorted((text.decode(), int(label)) for text, label in examples) == expected(
      TwitterCorpus('sample').validation
  )


@pytest.mark.slow
@needs_real_corpus
def test_gin_file_reaches_0_99_on_real_tweets(tmp_path):
  result = run_python(
      *LAUNCHER,
      f'--config_file={REPOSITORY / "gin_configs" / "twitter_tfds.gin"}',
      f'--output_dir={tmp_path / "run"}',
      cwd=tmp_path,
      HOME=str(tmp_path),
      NLTK_DATA=NLTK_DATA,
  )
  assert accuracies(result)[-1] >= 0.99
  assert (tmp_path / 'run' / 'tokenizer.json').exists()
  assert (tmp_path / 'tensorflow_datasets' / 'twitter_samples').is_dir()
