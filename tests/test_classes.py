"""Runs of more than two classes, from the file to the report."""

import json
import pathlib

import numpy as np
import pytest
from conftest import run_python
from runs import train
from sklearn import metrics

from trax_twitter_sentiment.predictor import SentimentPredictor

WORDS = {'angry': 'furious', 'calm': 'gentle', 'sad': 'gloomy', 'zany': 'silly'}


def write(path, n):
  rng = np.random.default_rng(n)
  rows = []
  for i in range(n):
    name = list(WORDS)[i % 4]
    # Every fifth is as good as a guess.
    word = WORDS[name] if i % 5 else rng.choice([*WORDS.values()])
    rows.append(json.dumps({'text': f'what a {word} day {i % 9}', 'label': name}))
  path.write_text('\n'.join(rows) + '\n')


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('classes')
  write(folder / 'moods.jsonl', 400)
  loop = train(
      folder / 'run',
      f"TextFileCorpus.train_path='{folder}/moods.jsonl'",
      'TwitterBatches.batch_size=30',  # No multiple of 4.
      'validation_batch_size=30',  # Nor does it fill the last of three.
      'train.steps=40',
      'train.eval_frequency=20',
      "train.checkpoint_highest='macro_f1'",
      config='text_file.gin',
  )
  return folder / 'run', loop


def command(module, run, *arguments):
  result = run_python(
      '-m', f'trax_twitter_sentiment.{module}', f'--model_dir={run[0]}', *arguments
  )
  assert result.returncode == 0, result.stderr
  return result.stdout


def test_classes_of_the_file_are_those_of_the_run(run):
  predictor = SentimentPredictor.load(run[0])
  assert predictor.class_names == ('angry', 'calm', 'sad', 'zany')
  (prediction,) = predictor.predict(['so gloomy'])
  assert (prediction.label, prediction.name) == (2, 'sad')
  assert max(prediction.probabilities, key=prediction.probabilities.get) == 'sad'
  assert sum(prediction.probabilities.values()) == pytest.approx(1)


def test_run_is_evaluated_on_its_own_validation_part(run):
  scores = json.loads(command('evaluate', run, '--format=json'))['as_is']
  for name in ('accuracy', 'macro_f1'):
    ((_, last),) = run[1].history.get('eval', f'metrics/{name}')[-1:]
    assert scores[name]['value'] == pytest.approx(float(last), abs=1e-6)
  assert np.sum(scores['confusion_matrix']) == 80
  assert [s['support'] for s in scores['classes'].values()] == [20] * 4


def test_figures_are_scikit_learns(run, tmp_path):
  write(tmp_path / 'new.jsonl', 90)
  rows = [json.loads(line) for line in (tmp_path / 'new.jsonl').open()]
  path = f'--input={tmp_path}/new.jsonl'
  found = json.loads(command('evaluate', run, path, '--format=json'))['as_is']
  predictions = SentimentPredictor.load(run[0]).predict([r['text'] for r in rows])
  called, truth = [p.name for p in predictions], [r['label'] for r in rows]
  assert found['macro_f1']['value'] == pytest.approx(
      metrics.f1_score(truth, called, average='macro')
  )
  assert found['macro_recall']['value'] == pytest.approx(
      metrics.balanced_accuracy_score(truth, called)
  )
  assert found['log_loss']['value'] == pytest.approx(
      metrics.log_loss(truth, [[*p.probabilities.values()] for p in predictions])
  )
  table = command('evaluate', run, path)
  for title in ('macro F1', 'angry / calm / sad / zany', 'precision / recall / F1'):
    assert title in table
  assert 'ROC AUC' not in table


def test_tables_have_names_and_probabilities(run):
  output = command('predict', run, '--format=tsv', 'so gloomy')
  header, row = (line.split('\t') for line in output.splitlines())
  assert header == [
      'label', 'name', 'p_angry', 'p_calm', 'p_sad', 'p_zany', 'n_tokens', 'text',
      'row',
  ]  # fmt: skip
  assert row[:2] == ['2', 'sad']
  assert sum(map(float, row[2:6])) == pytest.approx(1, abs=1e-5)


def test_shares_add_up_to_the_class_against_the_others(run):
  predictor = SentimentPredictor.load(run[0])
  explanation = predictor.explain('a gloomy, silly, gloomy day')
  scores = np.array(explanation.prediction.log_probabilities)
  label = explanation.prediction.label
  expected = scores[label] - np.delete(scores, label).mean()
  total = sum(explanation.shares) + explanation.bias
  assert total == pytest.approx(expected)
  assert total == pytest.approx(explanation.prediction.log_odds)
  shares = dict(zip(explanation.tokens, explanation.shares, strict=True))
  assert max(shares, key=shares.get) == 'gloomy'


def test_report_shows_every_class(run):
  page = pathlib.Path(command('report', run).strip()).read_text()
  for name in WORDS:
    assert f'For {name}' in page
  assert 'macro F1' in page
  assert '80 texts (20 angry, 20 calm, 20 sad, 20 zany)' in page


def test_checkpoint_of_the_highest_macro_f1_is_kept(run):
  assert list(run[0].glob('highest_macro_f1*'))


@pytest.mark.parametrize(
    ('labels', 'message'),
    [
        (['a'] * 9, "all labels are of one class, 'a'"),
        (['a'] * 9 + ['b'], "too few texts of class 'b': 1"),
    ],
)
def test_too_few_classes_or_texts_are_named(tmp_path, labels, message):
  rows = ''.join(f'text {i},{label}\n' for i, label in enumerate(labels))
  (tmp_path / 'a.csv').write_text(f'text,label\n{rows}')
  with pytest.raises(ValueError, match=message):
    train(
        tmp_path / 'run',
        f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
        config='text_file.gin',
    )
