"""What XLA compiled, kept between runs.

JAX can keep it by itself, but reads machine code from files that it neither writes at
once nor checks. So JAX gets a folder that only this run sees, and the user's cache
folder gets what is in it afterwards: whole, and with a checksum.
"""

import contextlib
import hashlib
import importlib.metadata
import os
import pathlib
import platform
import tempfile
from collections.abc import Iterator

import numpy as np

from trax_twitter_sentiment.encoding import cache

_FOLDER = 'JAX_COMPILATION_CACHE_DIR'
# Everything: a run compiles some dozen small programs.
_SETTINGS = {
    'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
    'JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES': '-1',
    # Else the folder's name becomes a part of what programs are known by.
    'JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES': 'none',
}
# Of all programs of one machine, the newest ones.
_MAX_BYTES = 2**25


@contextlib.contextmanager
def kept_between_runs() -> Iterator[None]:
  """Has JAX, imported meanwhile, compile nothing that a run before has compiled.

  Whatever is wrong with what is kept costs time, and nothing else. Where the user has
  bound JAX's own folder, or turned the cache off, nothing is done.
  """
  if os.environ.get(_FOLDER) or not cache.is_on():
    yield
    return
  try:
    scratch = tempfile.TemporaryDirectory(prefix='trax_twitter_sentiment_')
  except OSError:
    yield
    return
  with scratch as folder:
    key = _key()
    kept = cache.load(key) or {}
    before = _write(pathlib.Path(folder), kept)
    with _environment({_FOLDER: folder, **_SETTINGS}):
      yield
    # Not after an error, which may have come while JAX was writing.
    after = _read(pathlib.Path(folder))
    if set(after) != before:
      cache.save(key, after)


def _key() -> str:
  """Returns a name for what machine code depends on, beside the program."""
  versions = [importlib.metadata.version(name) for name in ('jax', 'jaxlib')]
  of_machine = [platform.machine(), platform.processor(), *versions]
  with contextlib.suppress(OSError):
    lines = pathlib.Path('/proc/cpuinfo').read_text('utf-8').splitlines()
    # Of the first processor: what it is, and what instructions it has.
    wanted = ('model name', 'flags', 'Features')
    of_machine += sorted({line for line in lines if line.startswith(wanted)})
  return 'compiled_' + hashlib.sha256('\n'.join(of_machine).encode()).hexdigest()


def _write(folder: pathlib.Path, programs: dict[str, np.ndarray]) -> set[str]:
  """Writes programs as JAX reads them; returns the names of those written."""
  written = set()
  with contextlib.suppress(OSError):
    for name, content in programs.items():
      if name == os.path.basename(name):
        (folder / name).write_bytes(content.tobytes())
        written.add(name)
  return written


def _read(folder: pathlib.Path) -> dict[str, np.ndarray]:
  """Returns the programs that JAX wrote, the newest first, as many as are kept."""
  programs: dict[str, np.ndarray] = {}
  n_left = _MAX_BYTES
  paths = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
  for path in paths:
    content = path.read_bytes()
    n_left -= len(content)
    if n_left < 0:
      break
    programs[path.name] = np.frombuffer(content, np.uint8)
  return programs


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
  """Sets environment variables that aren't set, for a while."""
  new = {name: value for name, value in variables.items() if not os.environ.get(name)}
  os.environ.update(new)
  try:
    yield
  finally:
    for name in new:
      os.environ.pop(name, None)
