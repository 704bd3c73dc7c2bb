"""The `evaluate` command, in processes of its own."""

import json

import pytest
from conftest import run_python
from runs import train


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('run')
  return folder, train(folder, 'train.steps=20')


@pytest.fixture
def evaluate(run):
  def evaluate(*arguments):
    return run_python(
        '-m', 'trax_twitter_sentiment.evaluate', f'--model_dir={run[0]}', *arguments
    )

  return evaluate


def test_accuracy_equals_that_of_the_trainer(run, evaluate):
  result = json.loads(evaluate('--format=json').stdout)
  ((_, first), *_, (_, last)) = run[1].history.get('eval', 'metrics/accuracy')
  assert first != last
  assert result['as_is']['accuracy']['value'] == pytest.approx(float(last), abs=1e-6)
  assert result['as_is']['accuracy']['n_examples'] == 200
  assert result['data'] == 'sample, validation'
  without = result['without_emoticons']['accuracy']['value']
  assert without < result['as_is']['accuracy']['value']


def test_table_shows_every_score(evaluate):
  result = evaluate()
  assert result.returncode == 0
  for title in ('accuracy', '95% interval', 'precision', 'recall', 'F1', 'ROC AUC',
                'log-loss', 'calibration error', 'negative texts'):  # fmt: skip
    assert title in result.stdout
  assert result.stderr == ''


def test_file_of_labelled_texts_is_evaluated(evaluate, tmp_path):
  path = tmp_path / 'own.csv'
  path.write_text('tweet,mood\nlovely :),positive\nso sad :(,NEGATIVE\nsad :(,1\n')
  result = evaluate(
      f'--input={path}', '--column=tweet', '--label_column=mood', '--format=json'
  )
  fields = json.loads(result.stdout)
  assert fields['as_is']['accuracy']['value'] == pytest.approx(2 / 3)
  assert fields['as_is']['confusion_matrix'] == [[1, 0], [1, 1]]
  assert fields['data'] == str(path)


def test_texts_that_are_cut_off_are_counted(evaluate, tmp_path):
  path = tmp_path / 'own.csv'
  path.write_text(f'text,label\n{"good " * 20_000},positive\nso sad :(,negative\n')
  result = evaluate(f'--input={path}')
  assert result.returncode == 0
  assert 'WARNING: 1 text has more than 65,536 characters.' in result.stderr


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('text,label\nhi,1\nho,2\n', 'own.csv, line 3: the labels 1, 2 are not'),
        ('text\nhi\n', "own.csv, line 1: no column 'label'"),
        ('text,label\n', 'own.csv contains no labelled text'),
    ],
)
def test_mistake_in_a_file_is_one_line(evaluate, tmp_path, content, message):
  (tmp_path / 'own.csv').write_text(content)
  result = evaluate(f'--input={tmp_path / "own.csv"}')
  assert result.returncode == 1
  (line,) = result.stderr.splitlines()
  assert message in line


@pytest.mark.parametrize(
    'flag', ['labels_input=a', 'skip_labels=z', 'input_format=csv']
)
def test_flag_without_effect_is_refused(evaluate, flag):
  result = evaluate(f'--{flag}')
  assert result.returncode == 1
  name, _, _ = flag.partition('=')
  assert result.stderr == f'ERROR: --{name} has no effect without --input.\n'


def test_labels_may_be_in_a_file_of_their_own(evaluate, tmp_path):
  (tmp_path / 'texts.txt').write_text('lovely :)\nso sad :(\nsad :(\n')
  (tmp_path / 'labels.txt').write_text('positive\nnegative\npositive\n')
  own = f'--input={tmp_path}/texts.txt', f'--labels_input={tmp_path}/labels.txt'
  fields = json.loads(evaluate(*own, '--format=json').stdout)
  assert fields['as_is']['confusion_matrix'] == [[1, 0], [1, 1]]
  on_ray = evaluate(*own, '--engine=ray')
  assert 'files that contain texts and labels' in on_ray.stderr
  twice = evaluate(f'--input=positive={tmp_path}/texts.txt', own[1])
  assert 'labels.txt contains labels, but the files have a label' in twice.stderr


@pytest.mark.parametrize(
    ('argument', 'message'),
    [
        ('--model_dir=/nowhere', 'is not a directory'),
        ('hi', "Unexpected argument 'hi'"),
    ],
)
def test_mistake_in_the_command_is_one_line(evaluate, argument, message):
  result = evaluate(argument)
  assert result.returncode == 1
  (line,) = result.stderr.splitlines()
  assert message in line
