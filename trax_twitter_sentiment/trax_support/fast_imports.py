"""Imports large libraries fast, and without their output."""

import contextlib
import gc
import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

# Modules that import Keras.
_AS_KERAS, _TEXT_KERAS = 'trax.trax2keras', 'tensorflow_text.python.keras'


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


@contextlib.contextmanager
def _without_keras() -> Iterator[None]:
  """Imports Trax without Keras, which saves 4.5 s.

  `tf.keras` imports Keras later, on first use. Trax has one class of Keras layers.
  """
  if 'keras' in sys.modules:
    yield
    return
  names = 'keras', _AS_KERAS, _TEXT_KERAS
  stand_ins = {name: types.ModuleType(name) for name in names}
  # TensorFlow looks at the spec of Keras, and cannot import modules of the stand-in.
  stand_ins['keras'].__spec__ = importlib.util.find_spec('keras')
  stand_ins[_AS_KERAS].AsKeras = None  # type: ignore[attr-defined]
  sys.modules.update(stand_ins)
  try:
    yield
  finally:
    for name in stand_ins:
      del sys.modules[name]
  _import_on_use('trax', 'AsKeras', lambda: importlib.import_module(_AS_KERAS).AsKeras)
  for package in ('tensorflow_text', 'tensorflow_text.python'):
    _import_on_use(package, 'keras', lambda: importlib.import_module(_TEXT_KERAS))


def _import_on_use(package: str, name: str, load: Callable[[], Any]) -> None:
  """Replaces an attribute of a package by the result of `load` on its first use."""
  module: Any = sys.modules[package]
  vars(module).pop(name, None)

  def __getattr__(attribute: str) -> Any:  # noqa: N807  Python calls it by this name.
    if attribute != name:
      raise AttributeError(f'module {package!r} has no attribute {attribute!r}')
    return load()

  module.__getattr__ = __getattr__
