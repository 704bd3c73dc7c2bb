"""Several runs as one predictor."""

import json
import shutil

import numpy as np
import pytest
from conftest import run_python

from trax_twitter_sentiment import SentimentPredictor
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.run import MODEL_FILE, Run

TEXTS = ['so happy :)', 'I hate this', '', 'good movie']


@pytest.fixture(scope='module')
def folders(run_dir, encoder_run_dir):
  return [str(run_dir), str(encoder_run_dir)]


@pytest.fixture(scope='module')
def combined(folders):
  return SentimentPredictor.load(folders)


def test_prediction_is_the_renormalized_mean_of_log_probabilities(folders, combined):
  first, second = (
      SentimentPredictor.load(folder).score(TEXTS).log_probabilities
      for folder in folders
  )
  mean = (first + second) / 2
  mean -= np.log(np.exp(mean).sum(axis=1, keepdims=True))
  np.testing.assert_allclose(combined.score(TEXTS).log_probabilities, mean, atol=1e-6)
  rows = [p.log_probabilities for p in combined.predict(TEXTS)]
  np.testing.assert_allclose(rows, mean, atol=1e-6)
  np.testing.assert_allclose(np.exp(mean).sum(axis=1), 1)
  backwards = SentimentPredictor.load(folders[::-1])
  np.testing.assert_allclose(
      backwards.score(TEXTS).log_probabilities, mean, atol=1e-6
  )


def test_variants_and_validation_texts_are_averaged_too(folders, combined):
  corpus = Run(folders[0]).corpus()
  for name, variant in combined.emoticon_variants().items():
    parts = [SentimentPredictor.load(folder).emoticon_variants() for folder in folders]
    mean = np.mean(
        [part[name].validation_log_probabilities(corpus) for part in parts], axis=0
    )
    mean -= np.logaddexp.reduce(mean, axis=1, keepdims=True)
    np.testing.assert_allclose(
        variant.validation_log_probabilities(corpus), mean, atol=1e-6
    )


def test_explanation_is_that_of_the_additive_run_and_names_it(folders, combined):
  assert combined.explains
  explanation = combined.explain('so happy :)')
  alone = SentimentPredictor.load(folders[0]).explain('so happy :)')
  assert explanation.source == folders[0]
  assert explanation.shares == alone.shares
  assert explanation.log_odds == pytest.approx(alone.prediction.log_odds)
  assert explanation.rest == pytest.approx(alone.rest)
  (prediction,) = combined.predict(['so happy :)'])
  assert explanation.prediction == prediction != alone.prediction
  assert folders[0] in explanation._repr_html_()


def test_runs_of_different_classes_are_refused(folders, tmp_path):
  other = shutil.copytree(folders[1], tmp_path / 'other')
  fields = json.loads((other / MODEL_FILE).read_text())
  fields['class_names'] = ['bad', 'good']
  (other / MODEL_FILE).write_text(json.dumps(fields))
  with pytest.raises(UserError, match=r'different classes \(negative, positive; bad'):
    SentimentPredictor.load([folders[0], other])


@pytest.mark.parametrize('dirs', [['x', 'x'], 'x,x', 'x, ./x', 'x,x/', 'x,link'])
def test_run_named_twice_is_refused(tmp_path, monkeypatch, dirs):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'x').mkdir()
  (tmp_path / 'link').symlink_to('x')
  with pytest.raises(UserError, match='names one directory twice'):
    SentimentPredictor.load(dirs)


def test_no_run_is_refused():
  with pytest.raises(UserError, match=r'model_dir=\[\] names no directory'):
    SentimentPredictor.load([])


def test_folder_with_a_comma_is_one_folder(folders, tmp_path):
  folder = tmp_path / 'a,b '
  folder.symlink_to(folders[0])
  assert SentimentPredictor.load(folder).predict(TEXTS)


def test_commands_accept_several_runs(folders):
  dirs = f'--model_dir={",".join(folders)}'

  def run(command, *arguments):
    result = run_python(
        '-m', f'trax_twitter_sentiment.{command}', dirs, *arguments
    )
    return result

  result = run('predict', '--explain', '--format=jsonl', 'so happy :)')
  fields = json.loads(result.stdout)
  (prediction,) = SentimentPredictor.load(folders).predict(['so happy :)'])
  assert fields['probabilities'] == pytest.approx(prediction.probabilities)
  assert fields['explained_run'] == folders[0]
  result = run('predict', '--explain', 'so happy :)')
  assert f'(log-odds, by {folders[0]} alone)' in result.stdout
  result = run('evaluate', '--format=json')
  assert json.loads(result.stdout)['as_is']['accuracy']['n_examples'] == 200
  assert 'WARNING' not in result.stderr
  result = run('report')
  assert result.returncode == 1
  assert 'names several runs, but a report is about one' in result.stderr
