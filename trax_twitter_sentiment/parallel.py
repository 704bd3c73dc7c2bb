"""Applies a function to chunks in several processes."""

import collections
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from trax_twitter_sentiment.errors import UserError

Chunk = TypeVar('Chunk')
Result = TypeVar('Result')

# The function of a worker process.
_function: Callable[[Any], Any]


def map_in_order(
    function: Callable[[Chunk], Result], chunks: Iterable[Chunk], n_processes: int
) -> Iterator[Result]:
  """Yields the result for each chunk, in order, with few chunks in memory at a time.

  Args:
    function: the function, which is pickled once for each process.
    chunks: the chunks, which are read in this process. If reading a chunk raises
      `UserError`, the results for the chunks before it are yielded first.
    n_processes: the number of processes, this one included.

  Raises:
    UserError: if a process was killed.
  """
  if n_processes == 1:
    yield from map(function, chunks)
    return
  # A single process does not need this import. Unlike the processes of multiprocessing,
  # those of loky neither fork threads nor run the main script again.
  import loky

  with loky.ProcessPoolExecutor(
      n_processes, initializer=_begin, initargs=(function, os.getpid())
  ) as executor:
    pending: collections.deque = collections.deque()
    reading_error = None
    try:
      try:
        for chunk in chunks:
          pending.append(executor.submit(_call, chunk))
          if len(pending) > 2 * n_processes:
            yield pending.popleft().result()
      except UserError as error:
        reading_error = error
      while pending:
        yield pending.popleft().result()
    except loky.process_executor.BrokenProcessPool as error:
      raise UserError(
          'A worker process was killed, perhaps because memory ran out; fewer '
          'processes require less memory.'
      ) from error
    finally:
      for future in pending:
        future.cancel()
  if reading_error:
    raise reading_error


def _begin(function: Callable[[Any], Any], parent: int) -> None:
  global _function  # noqa: PLW0603  Only worker processes set it.
  _function = function
  threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
  """Ends this process after its parent has ended, even if the parent was killed."""
  while os.getppid() == parent:
    time.sleep(1)
  os._exit(1)


def _call(chunk: Any) -> Any:
  return _function(chunk)
