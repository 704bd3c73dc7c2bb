"""Large imports, faster, and without a word."""

import contextlib
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import shutil
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

_AS_KERAS, _TEXT_KERAS = 'trax.trax2keras', 'tensorflow_text.python.keras'


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
  """Saves a tenth of the time of what makes many objects and hardly any garbage."""
  was_on = gc.isenabled()
  gc.disable()
  try:
    yield
  finally:
    if was_on:
      gc.enable()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
  """Keeps to itself what libraries say while they are imported, unless that fails."""
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  with contextlib.suppress(ImportError):
    # Gym, which Trax imports, says at length that it isn't maintained.
    from gym_notices import notices

    notices.notices.clear()
  with tempfile.TemporaryFile() as said, warnings.catch_warnings():
    warnings.simplefilter('ignore')
    # Much of it is written by C++ code, past `sys.stderr`.
    stderr = os.dup(2)
    os.dup2(said.fileno(), 2)
    try:
      yield
    except BaseException:
      said.seek(0)
      with open(stderr, 'wb', closefd=False) as file:
        shutil.copyfileobj(said, file)
      raise
    finally:
      os.dup2(stderr, 2)
      os.close(stderr)


@contextlib.contextmanager
def imported_on_use(*names: str) -> Iterator[None]:
  """Has modules that are imported meanwhile run when something of theirs is used."""
  with _finder(_Finder(names, importlib.util.LazyLoader)):
    yield


@contextlib.contextmanager
def left_out(*names: str) -> Iterator[None]:
  """Has modules be missing meanwhile, for importers that do without; not afterwards."""
  with _finder(_Finder(names, _LeftOut)):
    yield


@contextlib.contextmanager
def without_keras() -> Iterator[None]:
  """Has Trax be imported without Keras, which comes when something of it is used.

  TensorFlow imports Keras for what Keras registers, and goes on if it can't. Trax and
  TensorFlow Text have a module each of Keras layers, which no training needs.
  """
  if 'keras' in sys.modules:
    yield
    return
  stand_ins = {name: types.ModuleType(name) for name in (_AS_KERAS, _TEXT_KERAS)}
  stand_ins[_AS_KERAS].AsKeras = None  # type: ignore[attr-defined]
  sys.modules.update(stand_ins)
  try:
    with left_out('keras'):
      yield
  finally:
    for name in stand_ins:
      del sys.modules[name]
  _find_on_use('trax', 'AsKeras', lambda: importlib.import_module(_AS_KERAS).AsKeras)
  _find_on_use('tensorflow_text', 'keras', lambda: importlib.import_module(_TEXT_KERAS))


def _find_on_use(module_name: str, name: str, find: Callable[[], Any]) -> None:
  """Has a module find one of its attributes when it is asked for."""
  module: Any = sys.modules[module_name]
  delattr(module, name)

  def __getattr__(asked: str) -> Any:  # noqa: N807  As modules call it.
    if asked != name:
      raise AttributeError(f'module {module_name!r} has no attribute {asked!r}')
    setattr(module, name, find())
    return getattr(module, name)

  module.__getattr__ = __getattr__


@contextlib.contextmanager
def _finder(finder: Any) -> Iterator[None]:
  sys.meta_path.insert(0, finder)
  try:
    yield
  finally:
    sys.meta_path.remove(finder)


class _Finder:
  """Finds some modules where they are, but has them loaded in another way."""

  def __init__(self, names: tuple[str, ...], loader: Callable[[Any], Any]):
    self._names = names
    self._loader = loader

  def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
    if name not in self._names:
      return None
    spec = importlib.machinery.PathFinder.find_spec(name, path, target)
    if spec and spec.loader:
      spec.loader = self._loader(spec.loader)
    return spec


class _LeftOut(importlib.abc.Loader):
  """Fails to load a module, as if it were missing."""

  def __init__(self, loader: Any):
    del loader

  def create_module(self, spec: Any) -> None:
    raise ModuleNotFoundError(f'{spec.name} is left out for now.', name=spec.name)
