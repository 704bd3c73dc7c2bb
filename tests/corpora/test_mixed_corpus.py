"""A corpus that joins the training splits of several corpora."""

import json

import numpy as np
import pytest
from runs import train

from trax_twitter_sentiment.corpora import text_files
from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.corpora.mixed_corpus import MixedCorpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.training.batches import TwitterBatches
from trax_twitter_sentiment.training.streams import TwitterSamples, twitter_data_streams


def corpus(name, class_names, weights=None):
  texts = tuple(f'{name} {class_name}' for class_name in class_names)
  examples = Examples(texts, np.arange(len(texts), dtype=np.int32), weights)
  return Corpus(name, examples, examples, frozenset([name]), class_names)


MINE = corpus('mine', ('a', 'b', 'c'))
THEIRS = corpus('theirs', ('c', 'a'), np.array([1, 3], np.float32))


def test_first_corpus_defines_classes_and_validation_split():
  mixed = MixedCorpus([lambda: MINE, lambda: THEIRS], [1.0, 0.5])
  assert mixed.name == 'mine + theirs'
  assert mixed.class_names == ('a', 'b', 'c')
  assert mixed.train.texts == ('mine a', 'mine b', 'mine c', 'theirs c', 'theirs a')
  assert mixed.train.labels.tolist() == [0, 1, 2, 2, 0]
  assert mixed.train.weights.tolist() == [1, 1, 1, 0.5, 1.5]
  assert mixed.validation is MINE.validation
  assert mixed.stop_words == {'mine'}


def test_weights_are_none_by_default():
  assert MixedCorpus([lambda: MINE, lambda: MINE]).train.weights is None


@pytest.mark.parametrize(
    ('corpora', 'weights', 'message'),
    [
        ([], None, r'MixedCorpus.corpora=\[\] is not a list of one or more'),
        (MINE, None, 'is not a list of one or more corpora'),
        ([lambda: MINE], [1, 2], 'not a list of 1 numbers'),
        ([lambda: MINE], [0], 'MixedCorpus.weights=0 is not a positive'),
        ([lambda: THEIRS, lambda: MINE], None, 'mine has the classes b, but the first'),
    ],
)
def test_bad_setting_is_named(corpora, weights, message):
  with pytest.raises(UserError, match=message):
    MixedCorpus(corpora, weights)


@pytest.fixture
def mixed_bindings(tmp_path):
  def write(name, words):
    rows = [
        json.dumps({'text': f'{word} no. {i}', 'label': label})
        for i in range(20)
        for label, word in words.items()
    ]
    (tmp_path / name).write_text('\n'.join(rows))

  write('mine', {'bad': 'boo', 'good': 'yay'})
  write('theirs', {'good': 'boo', 'bad': 'yay'})  # The classes are exchanged.
  return [
      'configured_corpus.corpus=@MixedCorpus',
      'MixedCorpus.corpora=[@TextFileCorpus, @theirs/TextFileCorpus]',
      f"TextFileCorpus.train_path='{tmp_path}/mine'",
      f"theirs/TextFileCorpus.train_path='{tmp_path}/theirs'",
  ]


@pytest.mark.parametrize('weight', [0.1, 10])
def test_larger_weight_decides_predictions(mixed_bindings, tmp_path, weight):
  folder = tmp_path / 'run'
  weights = f'MixedCorpus.weights=[1, {weight}]'
  train(folder, *mixed_bindings, weights, config='text_file.gin')
  predictor = SentimentPredictor.load(folder)
  expected = 'good' if weight < 1 else 'bad'
  assert predictor.predict(['yay'])[0].name == expected
  # Batches have the same weights.
  _, _, weights = next(TwitterBatches(split='train', batch_size=64)())
  assert set(weights.tolist()) == {1.0, np.float32(weight)}
  with pytest.raises(UserError, match='TwitterSamples gives each text the same'):
    TwitterSamples(split='train')
  with pytest.raises(UserError, match='twitter_data_streams gives each text the same'):
    twitter_data_streams()


def test_run_restores_its_corpus_and_warns_of_changes(mixed_bindings, tmp_path, capsys):
  folder = tmp_path / 'run'
  train(folder, *mixed_bindings, config='text_file.gin')
  trained_on = configured_corpus()
  corpus = Run(folder).corpus()
  assert corpus.name == trained_on.name
  assert corpus.validation.texts == trained_on.validation.texts
  assert 'WARNING' not in capsys.readouterr().err
  rows = (tmp_path / 'theirs').read_text()
  (tmp_path / 'theirs').write_text(rows + '\n' + rows.replace('yay', 'yippie'))
  text_files.read_files.cache_clear()
  Run(folder).corpus()
  assert 'has changed since the run began' in capsys.readouterr().err
