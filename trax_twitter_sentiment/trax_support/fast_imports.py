"""Imports large libraries fast, and without their output."""

import contextlib
import gc
import importlib
import importlib.machinery
import importlib.util
import os
import shutil
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator
from typing import Any

_AS_KERAS = 'trax.trax2keras'

# This module imports Keras.
_LAZY_MODULE = 'tensorflow_text.python.keras'


def import_trax() -> None:
  """Imports the stock trainer, for a process that only trains.

  The comments on time are for an import of 9.7 seconds of CPU time, measured on a busy
  machine; an idle machine takes a quarter of it.
  """
  # Saves 0.6 s here, and 0.2 s in each later collection: the imports make many objects
  # and hardly any garbage.
  gc.disable()
  with quiet(), _without_keras():
    from trax_twitter_sentiment.trax_support import repairs  # noqa: F401

    from trax import trainer  # isort: skip

    # The first search for a GPU writes to stderr if there is none.
    trainer.tf.config.list_physical_devices()
  gc.freeze()
  gc.enable()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
  """Shows output to stderr only if an exception is raised."""
  variable = 'TF_CPP_MIN_LOG_LEVEL'
  level = os.environ.get(variable)
  os.environ.setdefault(variable, '3')
  # In a notebook, `sys.stderr` does not use descriptor 2. So the notice of Gym, which
  # Trax imports, and warnings are switched off.
  with contextlib.suppress(ImportError):
    from gym_notices import notices

    notices.notices.clear()
  # `catch_warnings` would also undo the filters of the libraries.
  show_warning, warnings.showwarning = warnings.showwarning, lambda *_, **__: None
  with tempfile.TemporaryFile() as output:
    # Most of the output is written by C++ code, which does not use `sys.stderr`.
    stderr = os.dup(2)
    os.dup2(output.fileno(), 2)
    try:
      yield
    except BaseException:
      output.seek(0)
      with open(stderr, 'wb', closefd=False) as file:
        shutil.copyfileobj(output, file)
      raise
    finally:
      os.dup2(stderr, 2)
      os.close(stderr)
      warnings.showwarning = show_warning
      if level is None:
        del os.environ[variable]


@contextlib.contextmanager
def left_out(*names: str) -> Iterator[None]:
  """Makes the import of modules fail, so that optional imports leave them out."""
  missing: dict[str, Any] = {name: None for name in names if name not in sys.modules}
  sys.modules.update(missing)
  try:
    yield
  finally:
    for name in missing:
      del sys.modules[name]


class _LazyFinder:
  """An importer of `_LAZY_MODULE`, which runs on first use of an attribute."""

  @staticmethod
  def find_spec(name: str, path: Any, target: Any = None) -> Any:
    if name != _LAZY_MODULE:
      return None
    spec = importlib.machinery.PathFinder.find_spec(name, path, target)
    if spec and spec.loader:
      spec.loader = importlib.util.LazyLoader(spec.loader)
    return spec


@contextlib.contextmanager
def _without_keras() -> Iterator[None]:
  """Imports Trax without Keras, which saves 4.5 s.

  `tf.keras` imports Keras later, on first use. Trax has one class of Keras layers.
  """
  if 'keras' in sys.modules:
    yield
    return
  stand_ins = {name: types.ModuleType(name) for name in ('keras', _AS_KERAS)}
  # TensorFlow looks at the spec of Keras, and cannot import modules of the stand-in.
  stand_ins['keras'].__spec__ = importlib.util.find_spec('keras')
  stand_ins[_AS_KERAS].AsKeras = None  # type: ignore[attr-defined]
  sys.modules.update(stand_ins)
  sys.meta_path.insert(0, _LazyFinder)
  try:
    yield
  finally:
    sys.meta_path.remove(_LazyFinder)
    for name in stand_ins:
      del sys.modules[name]
  trax: Any = sys.modules['trax']
  del trax.AsKeras

  def __getattr__(name: str) -> Any:  # noqa: N807  Python calls it by this name.
    if name != 'AsKeras':
      raise AttributeError(f"module 'trax' has no attribute {name!r}")
    return importlib.import_module(_AS_KERAS).AsKeras

  trax.__getattr__ = __getattr__
