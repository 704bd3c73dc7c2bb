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
from collections.abc import Iterator
from typing import Any

_AS_KERAS, _TEXT_KERAS = 'trax.trax2keras', 'tensorflow_text.python.keras'


def import_trax() -> None:
  """Imports the stock trainer, for a process that only trains.

  The comments on time are for an import of 9.7 seconds of CPU time, measured on a busy
  machine; an idle machine takes a quarter of it.
  """
  # Saves 1.0 s here and 0.2 s in each later collection: the imports make many objects
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
  """Holds back all output to stderr, and shows it only if an exception is raised."""
  variable = 'TF_CPP_MIN_LOG_LEVEL'
  level = os.environ.get(variable)
  os.environ.setdefault(variable, '3')
  with contextlib.suppress(ImportError):
    # In a notebook, the notice of Gym, which Trax imports, would not pass descriptor 2.
    from gym_notices import notices

    notices.notices.clear()
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
      if level is None:
        del os.environ[variable]


@contextlib.contextmanager
def left_out(*names: str) -> Iterator[None]:
  """Makes modules look as if they were not installed, for optional imports."""
  missing: dict[str, Any] = {name: None for name in names if name not in sys.modules}
  sys.modules.update(missing)
  try:
    yield
  finally:
    for name in missing:
      del sys.modules[name]


@contextlib.contextmanager
def _without_keras() -> Iterator[None]:
  """Makes an import of Trax leave out Keras, which saves 4.5 s.

  TensorFlow imports Keras if it can, or else on first use of `tf.keras`. Trax and
  TensorFlow Text each import a module of Keras layers, so stand-ins replace the modules
  until something uses them.
  """
  if 'keras' in sys.modules:
    yield
    return
  stand_ins = {
      name: types.ModuleType(name) for name in ('keras', _AS_KERAS, _TEXT_KERAS)
  }
  # TensorFlow asks where Keras is. It cannot import modules of the stand-in.
  stand_ins['keras'].__spec__ = importlib.util.find_spec('keras')
  stand_ins[_AS_KERAS].AsKeras = None  # type: ignore[attr-defined]
  sys.modules.update(stand_ins)
  try:
    yield
  finally:
    for name in stand_ins:
      del sys.modules[name]
  _import_on_use('trax', 'AsKeras', _AS_KERAS)
  _import_on_use('tensorflow_text', 'keras', _TEXT_KERAS)


def _import_on_use(module_name: str, attribute: str, source: str) -> None:
  """Makes the first use of a module's attribute import `source`, which defines it."""
  module: Any = sys.modules[module_name]
  delattr(module, attribute)

  def __getattr__(name: str) -> Any:  # noqa: N807  Python calls it by this name.
    if name != attribute:
      raise AttributeError(f'module {module_name!r} has no attribute {name!r}')
    imported = importlib.import_module(source)
    setattr(module, name, getattr(imported, name, imported))
    return getattr(module, name)

  module.__getattr__ = __getattr__
