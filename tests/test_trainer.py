"""The stock trainer and the launcher, run as processes.

Most tests fork the process from one with Trax (`forked.run`), which is faster. Tests of
the start of a process use `run_python`.
"""

import contextlib
import fcntl
import gzip
import os
import pty
import re
import struct
import sys
import termios

import forked
import numpy as np
import pytest
from conftest import (
    COMPILING,
    LAUNCHER,
    NLTK_DATA,
    REPOSITORY,
    STOCK,
    needs_real_corpus,
    run_python,
)

from trax_twitter_sentiment.run.history import History

TWITTER_GIN = 'trax_twitter_sentiment/gin_configs/twitter.gin'
NOTEBOOK_GIN = 'trax_twitter_sentiment/gin_configs/twitter_notebook.gin'


def train(
    output_dir,
    *bindings,
    trainer=LAUNCHER,
    run=forked.run,
    config=TWITTER_GIN,
    **environment,
):
  return run(
      *trainer,
      f'--config_file={config}',
      f'--output_dir={output_dir}',
      *(f'--config={binding}' for binding in bindings),
      cwd=output_dir.parent,
      **environment,
  )


def accuracies(result):
  """Returns the printed evaluation accuracies: a dictionary from step to accuracy."""
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


@pytest.mark.slow
def test_launcher_trains_and_prints_like_the_stock_trainer(tmp_path):
  stock, launched = (
      train(tmp_path / name, SAMPLE, 'train.steps=20', trainer=trainer, run=run)
      for name, trainer, run in (
          ('stock', STOCK, run_python),
          ('launched', LAUNCHER, forked.run),
      )
  )
  assert accuracies(stock)[20] > 0.9
  assert 'eval                 cross_entropy' in stock.stdout
  assert (tmp_path / 'stock' / 'tokenizer.json').exists()
  assert len(weights(tmp_path / 'stock')) == 3
  assert accuracies(launched) == accuracies(stock)
  assert _without_times(launched.stdout) == _without_times(stock.stdout)
  for a, b in zip(weights(tmp_path / 'stock'), weights(tmp_path / 'launched')):
    np.testing.assert_array_equal(a, b)
  files = _files(tmp_path / 'stock')
  assert _files(tmp_path / 'launched') == files
  for name in ('config.gin', 'tokenizer.json', 'model.json'):
    content = (tmp_path / 'launched' / name).read_text()
    assert content == (tmp_path / 'stock' / name).read_text()
  again = train(tmp_path / 'stock', SAMPLE, 'train.steps=40', trainer=STOCK)
  assert list(accuracies(again)) == [40]


@pytest.mark.slow
@pytest.mark.parametrize('trainer', [STOCK, LAUNCHER])
def test_second_start_resumes_from_the_checkpoint(tmp_path, trainer):
  for steps in (20, 40):
    result = train(
        tmp_path / 'run',
        SAMPLE,
        f'train.steps={steps}',
        trainer=trainer,
        run=run_python,
    )
  assert list(accuracies(result)) == [40]


def _without_times(output):
  output = re.sub(r'--output_dir \S+', '', output)
  return re.sub(r'in [\d.]+ secs', '', output)


def _files(output_dir):
  """Returns the files of a run, without the times in the names of event files."""
  paths = (path for path in output_dir.rglob('*') if path.is_file())
  names = (str(path.relative_to(output_dir)) for path in paths)
  return sorted(re.sub(r'tfevents.*', '', name) for name in names)


def test_launcher_logs_only_lines_of_trax_and_next_commands(tmp_path):
  run = tmp_path / 'a run'
  result = train(run, SAMPLE, 'train.steps=2', run=run_python)
  *log, title, predict, evaluate, report, serve = result.stderr.splitlines()
  assert 'Saving checkpoint' in result.stderr
  logging = '(training|trainer_lib|inputs|resource_reader)'
  trax_line = re.compile(rf'I\d{{4}} [\d:.]+ +\d+ {logging}\.py:')
  assert [line for line in log if not trax_line.match(line)] == []
  assert title == f'The run is in {run}. To use it:'
  for line, command, argument in (
      (predict, 'predict', " 'What a lovely day'"),
      (evaluate, 'evaluate', ''),
      (report, 'report', ''),
      (serve, 'serve', ''),
  ):
    module = f'trax_twitter_sentiment.{command}'
    assert line == f"  python -m {module} --model_dir='{run}'{argument}"


def _on_a_terminal(*arguments, n_columns=80, **environment):
  """Runs the launcher in a terminal; returns its exit status and its lines."""
  arguments = [sys.executable, *LAUNCHER, *arguments]
  process, terminal = pty.fork()
  if process == 0:
    os.environ.update(environment)
    os.execv(arguments[0], arguments)
  size = struct.pack('HHHH', 30, n_columns, 0, 0)
  fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
  output = b''
  with contextlib.suppress(OSError):  # os.read raises it at the end of the output.
    while chunk := os.read(terminal, 65536):
      output += chunk
  status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
  shown = output.decode().replace('\r', '\n').splitlines()
  return status, [line.rstrip() for line in shown if line.strip()]


def test_launcher_shows_a_bar_and_a_table_on_a_terminal(tmp_path):
  status, lines = _on_a_terminal(
      f'--config_file={TWITTER_GIN}', f'--output_dir={tmp_path / "run"}',
      f'--config={SAMPLE}', '--config=train.steps=3',
  )  # fmt: skip
  assert status == 0
  assert any(line.startswith('Importing TensorFlow, JAX and') for line in lines)
  assert any(line.startswith('Training: ') and '/3 [' in line for line in lines)
  title, *rows = (line for line in lines if re.match(r' +(step|\d+) ', line))
  assert title == '    step      loss  eval loss  accuracy'
  history = History.load(tmp_path / 'run')
  loss = history.train_curves['WeightedCategoryCrossEntropy']
  eval_loss, accuracy = (
      history.eval_curves[name] for name in ('cross_entropy', 'accuracy')
  )
  assert rows == [
      f'{step:8}  {loss[step]:8.4f}  {eval_loss[step]:9.4f}  {accuracy[step]:8.4f}'
      for step in (1, 3)
  ]
  # The launcher omits the stock trainer's lines and shows each message once.
  assert not any('Step ' in line for line in lines)
  assert lines.count('Finished training.') == 1
  assert lines.index('Finished training.') > lines.index(rows[-1])
  report = f'  python -m trax_twitter_sentiment.report --model_dir={tmp_path / "run"}'
  assert report in lines
  assert not any('made-up' in line for line in lines)  # The command binds 'sample'.


@pytest.mark.slow
def test_table_of_many_metrics_does_not_wrap(tmp_path):
  metrics = ', '.join(f"'a_long_name_{i}': @WeightedAccuracy()" for i in range(9))
  status, lines = _on_a_terminal(
      f'--config_file={TWITTER_GIN}', f'--output_dir={tmp_path / "run"}',
      f'--config={SAMPLE}', '--config=train.steps=1',
      f'--config=train.metrics = {{{metrics}}}',
  )  # fmt: skip
  assert status == 0
  title, row = (line for line in lines if re.match(r' +(step|1) ', line))
  assert 60 < len(title) <= 80
  assert 60 < len(row) <= 80


@pytest.mark.slow
def test_launcher_warns_last_that_it_trained_on_made_up_tweets(tmp_path):
  # The environment offers neither a network nor the real tweets.
  status, lines = _on_a_terminal(
      '--config_file=twitter.gin', f'--output_dir={tmp_path / "run"}',
      '--config=train.steps=2', '--config=train.eval_steps=1',
      NLTK_DATA=str(tmp_path), HOME=str(tmp_path), http_proxy='http://127.0.0.1:1',
      https_proxy='http://127.0.0.1:1',
  )  # fmt: skip
  assert status == 0
  assert lines[-1].startswith('WARNING: The run was trained on made-up tweets')
  assert any('NOT THE REAL TWEETS' in line for line in lines[:-5])


@pytest.mark.parametrize(
    ('flag', 'message'),
    [
        ('--config_file=no.gin', 'there is no such file'),
        ('--config=train.stepss=1', "'train' doesn't have a parameter named 'stepss'"),
        ('--config=train.steps=', 'Unable to parse value'),
    ],
)
def test_error_of_gin_is_one_line(tmp_path, flag, message):
  result = forked.run(*LAUNCHER, f'--config_file={TWITTER_GIN}', flag, cwd=tmp_path)
  assert result.returncode == 1
  assert 'Traceback' not in result.stderr
  last = result.stderr.splitlines()[-1]
  assert last.startswith(f'ERROR: {flag}: ')
  assert message in last


def test_binding_without_its_flag_is_refused(tmp_path):
  trainer = [*LAUNCHER, 'train.steps=3']
  result = train(tmp_path / 'run', trainer=trainer)
  assert result.returncode == 1
  assert result.stderr.splitlines()[-1] == (
      "ERROR: Unexpected argument 'train.steps=3'; each binding requires a --config of "
      'its own.'
  )


@pytest.mark.slow
def test_launcher_shows_why_an_import_failed(tmp_path):
  (tmp_path / 'gym.py').write_text('raise ImportError("broken gym")')
  result = run_python(*LAUNCHER, f'--config_file={TWITTER_GIN}', cwd=tmp_path)
  assert result.returncode == 1
  assert result.stderr.endswith('ImportError: broken gym\n')


# Imports Trax as the launcher does.
_IMPORT = 'from trax_twitter_sentiment import trainer; trainer.import_trax(); '


@pytest.mark.slow
def test_keras_works_after_the_imports_of_the_launcher():
  code = _IMPORT + """
import gc, os, sys
print([name for name in ('keras', 'sklearn', 'pandas', 'nltk') if name in sys.modules])
print(gc.isenabled(), 'TF_CPP_MIN_LOG_LEVEL' in os.environ)

import tensorflow as tf, tensorflow_text, trax
import tensorflow.keras.layers, trax.trax2keras
from matplotlib import pyplot
from trax.data import tokenizer
print(
    issubclass(trax.AsKeras, tf.keras.layers.Layer),
    trax.trax2keras.AsKeras is trax.AsKeras,
    tensorflow.keras.layers is tf.keras.layers,
    tensorflow_text.keras.layers.UnicodeScriptTokenizer(),
    tf.keras.Sequential([tf.keras.layers.Dense(2)])(tf.zeros((3, 4))).shape,
    hasattr(trax, 'AsKras'), callable(pyplot.plot), tokenizer.encode('a b'),
)
"""
  imported, state, keras, *_ = run_python('-c', code).stdout.splitlines()
  assert imported == '[]'
  assert state == 'True False'
  assert re.fullmatch(r"True True True <U.*> \(3, 2\) False True \['a', 'b'\]", keras)


# Runs a JAX program; prints its result and the number of compilation cache hits.
_COMPILE = _IMPORT + """
import jax
hits = []
jax.monitoring.register_event_listener(
    lambda event, **_: event.endswith('/cache_hits') and hits.append(event)
)
print(jax.jit(lambda x: x * 3 + 1)(2.0), len(hits))
"""


def _compile(folder, **environment):
  result = run_python(
      '-c',
      _COMPILE,
      XDG_CACHE_HOME=str(folder),
      JAX_COMPILATION_CACHE_DIR='',
      JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS='1',
      JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES='0',
      **environment,
  )
  assert result.returncode == 0, result.stderr
  return result.stdout


@pytest.mark.slow
def test_compiled_programs_are_reused_unless_they_are_damaged(tmp_path):
  assert _compile(tmp_path) == '7.0 0\n'
  assert _compile(tmp_path) == '7.0 1\n'
  (program,) = tmp_path.glob('trax_twitter_sentiment/compiled/jit__lambda*-cache')
  content = program.read_bytes()
  for damaged in (b'', content[: len(content) // 2], b'x' * len(content)):
    program.write_bytes(damaged)
    assert _compile(tmp_path) == '7.0 0\n'


@pytest.mark.slow
def test_programs_compile_without_a_writable_cache(tmp_path):
  (tmp_path / 'trax_twitter_sentiment').write_text('a file')
  assert _compile(tmp_path) == '7.0 0\n'


@pytest.mark.slow
def test_environment_variable_turns_the_compilation_cache_off(tmp_path):
  assert _compile(tmp_path, TRAX_TWITTER_SENTIMENT_CACHE='off') == '7.0 0\n'
  assert not (tmp_path / 'trax_twitter_sentiment').exists()


def test_launcher_help_describes_the_flags(tmp_path):
  result = run_python(*LAUNCHER, '--help')
  assert '--config_file:' in result.stdout
  assert '--output_dir:' in result.stdout


def test_two_devices_train_and_resume_like_one(tmp_path):
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
    accuracies(train(run, SAMPLE, 'train.steps=20', **COMPILING))
  for a, b in zip(*map(weights, runs), strict=True):
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ('binding', 'message'),
    [
        ('TwitterBatches.batch_size=31', 'TwitterBatches.batch_size=31 is odd'),
        ('TwitterClassifier.vocab_size=9', 'vocab_size=9 does not fit'),
        (
            'configured_corpus.corpus=@TextFileCorpus',
            'ERROR: TextFileCorpus lacks bindings for: train_path.',
        ),
    ],
)
def test_mistake_in_a_setting_is_one_line(tmp_path, binding, message):
  result = train(tmp_path / 'run', SAMPLE, binding)
  assert result.returncode == 1
  assert message in result.stderr.splitlines()[-1]
  assert 'Traceback' not in result.stderr
  assert not (tmp_path / 'run' / 'model.weights.npy.gz').exists()


@needs_real_corpus
def test_recommended_run_reaches_0_999_on_real_tweets(tmp_path):
  result = train(tmp_path / 'run', run=run_python, NLTK_DATA=NLTK_DATA)
  assert accuracies(result)[60] >= 0.999


@pytest.mark.slow
@needs_real_corpus
def test_run_of_the_notebook_reaches_0_99_on_real_tweets(tmp_path):
  result = train(
      tmp_path / 'run', run=run_python, config=NOTEBOOK_GIN, NLTK_DATA=NLTK_DATA
  )
  by_step = accuracies(result)
  assert list(by_step) == [1, *range(10, 101, 10)]
  assert by_step[100] >= 0.99


def test_launcher_finds_gin_files_of_the_package_by_name(tmp_path):
  result = train(tmp_path / 'run', SAMPLE, 'train.steps=1', config='twitter_gru.gin')
  assert accuracies(result)
  assert 'Using --config_file=' in result.stderr
  assert 'gin_configs/twitter_gru.gin' in result.stderr


def test_unknown_gin_file_is_named_with_all_gin_files(tmp_path):
  result = train(tmp_path / 'run', run=run_python, config='twiter.gin')
  assert result.returncode == 1
  (line,) = result.stderr.splitlines()
  assert line.startswith('ERROR: --config_file=twiter.gin: there is no such file (did')
  assert "mean 'twitter.gin'?" in line
  assert 'text_file.gin' in line
  (line,) = run_python(*LAUNCHER).stderr.splitlines()
  assert line.startswith('ERROR: --config_file is missing; the package has encoder.gin')


def test_launcher_suggests_a_similar_setting(tmp_path):
  result = train(tmp_path / 'run', SAMPLE, 'TwitterClassifier.embeding_dim=3')
  assert result.returncode == 1
  assert "(did you mean 'embedding_dim'?)" in result.stderr.splitlines()[-1]


def test_copy_config_writes_a_gin_file_but_overwrites_none(tmp_path):
  copy = (*LAUNCHER, '--copy_config=twitter.gin')
  assert run_python(*copy, cwd=tmp_path).stdout == 'twitter.gin\n'
  original = (REPOSITORY / 'gin_configs' / 'twitter.gin').read_text()
  assert (tmp_path / 'twitter.gin').read_text() == original
  (tmp_path / 'twitter.gin').write_text('mine')
  result = run_python(*copy, cwd=tmp_path)
  assert result.returncode == 1
  assert 'contains a file of this name' in result.stderr
  assert (tmp_path / 'twitter.gin').read_text() == 'mine'
