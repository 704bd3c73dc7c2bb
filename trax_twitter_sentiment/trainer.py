"""The stock trainer, started fast and quiet.

    python -m trax_twitter_sentiment.trainer --config_file=FILE --output_dir=DIR

    python -m trax_twitter_sentiment.trainer --copy_config=NAME

It runs `python -m trax.trainer` with that command's flags and writes what it writes.
FILE is a path or the name of one of the package's own gin files, such as `twitter.gin`;
`--copy_config` writes one of these into the current folder, to be changed there.
"""

import importlib
import importlib.resources
import importlib.util
import inspect
import logging
import os
import pathlib
import re
import shlex
import sys
from typing import TYPE_CHECKING

from trax_twitter_sentiment.trax_support import compiled_code, terminal

import gin
from absl import flags
from absl import logging as absl_logging

from trax_twitter_sentiment import cli, fast_imports
from trax_twitter_sentiment.errors import UserError, did_you_mean
from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.run.run import TOKENIZER_FILE, Run

if TYPE_CHECKING:
  from trax.supervised import training


_COPY_CONFIG = flags.DEFINE_string(
    'copy_config',
    None,
    "The name of one of the package's gin files, to be written into the current "
    'folder instead of training.',
)


def main(arguments: list[str]) -> None:
  """Copies a gin file, or imports Trax and runs the stock trainer's `main`."""
  if _COPY_CONFIG.value:
    print(_copy_config(_COPY_CONFIG.value))
    return
  files = flags.FLAGS.config_file or []
  if not (files or flags.FLAGS.config):
    raise UserError(
        f'--config_file is missing; the package has {", ".join(_config_names())}.'
    )
  flags.FLAGS['config_file'].value = [_find_config(file) for file in files]
  with compiled_code.kept_between_runs():
    _import_trax()
    _train(arguments)


def _configs() -> pathlib.Path:
  package = importlib.resources.files('trax_twitter_sentiment.gin_configs')
  return pathlib.Path(str(package))


def _config_names() -> list[str]:
  return sorted(path.name for path in _configs().glob('[!_]*.gin'))


def _find_config(path: str) -> str:
  """Returns the path of a gin file: the one given, or that of the package's own."""
  path = os.path.expanduser(path)
  if os.path.isfile(path) or path.startswith('trax_twitter_sentiment/gin_configs/'):
    return path
  _check_config_name('config_file', path)
  found = str(_configs() / path)
  print(f'Using --config_file={found}', file=sys.stderr)
  return found


def _check_config_name(flag: str, name: str) -> None:
  names = _config_names()
  if name not in names:
    raise UserError(
        f'--{flag}={name}: there is no such file{did_you_mean(name, names)}; the '
        f'package has {", ".join(names)}.'
    )


def _copy_config(name: str) -> str:
  """Writes a gin file of the package into the current folder; returns its path."""
  _check_config_name('copy_config', name)
  try:
    with open(name, 'x', encoding='utf-8') as file:
      file.write((_configs() / name).read_text('utf-8'))
  except FileExistsError as error:
    raise UserError(
        f'--copy_config={name}: the current folder has a {name}, which stays as it is.'
    ) from error
  except OSError as error:
    raise UserError(f'--copy_config={name}: {error.strerror}.') from error
  return name


def _train(arguments: list[str]) -> None:
  from trax_twitter_sentiment.trax_support import repairs  # Before Trax: it is fast.

  from trax import trainer  # isort: skip

  # What is configurable has to be known before gin reads the configuration.
  from trax_twitter_sentiment.training import callbacks

  _check_configuration()
  output_dirs = []

  def show_progress(loop: 'training.Loop') -> terminal.StepBar:
    output_dirs.append(loop.output_dir)
    return screen.step_bar(loop.step, callbacks.steps_of_run())

  with terminal.shown() as screen, repairs.extra_callback(show_progress):
    trainer.main(arguments)
  for output_dir in output_dirs:
    if os.path.exists(os.path.join(output_dir, TOKENIZER_FILE)):
      _say_what_is_next(output_dir)


def _say_what_is_next(output_dir: str) -> None:
  print(f'The run is in {output_dir}. To use it:', file=sys.stderr)
  for command, further in (
      ('predict', " 'What a lovely day'"),
      ('evaluate', ''),
      ('report', ''),
  ):
    module = f'trax_twitter_sentiment.{command}'
    options = f'--model_dir={shlex.quote(output_dir)}{further}'
    print(f'  python -m {module} {options}', file=sys.stderr)
  corpus = Run(output_dir).corpus_record.name
  sources = [
      value
      for name, value in settings.recorded(output_dir).items()
      if name.endswith('TwitterCorpus.source')
  ]
  if corpus.startswith('sample') and "'auto'" in sources:
    # It was said at the start, which has scrolled away.
    print(
        'WARNING: It was trained on made-up tweets, since the real ones could not be '
        'had (see above).',
        file=sys.stderr,
    )


def _import_trax() -> None:
  """Imports Trax fast, and without what its libraries say."""
  with terminal.passing('Importing TensorFlow, JAX and Trax …'):
    importlib.import_module('trax_twitter_sentiment.trax_support.repairs')
    with fast_imports.quiet():
      trainer = importlib.import_module('trax.trainer')
      # The first look for a GPU, if it is in vain, says so.
      trainer.tf.config.list_physical_devices()
  logging.getLogger('jax').setLevel(logging.WARNING)


def _check_configuration() -> None:
  """Raises `UserError` for what gin can't read, before any work is done."""
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
        raise UserError(
            f'--{flag.name}={value}: {reason}{_meant(reason)}'
        ) from error


def _meant(reason: str) -> str:
  """Returns the name that gin's words on an unknown one may have meant, or ''."""
  if match := re.search(r"No configurable matching '([^']+)'", reason):
    known = gin.config._REGISTRY  # Gin has no public list of its configurables.
    names = [selector.split('.')[-1] for selector in known._selector_map]
    return did_you_mean(match[1].split('.')[-1], names)
  if match := re.search(r"'([^']+)' doesn't have .* named '(\w+)'", reason):
    function = gin.get_configurable(match[1])
    return did_you_mean(match[2], [*inspect.signature(function).parameters])
  return ''


def _define_flags_of_trainer() -> None:
  """Defines the stock trainer's flags without importing Trax, which takes long."""
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
