"""The settings of a run, read from its config.gin."""

from trax_twitter_sentiment.run import settings

CONFIG = """\
import trax.layers

# Parameters for train:
# ====
train.metrics = \\
    {'accuracy': @WeightedBinaryAccuracy(),
     'cross_entropy': @Loss()}
train.steps = 60
eval/TwitterBatches.batch_size = 200
"""


def test_settings_of_several_lines_are_parsed():
  assert settings.parse(CONFIG) == {
      'train.metrics': "{'accuracy': @WeightedBinaryAccuracy(), "
      "'cross_entropy': @Loss()}",
      'train.steps': '60',
      'eval/TwitterBatches.batch_size': '200',
  }


def test_changes_contain_only_settings_of_both_runs():
  before = {'a': '1', 'b': '2', 'gone': '3'}
  changed = settings.changes(before, {'a': '1', 'b': '5', 'new': '6'})
  assert changed == {'b': '2 → 5'}
  assert settings.listed(changed) == 'b 2 → 5'


def test_folder_without_config_has_no_settings(tmp_path):
  assert settings.recorded(tmp_path) == {}
