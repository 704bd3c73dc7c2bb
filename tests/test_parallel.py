"""Chunks in several processes."""

import os
import signal

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.parallel import map_in_order


def doubled(chunk):
  print('A line of the function is no result.')
  return [2 * value for value in chunk]


class KillsItsProcess:
  """An object that kills the process that pickles it."""

  def __reduce__(self):
    os.kill(os.getpid(), signal.SIGKILL)


def killed_while_writing(chunk):
  # Pickle writes the bytes before it reaches the object.
  return [b'x' * 10**6, KillsItsProcess() if chunk == 3 else None]


def divided(chunk):
  return 1 / chunk


@pytest.mark.parametrize('n_processes', [1, 3])
def test_results_have_the_order_of_the_chunks(n_processes):
  chunks = [list(range(i)) for i in range(20)]
  results = [*map_in_order(doubled, chunks, n_processes)]
  assert results == [[2 * value for value in chunk] for chunk in chunks]


def test_process_that_is_killed_while_it_writes_is_an_error():
  with pytest.raises(UserError, match='A worker process was killed'):
    list(map_in_order(killed_while_writing, range(10), 2))


@pytest.mark.parametrize('n_processes', [1, 2])
def test_error_of_the_function_is_raised(n_processes):
  results = map_in_order(divided, [1, 0], n_processes)
  assert next(results) == 1
  with pytest.raises(ZeroDivisionError):
    next(results)


def test_error_of_reading_follows_the_results():
  def chunks():
    yield 1
    raise UserError('Line 2 is malformed.')

  results = map_in_order(divided, chunks(), 2)
  assert next(results) == 1
  with pytest.raises(UserError, match='Line 2 is malformed'):
    next(results)
