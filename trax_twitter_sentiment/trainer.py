"""The stock trainer, started fast and quiet.

    python -m trax_twitter_sentiment.trainer --config_file=FILE --output_dir=DIR

It runs `python -m trax.trainer` with that command's flags and writes what it writes.
"""

import contextlib
import importlib
import logging
import os
import shlex
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import tqdm
import tqdm.contrib
from absl import app, flags
from absl import logging as absl_logging

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tokenizer import TOKENIZER_FILE

if TYPE_CHECKING:
  from trax.supervised import training


def main(arguments: list[str]) -> None:
  """Runs the stock trainer's `main`; `_import_trax` has been called before."""
  from trax_twitter_sentiment.trax_support import repairs

  from trax import trainer

  # What is configurable has to be known before gin reads the configuration.
  from trax_twitter_sentiment import callbacks

  _check_configuration()
  bars = []

  def show_progress(loop: 'training.Loop') -> _StepBar:
    bars.append(_StepBar(loop, callbacks.steps_of_run()))
    return bars[-1]

  with _log_above_bars(), repairs.extra_callback(show_progress):
    trainer.main(arguments)
  for bar in bars:
    bar.close()
    if os.path.exists(os.path.join(bar.output_dir, TOKENIZER_FILE)):
      print(
          f'The run is in {bar.output_dir}; to predict with it: '
          'python -m trax_twitter_sentiment.predict '
          f"--model_dir={shlex.quote(bar.output_dir)} 'What a lovely day'",
          file=sys.stderr,
      )


class _StepBar:
  """A `TrainingStepCallback` that shows the run's steps, on a terminal."""

  def __init__(self, loop: 'training.Loop', n_steps: int):
    self.output_dir = loop.output_dir
    self._bar = tqdm.tqdm(
        desc='Training',
        total=n_steps,
        initial=loop.step,
        unit=' steps',
        disable=None,
        leave=False,
    )
    self.close = self._bar.close

  def call_at(self, step: int) -> bool:
    return True

  def on_step_begin(self, step: int) -> None:
    pass

  def on_step_end(self, step: int) -> None:
    self._bar.update()


@contextlib.contextmanager
def _log_above_bars() -> Iterator[None]:
  """Has what is printed and logged meanwhile go above progress bars."""
  if not sys.stderr.isatty():
    yield
    return
  above_bars = tqdm.contrib.DummyTqdmFile(sys.stderr)
  log_handler = absl_logging.get_absl_handler().python_handler
  log_stream = log_handler.setStream(above_bars)
  stdout = above_bars if sys.stdout.isatty() else sys.stdout
  try:
    with contextlib.redirect_stdout(stdout):
      yield
  finally:
    log_handler.setStream(log_stream)


def _import_trax() -> None:
  """Imports Trax fast, and without what its libraries say then or later on.

  What they say while they are imported is shown if that fails.
  """
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  with tempfile.TemporaryFile() as said, warnings.catch_warnings():
    warnings.simplefilter('ignore')
    # Much of it is written by C++ code, past `sys.stderr`.
    stderr = os.dup(2)
    os.dup2(said.fileno(), 2)
    try:
      importlib.import_module('trax_twitter_sentiment.trax_support.repairs')
      trainer = importlib.import_module('trax.trainer')
      # The first look for a GPU, if it is in vain, says so.
      trainer.tf.config.list_physical_devices()
    except BaseException:
      said.seek(0)
      with open(stderr, 'wb', closefd=False) as file:
        shutil.copyfileobj(said, file)
      raise
    finally:
      os.dup2(stderr, 2)
      os.close(stderr)
  logging.getLogger('jax').setLevel(logging.WARNING)
  if not sys.warnoptions:
    # Nobody who trains can mend what these warn of.
    warnings.filterwarnings('ignore', module=r'(jax|trax)\.')


def _check_configuration() -> None:
  """Raises `UserError` for what gin can't read, before any work is done."""
  import gin

  # So that gin doesn't log the files twice. The stock trainer sets it anew.
  absl_logging.set_verbosity(absl_logging.ERROR)
  for flag, parse in (
      (flags.FLAGS['config_file'], gin.parse_config_file),
      (flags.FLAGS['config'], gin.parse_config),
  ):
    for value in flag.value or ():
      try:
        parse(value)
      except Exception as error:  # Gin raises errors of many types.
        reason = ' '.join(str(error).split())
        raise UserError(f'--{flag.name}={value}: {reason}') from error


if __name__ == '__main__':
  try:
    _import_trax()
    flags.adopt_module_key_flags(sys.modules['trax.trainer_flags'])
    app.run(main)
  except KeyboardInterrupt:  # A run that has begun ends by itself, in order.
    sys.exit(128 + signal.SIGINT)
