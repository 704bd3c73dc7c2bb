"""Trains as `python -m trax.trainer` does, but starts in a tenth of the time.

    python -m trax_twitter_sentiment.trainer --config_file=FILE --output_dir=DIR

    python -m trax_twitter_sentiment.trainer --copy_config=NAME

All flags of the stock trainer work, and the output directory gets the same files. FILE
is a path, or the name of a gin file of the package, such as `twitter.gin`.
`--copy_config` copies such a file into the current folder, where you can change it.
"""

import importlib.resources
import importlib.util
import inspect
import os
import pathlib
import re
import shlex
import sys
from typing import TYPE_CHECKING

from trax_twitter_sentiment.trax_support import fast_imports, signals, terminal

import gin
from absl import flags
from absl import logging as absl_logging

from trax_twitter_sentiment import __all__ as public_names
from trax_twitter_sentiment import cli
from trax_twitter_sentiment.encoding import cache
from trax_twitter_sentiment.errors import UserError, did_you_mean
from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.run.run import MODEL_FILE, Run

if TYPE_CHECKING:
  from trax.supervised import training


_COPY_CONFIG = flags.DEFINE_string(
    'copy_config',
    None,
    'The name of a gin file of the package. The command copies the file into the '
    'current folder, and does not train.',
)

# The size of the cache of compiled programs, enough for about 50 configurations.
_MAX_CACHE_BYTES = 2**23


def main(arguments: list[str]) -> None:
  """Copies a gin file, or imports Trax and calls `main` of the stock trainer."""
  if _COPY_CONFIG.value:
    print(_copy_config(_COPY_CONFIG.value))
    return
  if arguments:
    raise UserError(
        f'Unexpected argument {arguments[0]!r}; each binding requires a --config of '
        'its own.'
    )
  files = flags.FLAGS.config_file or []
  if not (files or flags.FLAGS.config):
    raise UserError(
        f'--config_file is missing; the package has {", ".join(_config_names())}.'
    )
  flags.FLAGS['config_file'].value = [_find_config(file) for file in files]
  message = 'Importing TensorFlow, JAX and Trax …'
  with terminal.passing(message), signals.ending_at_once():
    import_trax()
  _train(arguments)


def import_trax() -> None:
  """Imports Trax fast, and makes JAX keep compiled programs between runs.

  JAX keeps them in the cache folder of the plugin, unless the user chose another
  folder for them or turned the cache off. JAX compiles again if it cannot read them.
  """
  fast_imports.import_trax()
  import jax

  if os.environ.get('JAX_COMPILATION_CACHE_DIR') or not cache.is_on():
    return
  folder = os.path.join(cache.folder(), 'compiled')
  jax.config.update('jax_compilation_cache_dir', folder)
  jax.config.update('jax_compilation_cache_max_size', _MAX_CACHE_BYTES)
  # JAX does not keep programs that compile in less than a second by default. Most of
  # the 25 programs of a run do, so this line keeps them.
  jax.config.update('jax_persistent_cache_min_compile_time_secs', 0)


def _configs() -> pathlib.Path:
  package = importlib.resources.files('trax_twitter_sentiment.gin_configs')
  return pathlib.Path(str(package))


def _config_names() -> list[str]:
  return sorted(path.name for path in _configs().glob('[!_]*.gin'))


def _find_config(path: str) -> str:
  """Returns `path` if it is a file, or the package's file of that name."""
  path = os.path.expanduser(path)
  if os.path.isfile(path) or path.startswith('trax_twitter_sentiment/gin_configs/'):
    return path
  _check_config_name('config_file', path)
  path = str(_configs() / path)
  print(f'Using --config_file={path}', file=sys.stderr)
  return path


def _check_config_name(flag: str, name: str) -> None:
  names = _config_names()
  if name not in names:
    raise UserError(
        f'--{flag}={name}: there is no such file{did_you_mean(name, names)}; the '
        f'package has {", ".join(names)}.'
    )


def _copy_config(name: str) -> str:
  """Copies a gin file of the package into the current folder; returns its path."""
  _check_config_name('copy_config', name)
  try:
    with open(name, 'x', encoding='utf-8') as file:
      file.write((_configs() / name).read_text('utf-8'))
  except FileExistsError as error:
    raise UserError(
        f'--copy_config={name}: the current folder contains a file of this name.'
    ) from error
  except OSError as error:
    raise UserError(f'--copy_config={name}: {error.strerror}.') from error
  return name


def _train(arguments: list[str]) -> None:
  # These modules import Trax, so they are imported after `import_trax`.
  from trax_twitter_sentiment.trax_support import repairs

  from trax import trainer  # isort: skip

  # Gin files bind its configurables, so it is imported before gin reads them.
  from trax_twitter_sentiment.training import callbacks

  _check_configuration()
  shown: list[terminal.Progress] = []

  def show_progress(loop: 'training.Loop') -> terminal.Progress:
    shown.append(terminal.Progress(loop, callbacks.steps_of_run()))
    return shown[-1]

  if terminal.shows_bar() and not flags.FLAGS['log_level'].present:
    # Trax logs the lines that it prints, and the log would break the progress bar.
    flags.FLAGS['log_level'].value = absl_logging.WARNING
  with terminal.progress_of(shown), repairs.extra_callback(show_progress):
    try:
      trainer.main(arguments)
    except ValueError as error:
      # Gin checks macros before it calls `train`, which would show its own errors.
      if user_error := repairs.user_error_behind(error):
        raise user_error from error
      raise
  for progress in shown:
    folder = progress.loop.output_dir
    if os.path.exists(os.path.join(folder, MODEL_FILE)):
      _print_next_commands(folder)


def _print_next_commands(output_dir: str) -> None:
  print(f'The run is in {output_dir}. To use it:', file=sys.stderr)
  for command, argument in (
      ('predict', " 'What a lovely day'"),
      ('evaluate', ''),
      ('report', ''),
      ('serve', ''),
  ):
    module = f'trax_twitter_sentiment.{command}'
    model_dir = shlex.quote(output_dir)
    print(f'  python -m {module} --model_dir={model_dir}{argument}', file=sys.stderr)
  corpus = Run(output_dir).corpus_record.name
  sources = [
      value
      for name, value in settings.recorded(output_dir).items()
      if name.endswith('TwitterCorpus.source')
  ]
  if corpus.startswith('sample') and "'auto'" in sources:
    # The first warning has scrolled off the screen by now, so it is repeated.
    print(
        'WARNING: The run was trained on made-up tweets, because the real ones are '
        'not available (see above).',
        file=sys.stderr,
    )


def _check_configuration() -> None:
  """Raises `UserError` if gin cannot read a file or a binding, before any work."""
  # Gin would log the files twice. The stock trainer sets its own verbosity.
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
        raise UserError(
            f'--{flag.name}={value}: {reason}{_suggestion(reason)}'
        ) from error


def _suggestion(reason: str) -> str:
  """Returns a similar name for an unknown one in a message of gin, or ''."""
  if match := re.search(r"No configurable matching '([^']+)'", reason):
    return did_you_mean(match[1].split('.')[-1], public_names)
  if match := re.search(r"'([^']+)' doesn't have .* named '(\w+)'", reason):
    function = gin.get_configurable(match[1])
    return did_you_mean(match[2], [*inspect.signature(function).parameters])
  if 'malformed node' in reason or 'invalid syntax' in reason:
    return ". Texts require quotes, such as train_path='tweets.csv'."
  return ''


def _define_flags_of_trainer() -> None:
  """Defines the stock trainer's flags without `import trax`, which is slow."""
  package = importlib.util.find_spec('trax')
  assert package is not None and package.submodule_search_locations
  name = 'trax.trainer_flags'
  path = os.path.join(package.submodule_search_locations[0], 'trainer_flags.py')
  spec = importlib.util.spec_from_file_location(name, path)
  assert spec is not None and spec.loader is not None
  sys.modules[name] = module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  flags.adopt_module_key_flags(module)


if __name__ == '__main__':
  _define_flags_of_trainer()
  cli.run(main)
