"""Applies a function to chunks in several processes, or in several threads."""

import collections
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import Any, TypeVar

from trax_twitter_sentiment.errors import UserError

Chunk = TypeVar('Chunk')
Result = TypeVar('Result')

_COMMAND = f'import {__name__} as parallel; parallel.work()'


def map_in_threads(
    function: Callable[..., Result], *arguments: Iterable[Any]
) -> Iterator[Result]:
  """Yields the results of a function, in order, with few of them in memory at a time.

  The function spends its time in NumPy or SciPy without Python's lock.
  """
  n_threads = len(os.sched_getaffinity(0))
  with futures.ThreadPoolExecutor(n_threads) as executor:
    pending: collections.deque = collections.deque()
    for items in zip(*arguments):
      pending.append(executor.submit(function, *items))
      if len(pending) > n_threads:
        yield pending.popleft().result()
    while pending:
      yield pending.popleft().result()


def map_in_order(
    function: Callable[[Chunk], Result], chunks: Iterable[Chunk], n_processes: int
) -> Iterator[Result]:
  """Yields the result for each chunk, in order, with few chunks in memory at a time.

  Args:
    function: the function, which is pickled once for each process.
    chunks: the chunks, which are read in this process. If reading a chunk raises
      `UserError`, the results for the chunks before it are yielded first.
    n_processes: the number of worker processes. With 1, this process does the work.

  Raises:
    UserError: if a process was killed.
  """
  if n_processes == 1:
    yield from map(function, chunks)
    return
  with _Workers(function, n_processes) as workers:
    pending: collections.deque[futures.Future] = collections.deque()
    reading_error = None
    try:
      try:
        for chunk in chunks:
          pending.append(workers.submit(chunk))
          if len(pending) > 2 * n_processes:
            yield pending.popleft().result()
      except UserError as error:
        reading_error = error
      while pending:
        yield pending.popleft().result()
    except (BrokenPipeError, EOFError, pickle.UnpicklingError) as error:
      raise UserError(
          'A worker process was killed, perhaps because memory ran out; fewer '
          'processes require less memory.'
      ) from error
  if reading_error:
    raise reading_error


class _Workers:
  """A context manager of worker processes, each of which has a thread in this process.

  Each process has two pipes of its own, which are closed if the process is killed. The
  processes of a `ProcessPoolExecutor` share a pipe for their results. If a process is
  killed while it writes a result, that pool waits forever for the rest of the result.
  """

  def __init__(self, function: Callable[[Any], Any], n_processes: int):
    self._function = pickle.dumps(function)
    self._threads = futures.ThreadPoolExecutor(n_processes)
    self._of_thread = threading.local()
    self._processes: list[subprocess.Popen] = []

  def __enter__(self) -> '_Workers':
    return self

  def __exit__(self, *_) -> None:
    # Without its process, no thread waits for a result.
    self._threads.shutdown(wait=False, cancel_futures=True)
    for process in self._processes:
      process.kill()
    self._threads.shutdown()
    for process in self._processes:
      with contextlib.suppress(BrokenPipeError):
        process.communicate()

  def submit(self, chunk: Any) -> futures.Future:
    """Returns the future result of the function for a chunk."""
    return self._threads.submit(self._call, chunk)

  def _call(self, chunk: Any) -> Any:
    if not hasattr(self._of_thread, 'process'):
      self._of_thread.process = self._start()
    process = self._of_thread.process
    pickle.dump(chunk, process.stdin)
    process.stdin.flush()
    result, error = pickle.load(process.stdout)
    if error is not None:
      raise error
    return result

  def _start(self) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, '-c', _COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))},
    )
    self._processes.append(process)
    assert process.stdin is not None
    process.stdin.write(self._function)
    return process


def work() -> None:
  """Reads a pickled function and chunks on stdin, and writes pickled results on stdout.

  The process ends when stdin or stdout is closed, which is also when its parent ends.
  """
  # Ctrl-C reaches all processes of a terminal; the parent process handles it.
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  results = os.fdopen(os.dup(sys.stdout.fileno()), 'wb')
  # If the function prints, its lines go to stderr, not between the results.
  os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
  with contextlib.suppress(EOFError, BrokenPipeError):
    function = pickle.load(sys.stdin.buffer)
    while True:
      pickle.dump(_result(function, pickle.load(sys.stdin.buffer)), results)
      results.flush()
  # A usual exit would flush the closed pipe, and print an error.
  os._exit(0)


def _result(
    function: Callable[[Any], Any], chunk: Any
) -> tuple[Any, BaseException | None]:
  """Returns the result for a chunk, or else the exception."""
  try:
    return function(chunk), None
  except Exception as error:
    return None, error
