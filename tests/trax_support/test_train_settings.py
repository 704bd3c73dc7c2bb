"""Settings of `train`: illegal ones, and ones that changed between two starts."""

import shutil

import forked
import pytest
from conftest import LAUNCHER, run_python
from runs import train

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run import settings


@pytest.mark.parametrize(
    ('binding', 'message'),
    [
        ('train.steps=-1', 'train.steps=-1 is not a non-negative integer'),
        ('train.steps=1.5', 'train.steps=1.5 is not a non-negative integer'),
        ("train.steps='100'", "train.steps='100' is not a non-negative integer"),
        ('train.eval_frequency=0', 'integer. None stands for no evaluation.'),
        ('train.eval_steps=0', 'train.eval_steps=0 is not'),
        (
            "train.checkpoint_highest='f1'",
            "train.checkpoint_highest='f1' is not one of 'cross_entropy', 'accuracy'",
        ),
        ('TwitterClassifier.output_dim=4', 'requires 2 classes; the model has 4'),
    ],
)
def test_setting_that_cannot_work_is_refused_before_training(
    tmp_path, binding, message
):
  with pytest.raises(UserError) as error:
    train(tmp_path / 'run', binding)
  assert message in error.value.message
  assert not (tmp_path / 'run' / 'model.pkl.gz').exists()


def test_labels_of_more_classes_than_columns_are_refused(tmp_path):
  rows = ''.join(f'word{i % 4},{"wxyz"[i % 4]}\n' for i in range(80))
  (tmp_path / 'a.csv').write_text(f'text,label\n{rows}')
  with pytest.raises(UserError, match=r'output_dim=2 does not fit .* of 4 classes'):
    train(
        tmp_path / 'run',
        f"TextFileCorpus.train_path='{tmp_path / 'a.csv'}'",
        'TwitterClassifier.output_dim=2',
        config='text_file.gin',
    )


@pytest.mark.parametrize('config', ['twitter_gru.gin', 'twitter_transformer.gin'])
def test_any_classifier_of_texts_needs_a_column_for_each_class(tmp_path, config):
  rows = ''.join(f'word{i % 3},{"xyz"[i % 3]}\n' for i in range(60))
  (tmp_path / 'a.csv').write_text(f'text,label\n{rows}')
  with pytest.raises(UserError, match=r'output has 2 columns, but .* 3 classes'):
    train(
        tmp_path / 'run',
        'configured_corpus.corpus=@TextFileCorpus',
        f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
        config=config,
    )


def test_settings_may_be_macros(tmp_path):
  loop = train(
      tmp_path,
      "all_metrics = {'accuracy': @WeightedAccuracy()}",
      "best = 'accuracy'",
      'train.metrics = %all_metrics',
      'train.checkpoint_highest = %best',
  )
  assert loop.eval_tasks[0].metric_names == ('accuracy',)


@pytest.mark.parametrize('value', ["'0.1'", 'None', 'True', '1'])
def test_dropout_is_a_fraction(tmp_path, value):
  message = f'TwitterClassifier.embedding_dropout={value} is not in'
  with pytest.raises(UserError, match=message):
    train(tmp_path, f'TwitterClassifier.embedding_dropout={value}')


def test_initial_checkpoint_is_a_file_of_this_model(tmp_path, run_dir):
  with pytest.raises(UserError, match='init_checkpoint=.*: there is no such file'):
    train(tmp_path / 'a', f"train.init_checkpoint='{tmp_path}/model.pkl.gz'")
  with pytest.raises(UserError, match=r'init_checkpoint=.*: there is no such file'):
    train(tmp_path / 'a', "x='x.pkl.gz'", 'train.init_checkpoint=%x')
  with pytest.raises(UserError, match=r'array 1 has the shape \(1634, 128\), but .* 8'):
    train(
        tmp_path / 'a',
        f"train.init_checkpoint='{run_dir}/model.pkl.gz'",
        'TwitterClassifier.embedding_dim=8',
    )


@pytest.fixture
def run(tmp_path):
  train(tmp_path, 'train.steps=3')
  return tmp_path


def test_changed_settings_are_named_and_recorded(run, capsys):
  train(run, 'train.steps=4', 'lr_schedules.constant.value=0.02')
  said = capsys.readouterr().err
  assert 'Changed since step 3: lr_schedules.constant.value 0.03 → 0.02' in said
  assert 'Changed since step 3: train.steps 3 → 4' in said
  assert settings.recorded(run)['lr_schedules.constant.value'] == '0.02'
  assert said.count('Changed') == 2


def test_finished_run_refuses_settings_without_effect(run):
  train(run, 'train.steps=3')  # As it was, it is finished.
  with pytest.raises(UserError, match=r'finished at step 3; .*value 0.03 → 0.02'):
    train(run, 'train.steps=3', 'lr_schedules.constant.value=0.02')
  assert settings.recorded(run)['lr_schedules.constant.value'] == '0.03'


@pytest.mark.parametrize(
    ('binding', 'message'),
    [
        ('train.optimizer=@trax.optimizers.RMSProp', 'another optimizer'),
        ('TwitterClassifier.embedding_dim=16', r'embedding_dim 128 → 16'),
        ('TweetTokenizer.stem=False', r'TweetTokenizer.stem True → False'),
    ],
)
def test_run_that_cannot_go_on_says_what_differs(run, binding, message):
  with pytest.raises(UserError, match=message):
    train(run, 'train.steps=5', binding)


@pytest.mark.parametrize('eval_steps', ['1', 'None'])
def test_no_frequency_is_no_evaluation(tmp_path, eval_steps):
  loop = train(
      tmp_path, 'train.eval_frequency=None', f'train.eval_steps={eval_steps}'
  )
  assert loop.step == 2
  assert not loop.history.modes
  # The run can be used and goes on, as each other.
  assert settings.recorded(tmp_path)['train.eval_frequency'] == 'None'
  assert SentimentPredictor.load(tmp_path).predict([':)'])
  assert train(tmp_path, 'train.steps=3', 'train.eval_frequency=None').step == 3


def test_best_checkpoint_requires_evaluations(tmp_path):
  message = "checkpoint_highest='accuracy' requires evaluations"
  with pytest.raises(UserError, match=message):
    train(
        tmp_path, 'train.eval_frequency=None', "train.checkpoint_highest='accuracy'"
    )


class TestRemovedCheckpoint:
  def test_run_starts_anew(self, run, capsys):
    (run / 'model.pkl.gz').unlink()
    loop = train(run, 'train.steps=2', 'TweetTokenizer.stem=False')
    assert loop.step == 2
    assert loop.history.get('eval', 'metrics/accuracy')[0][0] == 1
    said = capsys.readouterr().err
    assert f'{run} contains files of a run, but no checkpoint' in said
    assert train(run, 'train.steps=3', 'TweetTokenizer.stem=False').step == 3

  def test_folder_with_another_checkpoint_is_refused(self, run):
    shutil.copy(run / 'model.pkl.gz', run / 'model_2.pkl.gz')
    (run / 'model.pkl.gz').unlink()
    with pytest.raises(UserError, match='model.pkl.gz is missing'):
      train(run)


def test_last_step_is_evaluated(tmp_path):
  loop = train(tmp_path, 'train.steps=3', 'train.eval_frequency=100')
  steps = [step for step, _ in loop.history.get('eval', 'metrics/accuracy')]
  assert steps == [1, 3]


def test_undefined_macro_is_named(tmp_path):
  result = forked.run(
      *LAUNCHER,
      '--config_file=twitter.gin',
      f'--output_dir={tmp_path}',
      '--config=train.steps=%nope',
  )
  assert result.returncode == 1
  last = result.stderr.splitlines()[-1]
  assert last == 'ERROR: No line defines the macro %nope.'


@pytest.mark.slow
def test_device_that_is_missing_is_named(tmp_path):
  result = run_python(
      *LAUNCHER,
      '--config_file=twitter.gin',
      f'--output_dir={tmp_path}',
      JAX_PLATFORMS='cuda',
  )
  assert result.returncode == 1
  assert result.stderr.splitlines()[-1].startswith('ERROR: JAX_PLATFORMS=cuda: JAX')
  assert 'Traceback' not in result.stderr
