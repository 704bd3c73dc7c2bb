"""Runs a function on blocks of files as Ray tasks. A lost task runs again."""

import contextlib
import functools
import itertools
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tqdm

from trax_twitter_sentiment.cluster.batch_predictor import load_predictor
from trax_twitter_sentiment.cluster.blocks import Block
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor

try:
  import ray
except ImportError as import_error:
  raise UserError(
      "--engine=ray requires Ray: `pip install 'ray[data]'`."
  ) from import_error

_MAX_RETRIES = 5  # A task runs again if its machine or process died.
_MAX_PENDING = 1000  # This number of tasks at a time keeps any cluster busy.
_CONNECT_SECONDS = 10  # The time limit for the answer of a cluster.

# The size of Ray's object store: enough for a model, and less than a container's
# /dev/shm.
_STORE_BYTES = 2**28


@contextlib.contextmanager
def connected(address: str | None, n_processes: int | None = None) -> Iterator[None]:
  """Connects to a Ray cluster, or starts one on this machine until the block ends.

  Args:
    address: the address of the cluster, as for `ray.init`. With `None`, the address is
      that of `RAY_ADDRESS`; without this variable, Ray starts on this machine.
    n_processes: the number of tasks at a time on this machine; `None` for its cores.
  """
  address = address or os.environ.get('RAY_ADDRESS') or None
  if address and n_processes:
    raise UserError(
        '--processes excludes --ray_address: a Ray cluster chooses the number of tasks.'
    )
  os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
  os.environ.setdefault('RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO', '0')
  settings: dict[str, Any] = {
      'address': 'local',
      'num_cpus': n_processes or len(os.sched_getaffinity(0)),
      'object_store_memory': _STORE_BYTES,
      'include_dashboard': False,
  }
  if address:
    _check_answers(address)
    settings = {'address': address}
  try:
    ray.init(**settings, log_to_driver=False, logging_level=logging.ERROR)
  except (ConnectionError, ValueError, RuntimeError) as error:
    raise UserError(f'--ray_address={address}: {_in_one_line(error)}') from error
  try:
    yield
  finally:
    ray.shutdown()


def _check_answers(address: str) -> None:
  """Raises `UserError` if no server answers; Ray would end the process instead."""
  host, _, port = address.removeprefix('ray://').rpartition(':')
  if not port.isdecimal():  # An address such as 'auto' has no port.
    return
  try:
    socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
  except OSError as error:
    reason = f'no Ray cluster answers ({error.strerror or error})'
    raise UserError(f'--ray_address={address}: {reason}.') from error


def run(
    function: Callable[..., Any], model: bytes, calls: Sequence[tuple[Any, ...]]
) -> Iterator[Any]:
  """Yields the results of a function as its tasks end; a bar shows the progress.

  Args:
    function: a function of a `SentimentPredictor` and the arguments of a call.
    model: the predictor's model. Each process loads it once.
    calls: the arguments of each call, a block first.
  """
  task = ray.remote(max_retries=_MAX_RETRIES, num_cpus=1)(_call)
  # Ray fetches a plain reference for each task, so the reference is in a list.
  shared = [ray.put(model)]
  pending: dict[Any, Block] = {}
  waiting = iter(calls)
  for _ in tqdm.tqdm(calls, unit=' blocks', disable=None):
    for block, *rest in itertools.islice(waiting, _MAX_PENDING - len(pending)):
      pending[task.remote(shared, function, block, *rest)] = block
    (done, *_), _ = ray.wait([*pending])
    yield _result(done, pending.pop(done))


def _result(done: Any, block: Block) -> Any:
  try:
    return ray.get(done)
  except ray.exceptions.RayTaskError as error:
    cause = error.cause
    if isinstance(cause, OSError):
      cause = UserError(f'{cause.filename or block.path}: {cause.strerror}.')
    raise cause from error
  except ray.exceptions.RayError as error:
    raise UserError(
        f'{block.path}: its process died {_MAX_RETRIES + 1} times: '
        f'{_in_one_line(error)}'
    ) from error


def _call(
    shared: list[Any], function: Callable[..., Any], block: Block, *rest: Any
) -> Any:
  return function(_predictor(*shared), block, *rest)


@functools.lru_cache(maxsize=1)
def _predictor(model: Any) -> SentimentPredictor:
  return load_predictor(ray.get(model))


def _in_one_line(error: Exception) -> str:
  return ' '.join(str(error).split())
