"""NumPy arrays kept between runs, under the user's cache folder."""

import contextlib
import io
import os
import sys
import zipfile

import numpy as np

from trax_twitter_sentiment.errors import check_choice
from trax_twitter_sentiment.files import open_regular, write_atomically

_SWITCH = 'TRAX_TWITTER_SENTIMENT_CACHE'

# Entries kept; the oldest go first.
_MAX_ENTRIES = 32


def folder() -> str:
  """Returns the folder that holds the entries; it need not exist."""
  home = os.environ.get('XDG_CACHE_HOME', '')
  # The specification has relative paths ignored.
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
  """Returns the arrays kept under `key`; `None` if there are none or damaged ones."""
  try:
    with open_regular(_path(key)) as file:
      # Entries are stored as they are, so that they hold no more than the file does,
      # and reading one compares its checksum.
      entries = zipfile.ZipFile(file).infolist()
      if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        return None
      # Nor do several of them share its bytes.
      if sum(entry.file_size for entry in entries) > file.seek(0, os.SEEK_END):
        return None
      file.seek(0)
      with np.load(file, allow_pickle=False) as contents:
        arrays = dict(contents)
      # What isn't an array, NumPy hands over as bytes.
      whole = all(isinstance(array, np.ndarray) for array in arrays.values())
      return arrays if whole else None
  # What a damaged file makes zipfile and NumPy raise is documented nowhere.
  except Exception:
    return None


def save(key: str, arrays: dict[str, np.ndarray]) -> None:
  """Keeps arrays under `key`; where that can't be done, says so on stderr."""
  content = io.BytesIO()
  np.savez(content, **arrays)  # type: ignore[arg-type]
  try:
    os.makedirs(folder(), mode=0o700, exist_ok=True)
    write_atomically(_path(key), content.getvalue())
    _remove_oldest()
  except OSError as error:
    print(
        f'WARNING: {folder()} could not keep what saves the next run time '
        f'({error.strerror}). {_SWITCH}=off silences this.',
        file=sys.stderr,
    )


def _path(key: str) -> str:
  return os.path.join(folder(), f'{key}.npz')


def _remove_oldest() -> None:
  # Another process may remove them at the same time.
  with contextlib.suppress(FileNotFoundError), os.scandir(folder()) as entries:
    files = [entry for entry in entries if entry.name.endswith('.npz')]
    files.sort(key=lambda entry: entry.stat().st_mtime)
    for entry in files[:-_MAX_ENTRIES]:
      os.unlink(entry.path)
