"""Ray as what spreads blocks over machines: each is a task, done again if lost."""

import contextlib
import functools
import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from trax_twitter_sentiment.errors import UserError

try:
  import ray
except ImportError as import_error:
  raise UserError(
      "--engine=ray requires Ray: `pip install 'ray[data]'`."
  ) from import_error

from trax_twitter_sentiment.cluster.batch_predictor import BatchPredictor
from trax_twitter_sentiment.cluster.blocks import Block

# How often a block is begun again when its machine or process has died.
_MAX_RETRIES = 5

# Tasks that Ray knows of at a time: enough for any cluster to be busy.
_MAX_PENDING = 1000

# Ray's smallest store is ample for a model, and fits the /dev/shm of a container.
_STORE_BYTES = 2**28

_SECONDS_TO_ANSWER = 10


class _Failed(NamedTuple):
  """What the user has to know of a block."""

  message: str


@contextlib.contextmanager
def connected(address: str | None, n_processes: int | None = None) -> Iterator[None]:
  """Connects to a Ray cluster, or starts one on this machine for as long as this.

  Args:
    address: of the cluster, as `ray.init` takes it; `None` for the one that
      `RAY_ADDRESS` names, or else this machine.
    n_processes: how many tasks run at a time on this machine; `None` for its cores.

  Raises:
    UserError: if no cluster answers there.
  """
  address = address or os.environ.get('RAY_ADDRESS') or None
  if address and n_processes:
    raise UserError('--processes is for this machine; a Ray cluster knows its own.')
  os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
  os.environ.setdefault('RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO', '0')
  local: dict[str, Any] = {
      'address': 'local',
      'num_cpus': n_processes or len(os.sched_getaffinity(0)),
      'object_store_memory': _STORE_BYTES,
      'include_dashboard': False,
  }
  if address:
    _check_answers(address)
  where = {'address': address} if address else local
  try:
    ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
  except (ConnectionError, ValueError, RuntimeError) as error:
    reason = ' '.join(str(error).split())
    raise UserError(f'--ray_address={address}: {reason}') from error
  try:
    yield
  finally:
    ray.shutdown()


def _check_answers(address: str) -> None:
  """Raises `UserError` if nothing answers, at which Ray would end the process."""
  host, _, port = address.removeprefix('ray://').rpartition(':')
  if not port.isdecimal():  # As of 'auto', which Ray finds, or not.
    return
  try:
    socket.create_connection((host, int(port)), timeout=_SECONDS_TO_ANSWER).close()
  except OSError as error:
    raise UserError(
        f'--ray_address={address}: no Ray cluster answers ({error.strerror or error}).'
    ) from error


def run(
    function: Callable[..., Any],
    model: bytes,
    blocks: Iterable[tuple[Any, ...]],
    min_probability: float = 0.0,
) -> Iterator[Any]:
  """Yields what a function returns of blocks, in the order in which they are done.

  Args:
    function: goes by its name, and what is bound to it by pickling, to the machines;
      takes a `BatchPredictor`, a block and what comes with it.
    model: of the predictor, which a process makes once.
    blocks: each with what comes with it.
    min_probability: of the predictor, too.

  Raises:
    UserError: if the function does, or a block's process died each time.
  """
  task = ray.remote(max_retries=_MAX_RETRIES, num_cpus=1)(_call)
  # Nested in a list, it isn't fetched for each task.
  of_predictor = [ray.put(model), min_probability]
  pending: dict[Any, Block] = {}
  for block, *rest in blocks:
    pending[task.remote(of_predictor, function, block, *rest)] = block
    if len(pending) >= _MAX_PENDING:
      yield _next_done(pending)
  while pending:
    yield _next_done(pending)


def _next_done(pending: dict[Any, Block]) -> Any:
  (done, *_), _ = ray.wait([*pending])
  block = pending.pop(done)
  try:
    result = ray.get(done)
  except ray.exceptions.RayTaskError:
    raise  # A mistake of the package's own.
  except ray.exceptions.RayError as error:
    reason = ' '.join(str(error).split())
    raise UserError(
        f'{block.path}: what worked on it died {_MAX_RETRIES + 1} times: {reason}'
    ) from error
  if isinstance(result, _Failed):
    raise UserError(result.message)
  return result


def _call(
    of_predictor: list[Any], function: Callable[..., Any], block: Block, *rest: Any
) -> Any:
  try:
    return function(_predictor(*of_predictor), block, *rest)
  except UserError as error:
    return _Failed(error.message)
  except OSError as error:
    return _Failed(f'{error.filename or block.path}: {error.strerror}.')


@functools.lru_cache(maxsize=1)
def _predictor(model: Any, min_probability: float) -> BatchPredictor:
  return BatchPredictor(ray.get(model), min_probability=min_probability)
