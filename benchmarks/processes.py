"""Measures processes and functions, repeatedly and in turn."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import psutil
import tqdm

ROUNDS = 5

_N_CORES = 2
_MEMORY_INTERVAL = 0.25
_MEGABYTE = 2**20
_NO_VARIABLES: Mapping[str, str] = {}
_Measurement = TypeVar('_Measurement')

# An output may have millions of lines, so only its end is read for the last line.
_LAST_BYTES = 10_000


@dataclasses.dataclass(frozen=True)
class Finished:
  """A process that has ended."""

  seconds: float  # From start to end.
  megabytes: float  # The peak memory.
  last_line: str  # The last line of standard output.


def pin_to_cores() -> None:
  """Restricts this process and its child processes to two cores."""
  os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_N_CORES])


def with_cache(folder: str) -> dict[str, str]:
  """Returns the environment of a process whose cache is in `folder`."""
  return {'XDG_CACHE_HOME': folder}


def alternate(
    *actions: Callable[[], _Measurement], rounds: int = ROUNDS, name: str = ''
) -> tuple[list[_Measurement], ...]:
  """Runs `actions` in turn (A B A B …); returns the measurements of each."""
  measurements: tuple[list[_Measurement], ...] = tuple([] for _ in actions)
  for _ in tqdm.trange(rounds, desc=name, disable=not name):
    for values, action in zip(measurements, actions, strict=True):
      values.append(action())
  return measurements


def rate(action: Callable[[], object], n_items: int) -> float:
  """Runs `action` once; returns the number of items per second."""
  start = time.perf_counter()
  action()
  return n_items / (time.perf_counter() - start)


def run(
    *arguments: str,
    environment: Mapping[str, str] = _NO_VARIABLES,
    watch_memory: bool = False,
) -> Finished:
  """Runs Python with `arguments` and waits for its end.

  Args:
    arguments: the arguments of Python.
    environment: variables to add to the environment of this process.
    watch_memory: whether peak memory includes child processes. This makes the process a
      little slower.
  """
  # The output goes to files, since a process would wait for the reader of a pipe.
  with (
      tempfile.TemporaryFile('w+', errors='replace') as stdout,
      tempfile.TemporaryFile('w+') as stderr,
  ):
    start = time.perf_counter()
    process = _start(arguments, environment, stdout, stderr)
    peak = _peak_memory(process) if watch_memory else 0.0
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
      stderr.seek(0)
      raise RuntimeError(
          f'{" ".join(arguments)} ended with {process.returncode}:\n{stderr.read()}'
      )
    stdout.seek(max(0, os.fstat(stdout.fileno()).st_size - _LAST_BYTES))
    lines = stdout.read().splitlines()
  # ru_maxrss includes the memory of this process at the time of the fork.
  megabytes = peak or usage.ru_maxrss / 1024
  return Finished(seconds, megabytes, lines[-1] if lines else '')


def run_task(*arguments: str, environment: Mapping[str, str] = _NO_VARIABLES) -> Any:
  """Runs a function of `benchmarks.tasks` in a new process; returns its result."""
  finished = run('-m', 'benchmarks.tasks', *arguments, environment=environment)
  return json.loads(finished.last_line)


def watch_task(*arguments: str, environment: Mapping[str, str]) -> tuple[float, float]:
  """Runs a task like `run_task`; returns its result and peak memory in megabytes."""
  command = '-m', 'benchmarks.tasks', *arguments
  finished = run(*command, environment=environment, watch_memory=True)
  return json.loads(finished.last_line), finished.megabytes


def seconds_until(
    line_part: str, *arguments: str, environment: Mapping[str, str] = _NO_VARIABLES
) -> float:
  """Measures the time from the start of a process to a line on its standard output.

  After the line, the process is killed.
  """
  start = time.perf_counter()
  process = _start(arguments, environment, subprocess.PIPE, subprocess.DEVNULL)
  assert process.stdout
  with process:
    for line in process.stdout:
      if line_part in line:
        process.kill()
        return time.perf_counter() - start
  raise RuntimeError(f'{" ".join(arguments)} printed no line with {line_part!r}.')


def _start(
    arguments: tuple[str, ...], environment: Mapping[str, str], stdout: Any, stderr: Any
) -> subprocess.Popen:
  return subprocess.Popen(
      [sys.executable, *arguments],
      env={**os.environ, **environment},
      stdin=subprocess.DEVNULL,
      stdout=stdout,
      stderr=stderr,
      text=True,
  )


def _peak_memory(started: subprocess.Popen) -> float:
  """Returns the peak memory of a process and its children, in megabytes.

  Waits for the end of the process. Shared pages count once.
  """
  peak = 0
  process = psutil.Process(started.pid)
  while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
      parts = (process, *process.children(recursive=True))
      peak = max(peak, sum(part.memory_full_info().pss for part in parts))
    time.sleep(_MEMORY_INTERVAL)
  return peak / _MEGABYTE
