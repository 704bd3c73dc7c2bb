"""Repairs to Trax 1.4.1 and Python: the only module that replaces anything of theirs.

Importing it imports Trax and applies the repairs. Gin files import the modules that
import this one, which is how the repairs reach the stock trainer.
"""

import contextlib
import copy
import functools
import gc
import gzip
import importlib
import inspect
import io
import random
import re
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import gin
import numpy as np

from trax_twitter_sentiment import fast_imports
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run import settings

# Gin's words on parameters whose default is `gin.REQUIRED`.
_UNBOUND = re.compile(r'Required bindings for `(\w+)` not provided in config: \[(.*)\]')


@contextlib.contextmanager
def _cheap_inspect() -> Iterator[None]:
  """Keeps `import trax` from looking up the source line of every frame.

  `trax/layers/assert_shape.py` calls `inspect.stack()` for each of 65 layers and
  uses one frame's file and line; looking up all frames' source takes 35 of the
  import's 43 s (google/trax#1368).
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


with (
    fast_imports.quiet(),
    fast_imports.no_garbage_collection(),
    _cheap_inspect(),
    fast_imports.without_keras(),
    # Plots, and a table of all letters, that no training needs.
    fast_imports.imported_on_use('matplotlib.pyplot', 'trax.data.tokenizer'),
):
  from trax_twitter_sentiment.trax_support import safe_loop
  from trax_twitter_sentiment.trax_support.train_settings import check_train_settings

  import jax
  import tensorflow as tf
  from trax import fastmath
  from trax import layers as tl
  from trax.data import tf_inputs
  from trax.layers import acceleration, base
  from trax.optimizers import trainer as trax_trainer
  from trax.supervised import trainer_lib, training

  # All this stays: the next collection would go through it for a quarter of a second.
  gc.freeze()


def _ignore_warnings_of_libraries() -> None:
  """Leaves out warnings that nobody who trains can mend, unless they are asked for."""
  if not sys.warnoptions:
    warnings.filterwarnings('ignore', module=r'(jax|trax)\.')


def _repair_tree_unflatten() -> None:
  """Makes a run that starts again load its checkpoint.

  `tree_unflatten` asks of every part of a tree whether it is in a list such as
  `[None, ()]`, and JAX arrays raise TypeError when compared with a tuple, so that
  `Loop.load_checkpoint` fails. Trax has repaired it after 1.4.1, without a release:
  an array is in no such list.
  """
  # The module; `fastmath.numpy` is an object of that name.
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
  """Makes `trax.data.data_streams` work on Python 3.12 and later.

  It calls `random.randint` with a float, 1e5, which older Pythons took for an integer.
  """
  tf_inputs._MAX_SKIP_EXAMPLES = int(tf_inputs._MAX_SKIP_EXAMPLES)


def _repair_further_hosts() -> None:
  """Lets hosts after the first keep arrays in their memory.

  `tl.on_cpu` puts them on the first CPU of all hosts, which no other one can write to.
  """

  def on_cpu(x):
    if not fastmath.is_backend(fastmath.Backend.JAX):
      return x
    return jax.device_put(x, jax.local_devices(backend='cpu')[0])

  modules: tuple[Any, ...] = (acceleration, tl)
  for module in modules:
    module.on_cpu = on_cpu


def _check_and_seed_runs() -> None:
  """Makes `train` refuse settings that can't work, and repeat itself by its seed.

  - Settings are checked before anything is loaded; what is wrong with others is said
    without the call stack of layers that Trax adds.
  - Stages that shuffle, such as `data.Shuffle`, draw from the generators of Python,
    NumPy and TensorFlow. `Loop` seeds these, but the streams are made, and give
    their first batches, before there is a loop.
  - A finished run that is started again with other settings says so.
  """
  original = trainer_lib.train

  @functools.wraps(original)
  def train(*args, **kwargs):
    bound = {**gin.get_bindings('train', resolve_references=False), **kwargs}
    check_train_settings(bound)
    _check_hosts()
    # A copy is how gin evaluates a macro.
    seed = copy.deepcopy(bound.get('random_seed'))
    if seed is not None:
      random.seed(seed)
      np.random.seed(seed)
      tf.random.set_seed(seed)
    safe_loop.SafeLoop.evaluates_last_step = True
    safe_loop.SafeLoop.started_at = time.monotonic()
    try:
      run = original(*args, **kwargs)
    except Exception as error:
      if user_error := _user_error_behind(error):
        raise user_error from error
      raise
    finally:
      safe_loop.SafeLoop.evaluates_last_step = False
      safe_loop.SafeLoop.started_at = None
    if isinstance(run, safe_loop.SafeLoop):
      if not (run.step or run.is_resumed):
        run.run(0)  # Trax returns before it would evaluate and save.
      run.refuse_changes_without_effect()
    return run

  trainer_lib.train = train


def _check_hosts() -> None:
  """Raises `UserError` for hosts of one device, which Trax would train apart."""
  if jax.process_count() > 1 and jax.local_device_count() == 1:
    raise UserError(
        f'Each of {jax.process_count()} hosts has one device, and Trax averages over '
        'hosts of several only. A CPU is several with '
        'XLA_FLAGS=--xla_force_host_platform_device_count=2.'
    )


def _user_error_behind(error: BaseException | None) -> UserError | None:
  """Returns the `UserError` that made Trax raise an error of its own, if one did."""
  while error is not None and not isinstance(error, UserError):
    error = error.__context__
  return error


def _name_checkpoints_that_do_not_fit() -> None:
  """Makes a run over another model's checkpoint end in words.

  `Loop.load_checkpoint` raises an `IndexError` without a message.
  """
  original = training.Loop.load_checkpoint

  @functools.wraps(original)
  def load_checkpoint(self, directory=None, filename=None):
    try:
      original(self, directory=directory, filename=filename)
    except IndexError as error:
      folder = directory or self.output_dir
      changed = settings.listed(safe_loop.changed_settings(folder))
      what = changed or 'other sizes, by its corpus or its settings'
      raise UserError(
          f'The checkpoint in {folder} is of another model ({what}). Use another '
          "output_dir, or that run's corpus and settings."
      ) from error

  training.Loop.load_checkpoint = load_checkpoint


def _refuse_damaged_arrays() -> None:
  """Makes Trax name a file of weights that is damaged or was cut off.

  `np_from_file` takes any error for the end of the file, and a model whose file has
  fewer arrays keeps fresh random weights for the rest.
  """

  @functools.wraps(base.np_from_file)
  def np_from_file(file_path, compresslevel):
    del compresslevel  # It plays no part in reading.
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


def _make_runs_safe() -> None:
  """Has Trax train with a loop that loses nothing."""
  training.Loop = safe_loop.SafeLoop


def _compile_the_step_once() -> None:
  """Spares a run on one device the second compilation of its training step.

  Trax commits the optimizer's slots to a device before the first step, but not the
  weights. The step returns them committed, which JAX compiles anew for.
  """
  original = training.Loop.run

  @functools.wraps(original)
  def run(self, n_steps=1):
    if self.n_devices == 1 and not self._use_memory_efficient_trainer:
      for trainer in self._trainer_per_task:
        model = trainer.accelerated_model_with_loss
        model.weights, model.state = tl.on_cpu((model.weights, model.state))
    original(self, n_steps)

  training.Loop.run = run


def _update_in_place() -> None:
  """Has a training step on one device reuse the memory of weights and slots.

  Trax has that for several devices, and leaves it out for one. An array that a step
  took is deleted; `Loop` replaces all of its own after each.
  """
  original = trax_trainer._accelerate_update_fn

  @functools.wraps(original)
  def accelerated(
      forward_and_backward_fn, optimizer, n_devices, accelerate=True, **kwargs
  ):
    on_jax = fastmath.is_backend(fastmath.Backend.JAX)
    in_place = accelerate and n_devices == 1 and on_jax
    kwargs['accelerate'] = accelerate and not in_place
    update = original(forward_and_backward_fn, optimizer, n_devices, **kwargs)
    return jax.jit(update, donate_argnums=(0,)) if in_place else update

  trax_trainer._accelerate_update_fn = accelerated


def _compress_arrays_faster() -> None:
  """Saves most of a checkpoint's time.

  Floats hold runs of zeros, and no strings that come again; without a search for such
  strings, the same format is written in a third of the time, and a little smaller.
  """

  @functools.wraps(base.np_to_file)
  def np_to_file(list_of_nparrays, file_path, compresslevel):
    as_gzip = zlib.MAX_WBITS + 16
    compressor = zlib.compressobj(compresslevel, wbits=as_gzip, strategy=zlib.Z_RLE)
    # As Trax does it, so that no file is written in part.
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
  """Gives each `training.Loop` made meanwhile a callback that gin doesn't know of.

  Gin's `train.callbacks` would show it in the run's `config.gin`.
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


def _show_user_errors_in_one_line() -> None:
  """Spares the stock trainer's users a traceback for a mistake in a setting."""
  original = sys.excepthook

  def excepthook(kind, error, traceback):
    if isinstance(error, UserError):
      print(f'ERROR: {error.message}', file=sys.stderr)
    elif match := _UNBOUND.match(str(error)):
      name, missing = match[1], match[2].replace("'", '')
      print(f'ERROR: {name} lacks bindings for: {missing}.', file=sys.stderr)
    else:
      original(kind, error, traceback)

  sys.excepthook = excepthook


_ignore_warnings_of_libraries()
_repair_tree_unflatten()
_repair_skipping_of_examples()
_repair_further_hosts()
_check_and_seed_runs()
_name_checkpoints_that_do_not_fit()
_refuse_damaged_arrays()
_compile_the_step_once()
_update_in_place()
_compress_arrays_faster()
_make_runs_safe()  # After the repairs of the loop that it is made of.
_show_user_errors_in_one_line()
