"""Work that several processes share."""

import collections
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from trax_twitter_sentiment.errors import UserError

Chunk = TypeVar('Chunk')
Result = TypeVar('Result')

# What a worker process does.
_function: Callable[[Any], Any]


def map_in_order(
    function: Callable[[Chunk], Result], chunks: Iterable[Chunk], n_processes: int
) -> Iterator[Result]:
  """Yields `function` of each chunk, in order, with few chunks in memory at a time.

  Args:
    function: goes to each of the processes once, by pickling.
    chunks: what to share out; read in this process.
    n_processes: how many work; one is this process.

  Raises:
    UserError: if a process was killed.
  """
  if n_processes == 1:
    yield from map(function, chunks)
    return
  # Imported on use: a single process doesn't need it. Its processes, unlike those of
  # multiprocessing, neither fork threads nor run the main script again.
  import loky

  with loky.ProcessPoolExecutor(
      n_processes, initializer=_begin, initargs=(function, os.getpid())
  ) as executor:
    pending: collections.deque = collections.deque()
    try:
      try:
        for chunk in chunks:
          pending.append(executor.submit(_do, chunk))
          if len(pending) > 2 * n_processes:
            yield pending.popleft().result()
      except UserError:
        # What was read before the mistake is not lost.
        while pending:
          yield pending.popleft().result()
        raise
      while pending:
        yield pending.popleft().result()
    except loky.process_executor.BrokenProcessPool as error:
      raise UserError(
          'A worker process was killed, perhaps for want of memory; fewer of them '
          'take less.'
      ) from error
    finally:
      for future in pending:
        future.cancel()


def _begin(function: Callable[[Any], Any], parent: int) -> None:
  global _function  # noqa: PLW0603  Only worker processes set it.
  _function = function
  threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
  """Ends this process when its parent has ended, however that came."""
  while os.getppid() == parent:
    time.sleep(1)
  os._exit(1)


def _do(chunk: Any) -> Any:
  return _function(chunk)
