"""Trainer processes that start within two seconds, to be killed."""

import multiprocessing
import os
import pathlib
import runpy
import sys

from conftest import REPOSITORY

# The server of this imports Trax once; each process is forked from it, before it has
# used JAX or TensorFlow.
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(
    [
        'trax_twitter_sentiment.trax_support.repairs',
        'trax.trainer',
        'trax.models',
        'forked',
    ]
)


def start_trainer(
    output_dir: pathlib.Path, log: pathlib.Path, *bindings: str
) -> multiprocessing.process.BaseProcess:
  """Starts `python -m trax.trainer` on the sample; what it writes goes to `log`."""
  arguments = [
      'trax.trainer',
      f'--config_file={REPOSITORY / "gin_configs" / "twitter.gin"}',
      f'--output_dir={output_dir}',
      *(f'--config={b}' for b in ("TwitterCorpus.source='sample'", *bindings)),
  ]
  # A daemon, so that it ends with the tests if one of them fails.
  process = _CONTEXT.Process(target=_train, args=(arguments, log), daemon=True)
  process.start()
  return process


def _train(arguments: list[str], log: pathlib.Path) -> None:
  descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
  os.dup2(descriptor, 1)
  os.dup2(descriptor, 2)
  sys.argv = arguments
  runpy.run_module('trax.trainer', run_name='__main__')
