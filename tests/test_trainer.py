"""The stock trainer, in processes of its own, on the plugin's gin files."""

import gzip
import re

import numpy as np
import pytest
from conftest import (
    FAST_TRAINER,
    NLTK_DATA,
    needs_real_corpus,
    run_python,
)

TWITTER_GIN = 'trax_twitter_sentiment/gin_configs/twitter.gin'
NOTEBOOK_GIN = 'trax_twitter_sentiment/gin_configs/twitter_notebook.gin'

_STOCK = ('-m', 'trax.trainer')


def train(
    output_dir, *bindings, trainer=FAST_TRAINER, config=TWITTER_GIN, **environment
):
  return run_python(
      *trainer,
      f'--config_file={config}',
      f'--output_dir={output_dir}',
      *(f'--config={binding}' for binding in bindings),
      cwd=output_dir.parent,
      **environment,
  )


def accuracies(result):
  """Returns the evaluation accuracies that a trainer printed, by step."""
  assert result.returncode == 0, result.stderr
  lines = re.findall(r'^Step +(\d+): eval +accuracy \| +([\d.]+)', result.stdout, re.M)
  return {int(step): float(accuracy) for step, accuracy in lines}


def weights(output_dir):
  arrays = []
  with gzip.open(output_dir / 'model.weights.npy.gz') as file:
    while True:
      try:
        arrays.append(np.load(file, allow_pickle=False))
      except EOFError:
        return arrays


SAMPLE = "TwitterCorpus.source='sample'"


def test_stock_trainer_trains_and_goes_on_from_its_checkpoint(tmp_path):
  run = tmp_path / 'run'
  first = train(run, SAMPLE, 'train.steps=20', trainer=_STOCK)
  assert accuracies(first)[20] > 0.9
  assert 'eval                 cross_entropy' in first.stdout
  assert (run / 'tokenizer.json').exists()
  assert len(weights(run)) == 3
  second = train(run, SAMPLE, 'train.steps=40', trainer=_STOCK)
  assert list(accuracies(second)) == [40]


def test_two_devices_train_and_go_on_like_one(tmp_path):
  devices = {'XLA_FLAGS': '--xla_force_host_platform_device_count=2'}
  for steps in (20, 40):
    binding = f'train.steps={steps}'
    one = train(tmp_path / 'one', SAMPLE, binding)
    two = train(tmp_path / 'two', SAMPLE, binding, **devices)
    assert accuracies(two) == pytest.approx(accuracies(one), abs=0.01)
  assert list(accuracies(two)) == [40]


def test_same_seeds_give_the_same_weights_bit_for_bit(tmp_path):
  runs = [tmp_path / name for name in 'ab']
  for run in runs:
    accuracies(train(run, SAMPLE, 'train.steps=20'))
  for a, b in zip(*map(weights, runs), strict=True):
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ('binding', 'message'),
    [
        ('TwitterBatches.batch_size=31', 'TwitterBatches.batch_size=31 is odd'),
        ('TwitterClassifier.vocab_size=9', 'vocab_size=9 does not fit'),
    ],
)
def test_mistake_in_a_setting_ends_in_one_line(tmp_path, binding, message):
  result = train(tmp_path / 'run', SAMPLE, binding)
  assert result.returncode == 1
  assert message in result.stderr.splitlines()[-1]
  assert 'Traceback' not in result.stderr
  assert not (tmp_path / 'run' / 'model.weights.npy.gz').exists()


@needs_real_corpus
def test_recommended_run_reaches_0_999_on_real_tweets(tmp_path):
  result = train(tmp_path / 'run', NLTK_DATA=NLTK_DATA)
  assert accuracies(result)[60] >= 0.999


@needs_real_corpus
def test_notebooks_run_reaches_0_99_on_real_tweets(tmp_path):
  result = train(tmp_path / 'run', config=NOTEBOOK_GIN, NLTK_DATA=NLTK_DATA)
  reached = accuracies(result)
  assert list(reached) == [1, *range(10, 101, 10)]
  assert reached[100] >= 0.99
