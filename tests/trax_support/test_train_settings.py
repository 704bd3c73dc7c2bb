"""What is said of settings: wrong ones, and ones that changed between two starts."""

import pytest
from runs import train

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run import settings


@pytest.mark.parametrize(
    ('binding', 'message'),
    [
        ('train.steps=-1', 'train.steps=-1 is not a non-negative integer'),
        ('train.steps=1.5', 'train.steps=1.5 is not a non-negative integer'),
        ('train.eval_frequency=0', 'train.eval_frequency=0 is not'),
        ('train.eval_steps=0', 'train.eval_steps=0 is not'),
        (
            "train.checkpoint_highest='f1'",
            "train.checkpoint_highest='f1' is not one of 'cross_entropy', 'accuracy'",
        ),
        ('TwitterClassifier.output_dim=4', 'is for 2 classes; got scores of 4'),
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


def test_last_step_is_evaluated(tmp_path):
  loop = train(tmp_path, 'train.steps=3', 'train.eval_frequency=100')
  steps = [step for step, _ in loop.history.get('eval', 'metrics/accuracy')]
  assert steps == [1, 3]
