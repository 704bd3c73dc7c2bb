"""Measuring processes and functions, in turn and repeatedly."""

import contextlib
import dataclasses
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psutil

N_CORES = 2
ROUNDS = 5

_MEMORY_INTERVAL = 0.25
_MEGABYTE = 2**20
_LAST_BYTES = 2**16
_INHERITED: Mapping[str, str] = {}


@dataclasses.dataclass(frozen=True)
class Finished:
  """A process that has ended.

  Attributes:
    seconds: from its start to its end.
    megabytes: its peak memory.
    last_line: the last one of its standard output.
    stderr: its standard error.
  """

  seconds: float
  megabytes: float
  last_line: str
  stderr: str


def with_cache(folder: str) -> dict[str, str]:
  """Returns the environment of a process whose cache is in `folder`."""
  return {'XDG_CACHE_HOME': folder}


def pin_to_cores() -> None:
  """Keeps this process, and all that it starts, on two cores."""
  os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:N_CORES])


def alternate(
    *actions: Callable[[], float],
    rounds: int = ROUNDS,
    progress: Callable[[], object] = lambda: None,
) -> tuple[list[float], ...]:
  """Returns what each of `actions` measures, called in turn: A B A B …"""
  measured: tuple[list[float], ...] = tuple([] for _ in actions)
  for _ in range(rounds):
    for values, action in zip(measured, actions, strict=True):
      values.append(action())
      progress()
  return measured


def rate(action: Callable[[], object], n_items: int) -> float:
  """Returns how many items a second `action` goes through."""
  start = time.perf_counter()
  action()
  return n_items / (time.perf_counter() - start)


def median(values: Sequence[float]) -> float:
  return statistics.median(values)


def run(
    *arguments: str,
    environment: Mapping[str, str] = _INHERITED,
    watch_memory: bool = False,
) -> Finished:
  """Runs Python with `arguments`, to its end.

  Args:
    arguments: those of Python.
    environment: variables to add to this process's.
    watch_memory: whether memory counts processes that it starts, which takes some
      time of its own; if not, only the largest of them all counts.
  """
  with _files() as (stdout, stderr):
    start = time.perf_counter()
    process = _start(arguments, environment, stdout, stderr)
    watched = _watch_memory(process.pid) if watch_memory else 0.0
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    finished = Finished(
        seconds,
        max(usage.ru_maxrss * 1024 / _MEGABYTE, watched),
        _last_line(stdout),
        _content(stderr),
    )
  if process.returncode:
    raise RuntimeError(
        f'{" ".join(arguments)} ended with {process.returncode}:\n{finished.stderr}'
    )
  return finished


def run_task(*arguments: str, environment: Mapping[str, str] = _INHERITED) -> Any:
  """Returns what a function of `benchmarks.tasks` returns in a process of its own."""
  return _result(run('-m', 'benchmarks.tasks', *arguments, environment=environment))


def watch_task(*arguments: str, environment: Mapping[str, str]) -> tuple[float, float]:
  """Returns the same, and the peak memory in megabytes."""
  command = '-m', 'benchmarks.tasks', *arguments
  finished = run(*command, environment=environment, watch_memory=True)
  return _result(finished), finished.megabytes


def seconds_until(line_part: str, *arguments: str) -> float:
  """Returns the time from a process's start to a line on its standard output.

  The process is ended then.
  """
  with _files() as (_, stderr):
    start = time.perf_counter()
    process = _start(arguments, _INHERITED, subprocess.PIPE, stderr)
    assert process.stdout
    try:
      for line in process.stdout:
        if line_part in line:
          return time.perf_counter() - start
      raise RuntimeError(f'No line with {line_part!r}:\n{_content(stderr)}')
    finally:
      process.kill()
      process.stdout.close()
      process.wait()


def _result(finished: Finished) -> Any:
  return json.loads(finished.last_line)


def _start(
    arguments: Sequence[str], environment: Mapping[str, str], stdout: Any, stderr: Any
) -> subprocess.Popen:
  return subprocess.Popen(
      [sys.executable, *arguments],
      env={**os.environ, **environment},
      stdin=subprocess.DEVNULL,
      stdout=stdout,
      stderr=stderr,
      text=True,
  )


def _watch_memory(pid: int) -> float:
  """Returns the peak memory of a process and its children, once it has ended.

  Pages that they share count once.
  """
  peak = 0.0
  process = psutil.Process(pid)
  while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
      for part in (process, *process.children(recursive=True)):
        total += part.memory_full_info().pss
    peak = max(peak, total / _MEGABYTE)
    time.sleep(_MEMORY_INTERVAL)
  return peak


@contextlib.contextmanager
def _files() -> Iterator[tuple]:
  # Files, unlike pipes, never make a process wait for its reader.
  with contextlib.ExitStack() as stack:
    open_file = functools.partial(
        tempfile.TemporaryFile, 'w+', encoding='utf-8', errors='replace'
    )
    yield tuple(stack.enter_context(open_file()) for _ in range(2))


def _last_line(file: Any) -> str:
  # Not all of it: the peak memory of a process counts that of the one it comes from.
  file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
  return file.read().rstrip('\n').rpartition('\n')[2]


def _content(file: Any) -> str:
  file.seek(0)
  return file.read()
