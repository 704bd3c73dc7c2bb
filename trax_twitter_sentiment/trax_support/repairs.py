"""Repairs of Trax 1.4.1.

Importing this module imports Trax and applies the repairs. Gin files import modules
that import this one, so the repairs reach the stock trainer.
"""

import contextlib
import copy
import functools
import gzip
import importlib
import inspect
import io
import itertools
import os
import random
import re
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from trax_twitter_sentiment.trax_support import fast_imports

import gin
import numpy as np

from trax_twitter_sentiment.errors import UserError

# Gin's message about parameters whose default is `gin.REQUIRED`.
_UNBOUND = re.compile(r'Required bindings for `(\w+)` not provided in config: \[(.*)\]')
# Gin's messages about a macro without a value.
_UNDEFINED_MACRO = re.compile(
    r"call to configurable 'macro' .* in scope '([^']+)'"
    r"|No bindings specified for '([^']+)/gin\.macro'"
)


@contextlib.contextmanager
def _cheap_inspect() -> Iterator[None]:
  """Imports Trax without a look-up of the source line of every frame.

  `trax/layers/assert_shape.py` calls `inspect.stack()` for each of 65 layers, but uses
  the file and line of one frame. The look-up of all frames takes 35 of the 43 seconds
  of an import (google/trax#1368).
  """

  def stack(context: int = 1) -> list[tuple]:
    del context
    frames = []
    frame = inspect.currentframe()
    while frame is not None and frame.f_back is not None:
      frame = frame.f_back
      frames.append((frame,))
    return frames

  originals = inspect.stack, inspect.getframeinfo
  inspect.stack = stack  # type: ignore[assignment]
  inspect.getframeinfo = functools.partial(inspect.getframeinfo, context=0)
  try:
    yield
  finally:
    inspect.stack, inspect.getframeinfo = originals


with fast_imports.quiet(), _cheap_inspect():
  from trax_twitter_sentiment.trax_support import loop_repairs, safe_loop
  from trax_twitter_sentiment.trax_support.train_settings import check_train_settings

  import jax
  import tensorflow as tf
  from trax import fastmath
  from trax import layers as tl
  from trax.data import tf_inputs
  from trax.layers import acceleration, base
  from trax.supervised import trainer_lib, training


def _repair_tree_unflatten() -> None:
  """Lets a resumed run load its checkpoint.

  `tree_unflatten` compares each part of a tree with `()`. A JAX array raises TypeError
  then, so `Loop.load_checkpoint` fails. Trax repaired the function after its last
  release.
  """
  # `fastmath.numpy` is another object, not this module.
  fastmath_numpy = importlib.import_module('trax.fastmath.numpy')
  original = fastmath_numpy.tree_unflatten

  @functools.wraps(original)
  def tree_unflatten(flat, tree, copy_from_tree=None):
    if hasattr(tree, 'shape'):
      return flat[0], flat[1:]
    return original(flat, tree, copy_from_tree=copy_from_tree)

  modules: tuple[Any, ...] = (fastmath_numpy, fastmath)
  for module in modules:
    module.tree_unflatten = tree_unflatten


def _repair_skipping_of_examples() -> None:
  """Lets `trax.data.data_streams` work on Python 3.12 and later.

  Trax calls `random.randint` with the float 1e5, which only older versions accept.
  """
  tf_inputs._MAX_SKIP_EXAMPLES = int(tf_inputs._MAX_SKIP_EXAMPLES)


def _repair_other_hosts() -> None:
  """Lets each host of a computation keep arrays in its own memory.

  `tl.on_cpu` uses the first CPU of all hosts, to which only the first host can write.
  """

  @functools.wraps(tl.on_cpu)
  def on_cpu(x):
    if not fastmath.is_backend(fastmath.Backend.JAX):
      return x
    return jax.device_put(x, jax.local_devices(backend='cpu')[0])

  acceleration.on_cpu = tl.on_cpu = on_cpu


@contextlib.contextmanager
def without_library_warnings() -> Iterator[None]:
  """Ignores the warnings of JAX and Trax, unless `python -W` asks for warnings."""
  with warnings.catch_warnings():
    if not sys.warnoptions:
      # A user cannot change the code that causes these warnings.
      warnings.filterwarnings('ignore', module=r'(jax|trax)\.')
    yield


class _SafeTraining:
  """A stand-in for `training` in `trainer_lib`, whose `Loop` is the safe loop."""

  class Loop(safe_loop.SafeLoop):
    evaluates_last_step = True

  def __getattr__(self, name: str) -> Any:
    return getattr(training, name)


def _train_safely() -> None:
  """Lets `trainer_lib.train` use the safe loop, and check its settings.

  A mistake in a setting is shown in one line. Warnings of libraries are not shown.
  """
  original = trainer_lib.train
  trainer_lib.training = _SafeTraining()

  @functools.wraps(original)
  def train(*args, **kwargs):
    try:
      with without_library_warnings():
        return _checked_train(original, *args, **kwargs)
    except Exception as error:
      user_error = user_error_behind(error)
      if user_error is None:
        raise
    main_module = getattr(sys.modules['__main__'], '__spec__', None)
    if getattr(main_module, 'name', None) == 'trax.trainer':
      # The stock trainer would show a traceback.
      print(f'ERROR: {user_error.message}', file=sys.stderr)
      sys.exit(1)
    raise user_error

  trainer_lib.train = train


def _checked_train(train: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
  """Trains, with checks of the settings before and after.

  A loop of Trax seeds the random generators of Python, NumPy and TensorFlow, from which
  stages such as `data.Shuffle` draw. The streams yield their first batches before the
  loop exists, so this function seeds the generators first.
  """
  bound = {**gin.get_bindings('train', resolve_references=False), **kwargs}
  check_train_settings(bound)
  _check_devices()
  seed = copy.deepcopy(bound.get('random_seed'))  # Gin evaluates what it copies.
  if seed is not None:
    random.seed(seed)
    np.random.seed(seed)
    tf.random.set_seed(seed)
  _SafeTraining.Loop.started_at = time.monotonic()
  try:
    with _refusing_other_weights():
      run = train(*args, **kwargs)
  finally:
    _SafeTraining.Loop.started_at = None
  if isinstance(run, safe_loop.SafeLoop):
    if not (run.step or run.is_resumed):
      run.run(0)  # Without a step, Trax does not evaluate and save.
    run.refuse_changes_without_effect()
  return run


@contextlib.contextmanager
def _refusing_other_weights() -> Iterator[None]:
  """Refuses a `train.init_checkpoint` whose weights have other shapes than the model's.

  Trax would train the weights of the file, whatever the settings of the model are.
  """
  original = base.unflatten_weights_and_state

  @functools.wraps(original)
  def unflatten(weights, state, signature, weights_only=False):
    if weights_only:
      expected, _ = base.flatten_weights_and_state(signature[0], ())
      for number, (theirs, ours) in enumerate(
          itertools.zip_longest(map(np.shape, weights), map(np.shape, expected)), 1
      ):
        if theirs != ours:
          raise UserError(
              'train.init_checkpoint contains the weights of another model: array '
              f'{number} has the shape {theirs}, but the model requires {ours}.'
          )
    return original(weights, state, signature, weights_only)

  base.unflatten_weights_and_state = unflatten
  try:
    yield
  finally:
    base.unflatten_weights_and_state = original


def _check_devices() -> None:
  """Raises `UserError` if there is no device, or if hosts have one device each."""
  try:
    jax.devices()
  except Exception as error:  # JAX raises errors of several types.
    raise UserError(
        f'JAX_PLATFORMS={os.environ.get("JAX_PLATFORMS", "")}: JAX cannot use such a '
        f'device here. {error}'.strip()
    ) from error
  if jax.process_count() > 1 and jax.local_device_count() == 1:
    raise UserError(
        f'Each of {jax.process_count()} hosts has one device, and Trax averages only '
        'over hosts of several devices. With '
        'XLA_FLAGS=--xla_force_host_platform_device_count=2, a CPU is two devices.'
    )


def user_error_behind(error: BaseException) -> UserError | None:
  """Returns the `UserError` that explains an error of gin or Trax, or `None`."""
  if isinstance(error, RuntimeError) and (match := _UNBOUND.match(str(error))):
    names = match[2].replace("'", '')
    return UserError(f'{match[1]} lacks bindings for: {names}.')
  if match := _UNDEFINED_MACRO.search(str(error)):
    return UserError(f'No line defines the macro %{match[1] or match[2]}.')
  cause: BaseException | None = error
  while cause is not None and not isinstance(cause, UserError):
    # On Python 3.10, JAX replaces the cause of an error, and keeps the context.
    cause = cause.__cause__ or cause.__context__
  return cause


def _refuse_damaged_arrays() -> None:
  """Lets Trax raise an error for a file of weights that is damaged or truncated.

  Trax's `np_from_file` treats each error as the end of the file. If arrays are missing,
  a model keeps random weights in their place.
  """

  @functools.wraps(base.np_from_file)
  def np_from_file(file_path, compresslevel):
    del compresslevel  # Only writing depends on the level.
    if not tf.io.gfile.exists(file_path):
      raise FileNotFoundError(file_path)
    arrays = []
    try:
      with (
          tf.io.gfile.GFile(file_path, 'rb') as packed,
          gzip.GzipFile(fileobj=packed) as file,
      ):
        while file.peek(1):
          arrays.append(np.load(file, allow_pickle=False))
    except (EOFError, OSError, ValueError, zlib.error) as error:
      raise UserError(f'{file_path} is damaged: {error}.') from error
    return arrays

  base.np_from_file = tl.np_from_file = np_from_file


def _compress_arrays_faster() -> None:
  """Writes the arrays of a checkpoint in a third of the time.

  Arrays of floats contain runs of zeros, but no repeated strings. So zlib need not
  search for strings. The format is the same, and the file is slightly smaller.
  """

  @functools.wraps(base.np_to_file)
  def np_to_file(list_of_nparrays, file_path, compresslevel):
    as_gzip = zlib.MAX_WBITS + 16
    compressor = zlib.compressobj(compresslevel, wbits=as_gzip, strategy=zlib.Z_RLE)
    # Trax, too, writes another file first, so that no reader sees an unfinished file.
    unfinished = file_path + '._tmp_'
    with tf.io.gfile.GFile(unfinished, 'wb') as file:
      for array in list_of_nparrays:
        content = io.BytesIO()
        np.save(content, array, allow_pickle=False)
        file.write(compressor.compress(content.getbuffer()))
      file.write(compressor.flush())
    tf.io.gfile.rename(unfinished, file_path, overwrite=True)

  base.np_to_file = tl.np_to_file = np_to_file


@contextlib.contextmanager
def extra_callback(make_callback: Callable[[training.Loop], Any]) -> Iterator[None]:
  """Adds a callback to each `training.Loop` that is made within the context.

  A binding of `train.callbacks` would appear in the run's `config.gin`.
  """
  original = training.Loop.__init__

  @functools.wraps(original)
  def init(self, *args, callbacks=None, **kwargs):
    original(self, *args, callbacks=[*(callbacks or []), make_callback], **kwargs)

  training.Loop.__init__ = init
  try:
    yield
  finally:
    training.Loop.__init__ = original


_repair_tree_unflatten()
_repair_skipping_of_examples()
_repair_other_hosts()
_refuse_damaged_arrays()
_compress_arrays_faster()
loop_repairs.repair()
_train_safely()
