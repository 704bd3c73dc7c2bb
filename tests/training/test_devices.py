"""Training on several devices and several hosts."""

import itertools
import os
import re
import socket
import subprocess
import sys

import forked
import numpy as np
import pytest
from conftest import LAUNCHER, REPOSITORY
from test_docs import files

from trax_twitter_sentiment import SentimentPredictor
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.training.batches import TwitterBatches
from trax_twitter_sentiment.training.streams import TwitterSamples, twitter_data_streams

pytestmark = pytest.mark.usefixtures('sample_corpus')


def test_four_devices_train_like_one(tmp_path):
  accuracies = {}
  for n_devices in (1, 4):
    result = _train(tmp_path / str(n_devices), n_devices)
    assert result.returncode == 0, result.stderr
    last = [line for line in result.stdout.splitlines() if 'eval' in line][-1]
    accuracies[n_devices] = float(last.split('|')[1])
  assert accuracies[4] == pytest.approx(accuracies[1], abs=0.01)


def test_batch_size_must_be_a_multiple_of_the_number_of_devices(tmp_path):
  result = _train(tmp_path, 4, 'TwitterBatches.batch_size=30')
  assert result.returncode == 1
  message = 'TwitterBatches.batch_size=30 is not a multiple of 4, the number of devices'
  assert message in result.stderr.splitlines()[-1]


def _train(output_dir, n_devices, *bindings):
  return forked.run(
      *LAUNCHER,
      '--config_file=trax_twitter_sentiment/gin_configs/twitter.gin',
      f'--output_dir={output_dir}',
      "--config=TwitterCorpus.source='sample'",
      '--config=train.steps=20',
      *(f'--config={binding}' for binding in bindings),
      XLA_FLAGS=f'--xla_force_host_platform_device_count={n_devices}',
  )


@pytest.mark.slow
def test_encoder_on_two_devices_has_the_figures_of_one(tmp_path):
  curves = []
  for n_devices in (1, 2):
    result = forked.run(
        *LAUNCHER,
        '--config_file=encoder.gin',
        f'--output_dir={tmp_path / str(n_devices)}',
        "--config=TwitterCorpus.source='sample'",
        '--config=configured_corpus.corpus=@TwitterCorpus',
        f"--config=folder='{REPOSITORY}/tests/encoder/folders/roberta'",
        '--config=EncoderBatches.buckets=(60,)',
        '--config=PretrainedEncoder.dropout=0.0',  # The devices drop different values.
        '--config=n_epochs=1',
        XLA_FLAGS=f'--xla_force_host_platform_device_count={n_devices}',
    )
    assert result.returncode == 0, result.stderr
    curves.append(Run(tmp_path / str(n_devices)).history.eval_curves)
  for name in ('cross_entropy', 'accuracy', 'macro_f1'):
    assert curves[1][name] == pytest.approx(curves[0][name], abs=1e-3)


TFDS = (
    'import trax_twitter_sentiment.tfds.twitter_samples',
    "TFDS.dataset_name='twitter_samples/sample'",
    "TFDS.data_dir='data'",
    "TfdsCorpus.dataset_name='twitter_samples/sample'",
    "TfdsCorpus.data_dir='data'",
    "TfdsCorpus.validation_split='validation'",
)
OWN = ("TextFileCorpus.train_path='own.csv'", 'TwitterBatches.batch_size=12')
ENCODER = (
    *OWN[:1],
    f"folder='{REPOSITORY}/tests/encoder/folders/distilbert'",
    'EncoderBatches.buckets=(60,)',
    'n_epochs=1',
)
SENTIMENT140 = ("TextFileCorpus.train_path='sentiment140.csv'",)
TWEETEVAL = ("TweetEvalCorpus.task='irony'",)
# Gin files that only fit a logistic regression run without this binding.
STEPS = ('train.steps=2',)


@pytest.mark.parametrize(
    ('config', 'bindings'),
    [
        ('text_file.gin', OWN),
        *(
            pytest.param(config, bindings, marks=pytest.mark.slow)
            for config, bindings in (
                ('encoder.gin', ENCODER),
                ('sentiment140.gin', SENTIMENT140),
                ('tweeteval.gin', TWEETEVAL),
                ('tfds_text.gin', (*TFDS, *STEPS)),
                ('twitter.gin', STEPS),
                ('twitter_gru.gin', STEPS),
                ('twitter_hard.gin', ()),
                ('twitter_notebook.gin', STEPS),
                ('twitter_tfds.gin', (*TFDS, *STEPS)),
                ('twitter_transformer.gin', STEPS),
            )
        ),
    ],
)
def test_gin_file_runs_on_two_devices(tmp_path, config, bindings):
  _write_corpora(tmp_path)
  result = forked.run(
      *LAUNCHER,
      f'--config_file={config}',
      '--output_dir=run',
      "--config=TwitterCorpus.source='sample'",
      '--config=train.eval_steps=1',
      *(f'--config={binding}' for binding in bindings),
      cwd=tmp_path,
      XLA_FLAGS='--xla_force_host_platform_device_count=2',
  )
  assert result.returncode == 0, result.stderr
  assert 'Finished training' in result.stdout


def test_cases_of_two_devices_contain_every_gin_file():
  (mark,) = test_gin_file_runs_on_two_devices.pytestmark
  configs = [getattr(case, 'values', case)[0] for case in mark.args[1]]
  folder = REPOSITORY / 'gin_configs'
  assert sorted(configs) == sorted(p.name for p in folder.glob('[!_]*.gin'))


def _write_corpora(folder):
  """Writes a small CSV file, a Sentiment140 file, and TweetEval's task `irony`."""
  texts = [f'text {word} {i}' for i in range(40) for word in ('good', 'bad', 'so')]
  labels = [i % 3 for i in range(len(texts))]
  rows = '\n'.join(f'{text},{label}' for text, label in zip(texts, labels))
  (folder / 'own.csv').write_text(f'text,label\n{rows}\n')
  lines = [f'"{i % 2 * 4}","1","","","","{text}"\n' for i, text in enumerate(texts)]
  (folder / 'sentiment140.csv').write_text(''.join(lines))
  task = folder / 'tweeteval' / 'irony'
  task.mkdir(parents=True)
  (task / 'mapping.txt').write_text('0\tnon_irony\n1\tirony\n')
  for split in ('train', 'val', 'test'):
    (task / f'{split}_text.txt').write_text('\n'.join(texts) + '\n')
    (task / f'{split}_labels.txt').write_text('0\n1\n' * (len(texts) // 2))


@pytest.mark.slow
def test_two_hosts_train_one_model(tmp_path):
  logs = _train_on_two_hosts(tmp_path, 2)
  for name in ('weights_l2', 'gradients_l2'):
    # The values differ between steps, but not between hosts.
    pattern = rf'Step +(\d+): .*{name} \| +(\S+)'
    first, second = (re.findall(pattern, log) for log in logs)
    assert first == second
    assert len({value for _, value in first}) == len(first) > 1
  predictor = SentimentPredictor.load(tmp_path / 'run')
  assert [p.sentiment for p in predictor.predict([':)', ':('])] == [
      'positive', 'negative',
  ]  # fmt: skip


@pytest.mark.slow
def test_several_hosts_with_one_device_each_are_refused(tmp_path):
  for log in _train_on_two_hosts(tmp_path, 1, status=1):
    assert 'ERROR: Each of 2 hosts has one device' in log


def _train_on_two_hosts(folder, n_devices, status=0):
  """Runs the script of docs/several_devices.md; returns the log of each host."""
  script = files('docs/several_devices.md')['on_hosts.py']
  (folder / 'on_hosts.py').write_text(script)
  with socket.create_server(('127.0.0.1', 0)) as server:
    address = f'127.0.0.1:{server.getsockname()[1]}'
  flag = f'--xla_force_host_platform_device_count={n_devices}'
  processes = [
      subprocess.Popen(
          [
              *(sys.executable, 'on_hosts.py', address, '2', str(host)),
              *('--config_file=twitter.gin', f'--output_dir={folder / "run"}'),
              "--config=TwitterCorpus.source='sample'",
              '--config=train.steps=20',
          ],
          cwd=folder,
          env={**os.environ, 'XLA_FLAGS': flag},
          stdout=subprocess.DEVNULL,
          stderr=subprocess.PIPE,
          text=True,
      )
      for host in range(2)
  ]
  logs = [process.communicate(timeout=200)[1] for process in processes]
  assert [process.returncode for process in processes] == [status] * 2, logs
  return logs


def test_hosts_together_read_each_training_tweet_once():
  corpus = encoded_corpus()
  rows = []
  for host_id in range(4):
    batches = TwitterBatches(batch_size=20, host_id=host_id, n_hosts=4)()
    epoch = [next(batches) for _ in range(10)]
    assert all(targets.tolist() == [1] * 10 + [0] * 10 for _, targets, _ in epoch)
    rows += [row for inputs, _, _ in epoch for row in map(tuple, inputs)]
  expected = map(tuple, corpus.train.padded(corpus.max_length))
  assert sorted(rows) == sorted(expected)


def test_hosts_read_disjoint_samples():
  parts = []
  for host_id in range(2):
    samples = TwitterSamples('validation', host_id=host_id, n_hosts=2)()
    parts.append({next(samples)[0] for _ in range(100)})
  assert len(parts[0] | parts[1]) == 200
  assert not parts[0] & parts[1]


def test_process_index_of_jax_is_the_default_host_id(monkeypatch):
  import jax

  monkeypatch.setattr(jax, 'process_index', lambda: 1)
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  (inputs, _, _) = next(TwitterBatches('validation', batch_size=4)())
  corpus = encoded_corpus()
  validation = corpus.validation.padded(corpus.max_length)
  np.testing.assert_array_equal(inputs[:2], validation[[1, 3]])
  _, evaluation = twitter_data_streams()
  first, second = itertools.islice(evaluation(), 2)
  np.testing.assert_array_equal([first[0], second[0]], validation[[1, 101]])
