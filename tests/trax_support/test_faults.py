"""Full disks, read-only folders, signals, other runs, NaN."""

import ctypes
import gzip
import itertools
import os
import signal
import subprocess
import sys
import time

from trax_twitter_sentiment.trax_support import signals

import forked
import numpy as np
import pytest
from conftest import COMPILING, LAUNCHER, STOCK, run_python
from forked import start_trainer
from runs import train

from trax_twitter_sentiment.encoding.encoded_corpus import vocabulary_size
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.notebook.sentiment_network import SentimentNetwork
from trax_twitter_sentiment.run import checkpoints
from trax_twitter_sentiment.training.batches import TwitterBatches


def flags(output_dir, *bindings):
  return (
      '--config_file=trax_twitter_sentiment/gin_configs/twitter.gin',
      f'--output_dir={output_dir}',
      "--config=TwitterCorpus.source='sample'",
      *(f'--config={binding}' for binding in bindings),
  )


def with_small_files(n_kilobytes, *arguments, **environment):
  """Runs Python on a "disk" where no file gets larger."""
  shell = f'ulimit -f {n_kilobytes}; exec "$@"'
  return subprocess.run(
      ['bash', '-c', shell, 'bash', sys.executable, *arguments],
      capture_output=True,
      text=True,
      check=False,
      # What is compiled isn't kept on this disk.
      env={**os.environ, **COMPILING, **environment},
  )


def train_elsewhere(run, *bindings):
  """Trains in a process that then leaves the folder to others."""
  process = start_trainer(run, f'{run}.log', *bindings)
  process.join()
  assert process.exitcode == 0


def saved_step(folder):
  state = checkpoints.verified_state(str(folder), 'model')
  return state['step'] if state else None


def contents(folder):
  return {path: path.read_bytes() for path in folder.glob('model.*')}


def error_of(result):
  """Returns the one line of an error, without its `ERROR: `."""
  assert result.returncode == 1, result.stderr
  assert 'Traceback' not in result.stderr
  return result.stderr.splitlines()[-1].removeprefix('ERROR: ')


class TestFullDisk:
  @pytest.mark.slow
  def test_checkpoint_before_stays_and_the_run_goes_on(self, tmp_path):
    run = tmp_path / 'run'
    train_elsewhere(run, 'train.steps=2')
    before = contents(run)
    arguments = flags(run, 'train.steps=4', 'checkpoint_steps.interval=1')
    error = error_of(with_small_files(500, *LAUNCHER, *arguments))
    assert f'{run}: the checkpoint of step 3 cannot be written' in error
    assert os.strerror(27) in error
    assert f'The last good checkpoint, {run}/model.pkl.gz, is of step 2' in error
    assert contents(run) == before
    assert not (run / checkpoints._PARTIAL).exists()
    assert train(run, 'train.steps=4').step == 4

  def test_tokenizer_ends_the_run_before_it_trains(self, tmp_path):
    error = error_of(with_small_files(8, *LAUNCHER, *flags(tmp_path, 'train.steps=2')))
    assert error == f'{tmp_path} cannot be written to: {os.strerror(27)}.'
    assert not list(tmp_path.glob('model.*'))
    assert not list(tmp_path.glob('.tokenizer*'))

  def test_what_trax_writes_is_named(self, tmp_path):
    train(tmp_path, 'train.steps=1')
    (tmp_path / 'model.pkl.gz').unlink()
    (tmp_path / 'model.checkpoint.json').unlink()
    (tmp_path / 'config.gin').unlink()
    (tmp_path / 'config.gin').symlink_to('/dev/full')
    with pytest.raises(UserError, match=rf'^Step 1: {tmp_path}/config.gin.*space left'):
      train(tmp_path, 'train.steps=1')

  def test_cache_is_done_without(self, tmp_path):
    code = (
        'from trax_twitter_sentiment.encoding.tokenized_texts import token_index;'
        'from trax_twitter_sentiment.text.tokenizer import TweetTokenizer;'
        'index = token_index(TweetTokenizer(), ["good day :)"] * 3000);'
        'print(len(index.indices))'
    )
    result = with_small_files(8, '-c', code, XDG_CACHE_HOME=str(tmp_path))
    assert result.stdout == '9000\n'
    assert result.stderr.startswith(f'WARNING: the cache folder {tmp_path}')
    assert os.strerror(27) in result.stderr
    assert not [path for path in tmp_path.rglob('*') if path.is_file()]

  def test_report_is_named_and_the_one_before_stays(self, tmp_path):
    train(tmp_path)
    (tmp_path / 'report.html').write_text('before')
    command = ('-m', 'trax_twitter_sentiment.report', f'--model_dir={tmp_path}')
    error = error_of(with_small_files(8, *command))
    assert error == f'--output={tmp_path}/report.html: {os.strerror(27)}.'
    assert (tmp_path / 'report.html').read_text() == 'before'


def _obey_permissions():
  """Takes from root what lets it write where it may not."""
  if os.geteuid() == 0:
    drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(drop, override, 0, 0, 0)


@pytest.mark.parametrize('exists', [True, False])
def test_read_only_folder_is_named_before_training(tmp_path, exists):
  run = tmp_path / 'run'
  if exists:
    train_elsewhere(run, 'train.steps=1')
  before = contents(run)
  (run if exists else tmp_path).chmod(0o555)
  result = subprocess.run(
      [sys.executable, *LAUNCHER, *flags(run, 'train.steps=2')],
      capture_output=True,
      text=True,
      check=False,
      preexec_fn=_obey_permissions,
  )
  assert error_of(result) == f'{run} cannot be written to: {os.strerror(13)}.'
  assert 'Step' not in result.stdout
  assert contents(run) == before


def wait_for(path, process, content=''):
  """Waits until a file is there and holds a text."""
  while not path.exists() or content not in path.read_text(errors='replace'):
    assert process.is_alive(), 'It ended too early.'
    time.sleep(0.01)


ENDLESS = ('train.steps=1000000', 'checkpoint_steps.interval=1000000')


def test_folder_in_use_is_refused_until_its_run_is_killed(tmp_path):
  run, log = tmp_path / 'run', tmp_path / 'log'
  process = start_trainer(run, log, *ENDLESS)
  wait_for(log, process, 'Step      1: eval')
  with pytest.raises(UserError, match=f'{run} is in use by .* process {process.pid}'):
    train(run)
  process.kill()
  process.join()
  assert train(run).step == 2
  assert train(run, 'train.steps=3').step == 3  # A process is not in its own way.


def test_folder_in_use_can_be_read(tmp_path):
  run, log = tmp_path / 'run', tmp_path / 'log'
  train_elsewhere(run, 'train.steps=1')
  process = start_trainer(run, log, *ENDLESS)
  wait_for(log, process, 'Metrics will be written')
  command = ('-m', 'trax_twitter_sentiment.predict', f'--model_dir={run}', 'good :)')
  result = run_python(*command)
  process.kill()
  assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ('tweets', 'message'),
    [
        # The same words, in another order, as many others, and more of them.
        ((['good one', 'one two', 'a'], ['bad']), 'on other texts than the corpus'),
        ((['good one', 'bad', 'a'], ['two']), 'a run with another vocabulary'),
        ((['good one', 'two', 'new'], ['bad']), 'a run with another vocabulary'),
        ((['good one', 'two three', 'new'], ['bad']), 'of 8 tokens; now 9'),
    ],
)
def test_corpus_that_changed_is_named(
    tmp_path, write_corpus, only_nltk_data, tweets, message
):
  bindings = (
      "TwitterCorpus.source='nltk'",
      'TwitterBatches.batch_size=2',
      'eval/TwitterBatches.batch_size=2',
  )

  def write_and_train(positive, negative, *more):
    folder = tmp_path / 'nltk_data'
    if folder.exists():
      folder.rename(tmp_path / 'before')
    only_nltk_data(write_corpus(positive * 5, negative * 5))
    train(tmp_path / 'run', *bindings, *more)

  write_and_train(['good one', 'two', 'a'], ['bad'])
  before = contents(tmp_path / 'run')
  with pytest.raises(UserError, match=message):
    write_and_train(*tweets, 'train.steps=4')
  assert contents(tmp_path / 'run') == before


# A quick one of these four is enough where time counts.
@pytest.mark.parametrize(
    ('trainer', 'number'),
    [
        (LAUNCHER, signal.SIGTERM),
        pytest.param(LAUNCHER, signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(STOCK, signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(STOCK, signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_signal_ends_a_run_in_order(tmp_path, trainer, number):
  run, log = tmp_path / 'run', tmp_path / 'log'
  with open(log, 'wb') as file:
    process = subprocess.Popen(
        [sys.executable, *trainer, *flags(run, *ENDLESS)], stdout=file, stderr=file
    )
  process.is_alive = lambda: process.poll() is None
  try:
    wait_for(log, process, 'Step     20: eval')
    process.send_signal(number)
    assert process.wait(timeout=120) == 128 + number
  finally:
    process.kill()
  output = log.read_text()
  assert 'Traceback' not in output
  step = saved_step(run)
  assert step >= 20
  assert f'Ended by {number.name} after step {step}, which is saved; the same' in output


def test_run_that_a_signal_ended_goes_on_exactly(tmp_path):
  run, log = tmp_path / 'run', tmp_path / 'log'
  process = start_trainer(run, log, *ENDLESS)
  wait_for(log, process, 'Step      1: eval')
  os.kill(process.pid, signal.SIGTERM)
  process.join(timeout=120)
  assert process.exitcode == 128 + signal.SIGTERM
  steps = f'train.steps={saved_step(run) + 3}'
  train(run, steps)
  train(tmp_path / 'at_once', steps)
  for name in ('weights', 'opt_slots0'):
    files = (f / f'model.{name}.npy.gz' for f in (run, tmp_path / 'at_once'))
    parts, once = (gzip.decompress(file.read_bytes()) for file in files)
    assert parts == once


def test_second_signal_ends_a_run_at_once(tmp_path):
  run, log = tmp_path / 'run', tmp_path / 'log'
  process = start_trainer(run, log, *ENDLESS, **COMPILING)
  wait_for(log, process, 'Metrics will be written')
  # Both come while the first step is compiled.
  os.kill(process.pid, signal.SIGTERM)
  os.kill(process.pid, signal.SIGINT)
  process.join(timeout=120)
  assert -process.exitcode in (signal.SIGTERM, signal.SIGINT)
  assert saved_step(run) is None


def test_ctrl_c_before_the_run_ends_the_launcher_without_a_traceback(tmp_path):
  process = subprocess.Popen(
      [sys.executable, *LAUNCHER, '--config_file=twitter.gin', '--output_dir=run'],
      stderr=subprocess.PIPE,
      cwd=tmp_path,
  )
  assert b'Using' in process.stderr.readline()
  time.sleep(0.5)  # It imports Trax now, for several seconds.
  process.send_signal(signal.SIGINT)
  _, errors = process.communicate()
  assert process.returncode == -signal.SIGINT
  assert errors == b''


def test_handlers_are_as_before_after_a_run(tmp_path):
  handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
  train(tmp_path)
  assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_ctrl_c_is_what_it_is_in_interactive_sessions(monkeypatch):
  monkeypatch.setattr(sys, 'ps1', '>>> ', raising=False)
  with pytest.raises(KeyboardInterrupt), signals.noting_signals():
    signal.raise_signal(signal.SIGINT)


def test_signal_that_is_ignored_stays_so():
  handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
  with signals.noting_signals() as noted:
    signal.raise_signal(signal.SIGINT)
  signal.signal(signal.SIGINT, handler)
  assert noted == []


def network(path, n_steps, nan_at=None, evaluation=None):
  """A network whose batch of step `nan_at`, counted from 1, makes the loss NaN."""

  def batches():
    for number, (inputs, targets, weights) in enumerate(TwitterBatches()()):
      yield inputs, targets, weights * (np.nan if number == nan_at else 1)

  return SentimentNetwork(
      vocabulary_size(),
      batches(),
      evaluation or TwitterBatches('validation')(),
      n_steps,
      path,
  )


# In the midst of a run, at a checkpoint, and at the end.
@pytest.mark.parametrize('step', [7, 10, 12])
def test_loss_that_is_nan_ends_the_run(tmp_path, sample_corpus, step):
  good = 10 if step > 10 else 1
  with pytest.raises(UserError) as error:
    network(tmp_path, 12, nan_at=step).fit()
  assert error.value.message == (
      f'Step {step}: the loss is nan, and training ends. The last good checkpoint, '
      f'{tmp_path}/model.pkl.gz, is of step {good}. A lower learning rate may help.'
  )
  assert saved_step(tmp_path) == good
  # What follows goes on from there.
  again = network(tmp_path, 1)
  assert again.training_loop.step == good
  again.fit()


def test_first_loss_that_is_nan_says_that_there_is_no_checkpoint(
    tmp_path, sample_corpus
):
  with pytest.raises(UserError, match='Step 1: .* There is no checkpoint before it'):
    network(tmp_path, 12, nan_at=1).fit()
  assert not list(tmp_path.glob('model.*.gz'))


def test_weights_that_are_not_finite_get_into_no_checkpoint(tmp_path):
  # The loss is that of the weights before the step.
  rate = 'lr_schedules.constant.value=1e39'
  with pytest.raises(UserError, match='Step 1: weights are infinite or NaN'):
    train(tmp_path, rate, 'checkpoint_steps.interval=1')
  assert not list(tmp_path.glob('model.*.gz'))


def test_trainer_shows_a_loss_that_is_nan_in_one_line(tmp_path):
  arguments = flags(tmp_path, 'lr_schedules.constant.value=1e39', 'train.steps=9')
  assert error_of(forked.run(*STOCK, *arguments)).startswith('Step 2: the loss is nan')


def test_evaluation_that_fails_costs_no_checkpoint(tmp_path, sample_corpus):
  # One is drawn before training, and one at step 1.
  batches = itertools.islice(TwitterBatches('validation')(), 2)
  with pytest.raises(StopIteration):
    network(tmp_path, 12, evaluation=batches).fit()
  assert saved_step(tmp_path) == 10
