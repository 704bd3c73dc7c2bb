"""Runs with four classes, from the file to the report."""

import json
import pathlib

import gin
import numpy as np
import pytest
from conftest import run_python
from runs import train
from served import serving
from sklearn import metrics

from trax_twitter_sentiment.corpora.text_corpora import TextFileCorpus, TweetEvalCorpus
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.training.batches import TwitterBatches

WORDS = {'angry': 'furious', 'calm': 'gentle', 'sad': 'gloomy', 'zany': 'silly'}


def write(path, n):
  rng = np.random.default_rng(n)
  rows = []
  for i in range(n):
    name = list(WORDS)[i % 4]
    # Every fifth text has a random word, so no model is perfect.
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
      'TwitterBatches.batch_size=30',  # Not a multiple of 4, the number of classes.
      'validation_batch_size=30',  # The last of the three batches is not full.
      'train.steps=40',
      'train.optimizer=@trax.optimizers.Adam',
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


def test_run_has_the_classes_of_its_file(run):
  predictor = SentimentPredictor.load(run[0])
  assert predictor.class_names == ('angry', 'calm', 'sad', 'zany')
  (prediction,) = predictor.predict(['so gloomy'])
  assert (prediction.label, prediction.name) == (2, 'sad')
  assert max(prediction.probabilities, key=prediction.probabilities.get) == 'sad'
  assert sum(prediction.probabilities.values()) == pytest.approx(1)


def test_evaluate_reads_the_validation_split_of_the_run(run):
  scores = json.loads(command('evaluate', run, '--format=json'))['as_is']
  for name in ('accuracy', 'macro_f1'):
    ((_, last),) = run[1].history.get('eval', f'metrics/{name}')[-1:]
    assert scores[name]['value'] == pytest.approx(float(last), abs=1e-6)
  assert np.sum(scores['confusion_matrix']) == 80
  assert [s['support'] for s in scores['classes'].values()] == [20] * 4


def test_scores_equal_those_of_scikit_learn(run, tmp_path):
  write(tmp_path / 'new.jsonl', 90)
  lines = (tmp_path / 'new.jsonl').read_text().splitlines()
  rows = [json.loads(line) for line in lines]
  path = f'--input={tmp_path}/new.jsonl'
  actual = json.loads(command('evaluate', run, path, '--format=json'))['as_is']
  predictions = SentimentPredictor.load(run[0]).predict([r['text'] for r in rows])
  predicted, truth = [p.name for p in predictions], [r['label'] for r in rows]
  assert actual['macro_f1']['value'] == pytest.approx(
      metrics.f1_score(truth, predicted, average='macro')
  )
  assert actual['macro_recall']['value'] == pytest.approx(
      metrics.balanced_accuracy_score(truth, predicted)
  )
  assert actual['log_loss']['value'] == pytest.approx(
      metrics.log_loss(truth, [[*p.probabilities.values()] for p in predictions])
  )
  table = command('evaluate', run, path)
  for title in ('macro F1', 'precision    recall  f1-score   support'):
    assert title in table
  assert 'ROC AUC' not in table
  assert max(map(len, table.splitlines()[1:])) <= 80


def test_tsv_has_the_name_and_probability_of_each_class(run):
  output = command('predict', run, '--format=tsv', 'so gloomy')
  header, row = (line.split('\t') for line in output.splitlines())
  assert header == [
      'label', 'name', 'p_angry', 'p_calm', 'p_sad', 'p_zany', 'n_tokens', 'text',
      'row',
  ]  # fmt: skip
  assert row[:2] == ['2', 'sad']
  assert sum(map(float, row[2:6])) == pytest.approx(1, abs=1e-5)


def test_shares_add_up_to_the_log_odds_against_the_runner_up(run):
  predictor = SentimentPredictor.load(run[0])
  explanation = predictor.explain('a gloomy, silly, gloomy day')
  scores = np.array(explanation.prediction.log_probabilities)
  label = explanation.prediction.label
  expected = scores[label] - np.delete(scores, label).max()
  total = sum(explanation.shares) + explanation.bias
  assert total == pytest.approx(expected)
  assert total == pytest.approx(explanation.prediction.log_odds)
  shares = dict(zip(explanation.tokens, explanation.shares, strict=True))
  assert max(shares, key=shares.get) == 'gloomy'


def test_explanation_names_the_two_classes_that_it_compares(run):
  text = 'a gloomy, silly, gloomy day'
  row = json.loads(command('predict', run, '--explain', '--format=jsonl', text))
  ranked = sorted(row['probabilities'], key=row['probabilities'].get, reverse=True)
  assert row['contrast'] == ranked[:2]
  last = command('predict', run, '--explain', text).splitlines()[-1]
  assert last.endswith(f'(log-odds of {ranked[0]} rather than {ranked[1]})')


def test_report_shows_every_class(run):
  page = pathlib.Path(command('report', run).strip()).read_text()
  for name in WORDS:
    assert f'For <bdi>{name}</bdi>' in page
  assert 'macro F1' in page
  assert '80 texts (20 <bdi>angry</bdi>, 20 <bdi>calm</bdi>, ' in page


def test_checkpoint_of_the_highest_macro_f1_is_kept(run):
  assert list(run[0].glob('highest_macro_f1*'))


@pytest.mark.parametrize(
    ('labels', 'message'),
    [
        (['a'] * 9, "all labels are of one class, 'a'"),
        (['a'] * 9 + ['b'], "too few texts of class 'b': 1"),
    ],
)
def test_file_with_too_few_classes_or_texts_is_refused(tmp_path, labels, message):
  rows = ''.join(f'text {i},{label}\n' for i, label in enumerate(labels))
  (tmp_path / 'a.csv').write_text(f'text,label\n{rows}')
  with pytest.raises(ValueError, match=message):
    train(
        tmp_path / 'run',
        f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
        config='text_file.gin',
    )


def test_evaluate_maps_labels_to_classes_and_skips_some(run, tmp_path):
  path = tmp_path / 'a.csv'
  path.write_text('text,label\nso gloomy,s\nso gentle,c\nso silly,z\nwhat,?\n')
  output = run_python(
      *('-m', 'trax_twitter_sentiment.evaluate', f'--model_dir={run[0]}'),
      *(f'--input={path}', '--labels=a,c,s,z', '--skip_labels=?', '--format=json'),
  )
  scores = json.loads(output.stdout)['as_is']
  assert scores['accuracy'] == {'value': 1.0, 'n_examples': 3}
  assert '1 rows skipped by --skip_labels=?' in output.stderr


@pytest.fixture
def tweeteval(tmp_path):
  """Writes a small task in the two formats of TweetEval: text files and JSON Lines."""
  for folder in ('own', 'jsonl'):
    (tmp_path / folder / 'emotion').mkdir(parents=True)
  for split, n in (('train', 80), ('val', 40)):
    labels = [i % 4 for i in range(n)]
    names = ('anger', 'joy', 'optimism', 'sadness')
    words = [*WORDS.values()]
    texts = [f'{words[label]} day, no. {i}' for i, label in enumerate(labels)]
    own = tmp_path / 'own' / 'emotion'
    (own / f'{split}_text.txt').write_text('\n'.join(texts) + '\n')
    (own / f'{split}_labels.txt').write_text('\n'.join(map(str, labels)) + '\n')
    rows = (
        json.dumps({'text': text, 'label': names[label]}) + '\n'
        for text, label in zip(texts, labels, strict=True)
    )
    (tmp_path / 'jsonl' / 'emotion' / f'{split}.jsonl').write_text(''.join(rows))
  return tmp_path


def test_tweeteval_trains_on_both_of_its_formats(tweeteval):
  accuracies = []
  for folder in ('own', 'jsonl'):
    loop = train(
        tweeteval / f'run_{folder}',
        f"TweetEvalCorpus.data_dir='{tweeteval / folder}'",
        "TweetEvalCorpus.task='emotion'",
        config='tweeteval.gin',
    )
    predictor = SentimentPredictor.load(tweeteval / f'run_{folder}')
    assert predictor.class_names == ('anger', 'joy', 'optimism', 'sadness')
    assert predictor.predict(['a gloomy day'])[0].name == 'optimism'
    accuracies.append(float(loop.history.get('eval', 'metrics/accuracy')[-1][1]))
  assert accuracies == [1, 1]


def test_file_with_fewer_labels_than_texts_is_refused(tweeteval):
  path = tweeteval / 'own' / 'emotion' / 'train_labels.txt'
  path.write_text('0\n1\n')
  with pytest.raises(ValueError, match='contains 2 labels, but .* 80 texts'):
    TweetEvalCorpus('emotion', str(tweeteval / 'own'))


def test_class_weights_scale_the_loss(tmp_path):
  rows = ''.join(f'text {i},{"rare" if i % 4 == 0 else "usual"}\n' for i in range(40))
  (tmp_path / 'a.csv').write_text(f'text,label\n{rows}')
  gin.bind_parameter('configured_corpus.corpus', TextFileCorpus)
  gin.bind_parameter('TextFileCorpus.train_path', f'{tmp_path}/a.csv')
  gin.bind_parameter('TextFileCorpus.validation_fraction', 0.5)

  def weights(class_weights):
    source = TwitterBatches(batch_size=20, balanced=False, class_weights=class_weights)
    _, labels, weights = next(source())
    return sorted({*zip(labels.tolist(), weights.tolist(), strict=True)})

  assert weights(None) == [(0, 1), (1, 1)]
  assert weights({'rare': 3, 'usual': 0.5}) == [(0, 3), (1, 0.5)]
  (_, rare), (_, usual) = weights('balanced')
  assert (rare, usual) == pytest.approx((20 / (2 * 5), 20 / (2 * 15)))
  for wrong in ({'rare': 1}, 'even', {'rare': 1, 'usual': 0}):
    with pytest.raises(ValueError, match='TwitterBatches.class_weights'):
      weights(wrong)


def test_service_returns_the_probability_of_each_class(run):
  with serving(run[0]) as service:
    status, answer = service.predict({'texts': ['so gloomy', ''], 'explain': True})
  assert status == 200
  sad, empty = answer['predictions']
  assert (sad['label'], sad['name'], empty['name']) == (2, 'sad', 'no text')
  assert [*sad['probabilities']] == ['angry', 'calm', 'sad', 'zany']
  ranked = sorted(sad['probabilities'], key=sad['probabilities'].get, reverse=True)
  assert sad['contrast'] == ranked[:2]
  log_odds = sad['bias'] + sum(sad['shares'])
  second, first = sorted(sad['log_probabilities'])[-2:]
  assert log_odds == pytest.approx(first - second)
  marked = [fragment['share'] or 0 for fragment in sad['marked_text']]
  assert log_odds == pytest.approx(sum(marked) + sad['rest'])
