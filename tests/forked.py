"""Starts processes within two seconds: each is forked from a process with Trax."""

import multiprocessing
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile

from conftest import REPOSITORY

# The fork server imports Trax once. It never uses JAX or TensorFlow, so a fork is safe.
# It does not import `trax.trainer`: the launcher has to define its flags first.
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(
    [
        'trax_twitter_sentiment.trax_support.repairs',
        'trax.models',
        'trax_twitter_sentiment.reporting.page',
        'trax_twitter_sentiment.reporting.content',
        'forked',
    ]
)


def run(
    *arguments: str,
    cwd: os.PathLike | None = None,
    timeout: float | None = None,
    **environment: str,
) -> subprocess.CompletedProcess:
  """Runs `python -m MODULE ...` like `run_python`, but in a fork."""
  with tempfile.TemporaryDirectory() as folder:
    outputs = [os.path.join(folder, name) for name in ('stdout', 'stderr')]
    process = _start(arguments, *outputs, cwd, environment)
    process.join(timeout)
    assert process.exitcode is not None, f'no end after {timeout} seconds'
    contents = (pathlib.Path(path).read_bytes().decode() for path in outputs)
    return subprocess.CompletedProcess(arguments, process.exitcode, *contents)


def start_trainer(
    output_dir: pathlib.Path, log: pathlib.Path, *bindings: str, **environment: str
) -> multiprocessing.process.BaseProcess:
  """Starts `python -m trax.trainer` on the sample; its output goes to `log`."""
  arguments = (
      '-m',
      'trax.trainer',
      f'--config_file={REPOSITORY / "gin_configs" / "twitter.gin"}',
      f'--output_dir={output_dir}',
      *(f'--config={b}' for b in ("TwitterCorpus.source='sample'", *bindings)),
  )
  return _start(arguments, log, log, None, environment)


def _start(arguments, stdout, stderr, cwd, environment):
  option, *arguments = arguments
  assert option == '-m'
  # A daemon ends with the tests, even if one of them fails.
  process = _CONTEXT.Process(
      target=_run,
      args=(
          arguments,
          (str(stdout), str(stderr)),
          str(cwd or os.getcwd()),
          {**os.environ, **environment},
      ),
      daemon=True,
  )
  process.start()
  return process


def _run(arguments, outputs, cwd, environment):
  for descriptor, path in enumerate(outputs, start=1):
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
  os.chdir(cwd)
  os.environ.clear()
  os.environ.update(environment)
  sys.path.insert(0, cwd)
  sys.argv = arguments
  try:
    runpy.run_module(arguments[0], run_name='__main__', alter_sys=True)
  except Exception:
    # The installed hook shows a `UserError` in one line.
    sys.excepthook(*sys.exc_info())
    sys.exit(1)
