"""The number of batches that a loop has drawn from its streams.

A checkpoint contains these numbers, so a resumed run continues with the next batch.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any


class CountedBatches:
  """An iterator that counts the batches that are drawn from it."""

  def __init__(self, batches: Iterator[Any]):
    self._batches = batches
    self.n_drawn = 0

  def __iter__(self) -> 'CountedBatches':
    return self

  def __next__(self) -> Any:
    batch = next(self._batches)
    self.n_drawn += 1
    return batch


def count_batches(tasks: Sequence[Any]) -> None:
  """Counts the batches of each `TrainTask` and `EvalTask` from now on."""
  for task in tasks:
    if not isinstance(task._labeled_data, CountedBatches):
      task._labeled_data = CountedBatches(task._labeled_data)


def positions(tasks: Sequence[Any]) -> list[int]:
  """Returns the number of batches drawn by each task."""
  return [task._labeled_data.n_drawn for task in tasks]


def advance(tasks: Sequence[Any], n_drawn_per_task: Sequence[int]) -> None:
  """Draws batches from each task until their number is that of `n_drawn_per_task`.

  A shorter stream is drawn to its end.
  """
  for task, n_drawn in zip(tasks, n_drawn_per_task):
    with contextlib.suppress(StopIteration):
      while task._labeled_data.n_drawn < n_drawn:
        task.next_batch()
