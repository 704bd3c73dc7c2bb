"""Checkpoints as sets of files that change all together or not at all.

A checkpoint `NAME` consists of the files `NAME.*` of a folder. Its description,
`NAME.checkpoint.json`, contains a checksum of each file. This module does not use Trax.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

from trax_twitter_sentiment.errors import UserError

# Subfolders with new files: incomplete ones, and complete ones to move into place.
_PARTIAL, _READY = '.checkpoint.partial', '.checkpoint.ready'
_FILE_FORMAT = 1


@contextlib.contextmanager
def replacing(folder: str) -> Iterator[str]:
  """Yields an empty folder whose files then replace those of `folder`, all or none.

  If the process is killed at any point, `recover` restores the old files, or completes
  the replacement.
  """
  recover(folder)
  partial = os.path.join(folder, _PARTIAL)
  os.mkdir(partial)
  try:
    yield partial
    for name in os.listdir(partial):
      _sync(os.path.join(partial, name))
    _sync(partial)
    os.rename(partial, os.path.join(folder, _READY))  # Commits.
  except BaseException:
    shutil.rmtree(partial, ignore_errors=True)
    raise
  recover(folder)


def recover(folder: str) -> None:
  """Completes a committed replacement, or removes the files of any other."""
  partial, ready = (os.path.join(folder, name) for name in (_PARTIAL, _READY))
  if os.path.isdir(partial):
    shutil.rmtree(partial)
  if os.path.isdir(ready):
    _sync(folder)
    for name in os.listdir(ready):
      os.replace(os.path.join(ready, name), os.path.join(folder, name))
    _sync(folder)
    os.rmdir(ready)


def describe(folder: str, name: str, state: dict[str, Any]) -> None:
  """Writes the description of a checkpoint: a state, and the files' checksums."""
  files = {
      file: _checksum(os.path.join(folder, file))
      for file in sorted(os.listdir(folder))
      if file.startswith(f'{name}.')
  }
  with open(_description(folder, name), 'w', encoding='utf-8') as file:
    json.dump({'format': _FILE_FORMAT, 'state': state, 'files': files}, file)


def verified_state(folder: str, name: str) -> dict[str, Any] | None:
  """Returns the state in a checkpoint's description; `None` without a description.

  Raises:
    UserError: if a file of the checkpoint is missing, or has another checksum.
  """
  path = _description(folder, name)
  try:
    with open(path, 'rb') as file:
      content = json.load(file)
    if content['format'] != _FILE_FORMAT:
      raise ValueError(f'its format is not {_FILE_FORMAT}')
    state, files = dict(content['state']), dict(content['files'])
  except FileNotFoundError:
    return None
  except (KeyError, TypeError, ValueError, RecursionError) as error:
    raise UserError(f"{path} is not a checkpoint's description: {error}.") from error
  for file, checksum in files.items():
    path = os.path.join(folder, os.path.basename(file))
    try:
      is_intact = _checksum(path) == checksum
    except FileNotFoundError:
      is_intact = False
    if not is_intact:
      raise UserError(
          f'{path} is missing, damaged, or older or newer than the other files of its '
          f'checkpoint. Restore all files {name}.*, or use another output_dir.'
      )
  return state


def _description(folder: str, name: str) -> str:
  return os.path.join(folder, f'{name}.checkpoint.json')


def _checksum(path: str) -> str:
  digest = hashlib.sha256()
  with open(path, 'rb') as file:
    while chunk := file.read(1 << 20):
      digest.update(chunk)
  return digest.hexdigest()


def _sync(path: str) -> None:
  """Flushes a file, or a folder's list of files, to disk."""
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
