"""The order in which streams read the rows of a split."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from trax_twitter_sentiment.errors import check_bool, check_seed


def part_of_host(
    indices: np.ndarray, host_id: int | None = None, n_hosts: int | None = None
) -> np.ndarray:
  """Returns the indices that one of several hosts reads: every `n_hosts`-th one."""
  host_id = jax.process_index() if host_id is None else host_id
  return indices[host_id :: n_hosts or jax.process_count()]


def generator(
    configurable: str, split: str, shuffle: bool | None, seed: int
) -> Callable[..., np.random.Generator | None]:
  """Returns a function that makes the random generators of a stream.

  The function returns `None` if the stream does not shuffle. Its arguments are
  integers, different for each generator.
  """
  check_seed(f'{configurable}.seed', seed)
  if shuffle is None:
    shuffle = split == 'train'
  check_bool(f'{configurable}.shuffle', shuffle)
  return lambda *keys: np.random.default_rng((seed, *keys)) if shuffle else None


def ordered(
    rows: np.ndarray, labels: np.ndarray, rng: Callable[..., Any]
) -> np.ndarray:
  """Returns rows ordered so that the classes alternate.

  Each prefix then has the classes in about the proportions of all rows. Rows of a class
  keep their order. If `rng` shuffles, the rows are returned as they are.
  """
  if rng() is not None:
    return rows
  row_labels = labels[rows]
  position = np.empty(len(rows))
  for label in np.unique(row_labels):
    of_class = np.flatnonzero(row_labels == label)
    position[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
  return rows[np.lexsort((-row_labels, position))]  # Positives before negatives.


class Epochs:
  """An endless sequence of indices, with each index once per epoch.

  If a generator is given, each epoch has a new random order.
  """

  def __init__(self, indices: np.ndarray, rng: np.random.Generator | None):
    self._indices = indices
    self._rng = rng
    self._pending = indices[:0]

  def take(self, size: int) -> np.ndarray:
    """Returns the next `size` indices."""
    while len(self._pending) < size:
      epoch = self._rng.permutation(self._indices) if self._rng else self._indices
      self._pending = np.concatenate([self._pending, epoch])
    taken, self._pending = self._pending[:size], self._pending[size:]
    return taken
