"""A cache of NumPy arrays in the user's cache folder."""

import contextlib
import os
import sys
import zipfile

import numpy as np

from trax_twitter_sentiment.errors import check_choice
from trax_twitter_sentiment.files import atomic_file, open_regular

_SWITCH = 'TRAX_TWITTER_SENTIMENT_CACHE'

# The maximum number of entries. The oldest entries are removed first.
_MAX_ENTRIES = 32


def folder() -> str:
  """Returns the folder of the entries, which may not exist yet."""
  home = os.environ.get('XDG_CACHE_HOME', '')
  # The XDG specification says that relative paths must be ignored.
  if not os.path.isabs(home):
    home = os.path.join(os.path.expanduser('~'), '.cache')
  return os.path.join(home, 'trax_twitter_sentiment')


def is_on() -> bool:
  """Returns whether the environment variable leaves the cache on.

  Raises:
    UserError: if `TRAX_TWITTER_SENTIMENT_CACHE` is neither `on` nor `off`.
  """
  switch = os.environ.get(_SWITCH) or 'on'
  check_choice(_SWITCH, switch, ('on', 'off'))
  return switch == 'on'


def load(key: str) -> dict[str, np.ndarray] | None:
  """Returns the arrays of an entry; `None` if the entry is missing or damaged."""
  try:
    with open_regular(_path(key)) as file:
      # Arrays are stored without compression, so they cannot be larger than the file.
      # Reading an array verifies its checksum.
      entries = zipfile.ZipFile(file).infolist()
      if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        return None
      # Overlapping arrays would also be larger than the file.
      if sum(entry.file_size for entry in entries) > file.seek(0, os.SEEK_END):
        return None
      file.seek(0)
      with np.load(file, allow_pickle=False) as contents:
        arrays = dict(contents)
      # NumPy returns the bytes of a member that is not an array.
      are_arrays = all(isinstance(array, np.ndarray) for array in arrays.values())
      return arrays if are_arrays else None
  # No documentation lists the exceptions of zipfile and NumPy for damaged files.
  except Exception:
    return None


def save(key: str, arrays: dict[str, np.ndarray]) -> None:
  """Writes an entry, or prints a warning on stderr if that is not possible."""
  try:
    os.makedirs(folder(), mode=0o700, exist_ok=True)
    with atomic_file(_path(key)) as file:
      np.savez(file, **arrays)  # type: ignore[arg-type]
    _remove_oldest()
  except OSError as error:
    print(
        f'WARNING: the cache folder {folder()} cannot be written to '
        f'({error.strerror}), so the next run will tokenize again. {_SWITCH}=off '
        'silences this warning.',
        file=sys.stderr,
    )


def _path(key: str) -> str:
  return os.path.join(folder(), f'{key}.npz')


def _remove_oldest() -> None:
  # Another process may remove the same entries.
  with contextlib.suppress(FileNotFoundError), os.scandir(folder()) as entries:
    files = [entry for entry in entries if entry.name.endswith('.npz')]
    files.sort(key=lambda entry: entry.stat().st_mtime)
    for entry in files[:-_MAX_ENTRIES]:
      os.unlink(entry.path)
