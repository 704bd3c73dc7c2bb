"""Measuring processes and functions, in turn and repeatedly."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import psutil
import tqdm

ROUNDS = 5

_N_CORES = 2
_MEMORY_INTERVAL = 0.25
_MEGABYTE = 2**20
_NO_VARIABLES: Mapping[str, str] = {}


# Of an output, which may have millions of lines, to find the last one in.
_LAST_BYTES = 10_000


@dataclasses.dataclass(frozen=True)
class Finished:
  """A process that has ended.

  Attributes:
    seconds: from its start to its end.
    megabytes: its peak memory.
    last_line: the last one of its standard output.
  """

  seconds: float
  megabytes: float
  last_line: str


def pin_to_cores() -> None:
  """Keeps this process, and all that it starts, on two cores."""
  os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_N_CORES])


def with_cache(folder: str) -> dict[str, str]:
  """Returns the environment of a process whose cache is in `folder`."""
  return {'XDG_CACHE_HOME': folder}


def alternate(
    *actions: Callable[[], float], rounds: int = ROUNDS, name: str = ''
) -> tuple[list[float], ...]:
  """Returns what each of `actions` measures, called in turn: A B A B …"""
  measured: tuple[list[float], ...] = tuple([] for _ in actions)
  for _ in tqdm.trange(rounds, desc=name, disable=not name):
    for values, action in zip(measured, actions, strict=True):
      values.append(action())
  return measured


def rate(action: Callable[[], object], n_items: int) -> float:
  """Returns how many items a second `action` goes through."""
  start = time.perf_counter()
  action()
  return n_items / (time.perf_counter() - start)


def run(
    *arguments: str,
    environment: Mapping[str, str] = _NO_VARIABLES,
    watch_memory: bool = False,
) -> Finished:
  """Runs Python with `arguments`, to its end.

  Args:
    arguments: those of Python.
    environment: variables to add to this process's.
    watch_memory: whether memory counts the processes that it starts, too, which takes
      some time of its own.
  """
  # Files, unlike pipes, never make a process wait for its reader.
  with (
      tempfile.TemporaryFile('w+', errors='replace') as stdout,
      tempfile.TemporaryFile('w+') as stderr,
  ):
    start = time.perf_counter()
    process = _start(arguments, environment, stdout, stderr)
    watched = _peak_memory(process) if watch_memory else 0.0
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
  # The system's figure counts what this process held when it started the other.
  megabytes = watched or usage.ru_maxrss / 1024
  return Finished(seconds, megabytes, lines[-1] if lines else '')


def run_task(*arguments: str, environment: Mapping[str, str] = _NO_VARIABLES) -> Any:
  """Returns what a function of `benchmarks.tasks` returns in a process of its own."""
  finished = run('-m', 'benchmarks.tasks', *arguments, environment=environment)
  return json.loads(finished.last_line)


def watch_task(*arguments: str, environment: Mapping[str, str]) -> tuple[float, float]:
  """Returns the same, and the peak memory in megabytes."""
  command = '-m', 'benchmarks.tasks', *arguments
  finished = run(*command, environment=environment, watch_memory=True)
  return json.loads(finished.last_line), finished.megabytes


def seconds_until(
    line_part: str, *arguments: str, environment: Mapping[str, str] = _NO_VARIABLES
) -> float:
  """Returns the time from a process's start to a line on its standard output.

  The process is killed then.
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
  """Returns the peak memory of a process and its children, once it has ended.

  Pages that they share count once.
  """
  peak = 0
  process = psutil.Process(started.pid)
  while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
      parts = (process, *process.children(recursive=True))
      peak = max(peak, sum(part.memory_full_info().pss for part in parts))
    time.sleep(_MEMORY_INTERVAL)
  return peak / _MEGABYTE
