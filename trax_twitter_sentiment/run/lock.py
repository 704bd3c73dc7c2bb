"""A lock on an output directory: one process at a time writes to it."""

import errno
import os
import tempfile

import filelock

from trax_twitter_sentiment.errors import UserError

LOCK_FILE = '.lock'
_PROCESS_FILE = '.lock.process'  # Contains the id of the process with the lock.

# The errors of file systems without locks.
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)

# The locks of this process by path. The system releases them when the process ends,
# even if it is killed.
_HELD: dict[str, filelock.BaseFileLock] = {}


def claim(folder: str) -> None:
  """Locks a folder until this process ends.

  Some file systems of clusters do not support locks. A folder there is not locked.

  Raises:
    UserError: if the folder cannot be written to, or another process has locked it.
  """
  path = os.path.join(os.path.realpath(folder), LOCK_FILE)
  try:
    os.makedirs(folder, exist_ok=True)
    # An existing file can be locked in a read-only folder, so this tests writing.
    tempfile.TemporaryFile(dir=folder).close()
    # If the folder was removed since, its lock file is gone, so it is locked again.
    if path in _HELD and os.path.exists(path):
      return
    _acquire(path)
    with open(os.path.join(folder, _PROCESS_FILE), 'w', encoding='ascii') as file:
      file.write(str(os.getpid()))
  except filelock.Timeout as error:
    raise UserError(
        f'{folder} is in use by another run, process {_process(folder)}. Wait until '
        'it ends, or use another output_dir.'
    ) from error
  except OSError as error:
    raise UserError(f'{folder} cannot be written to: {error.strerror}.') from error


def _acquire(path: str) -> None:
  lock = filelock.FileLock(path)
  try:
    lock.acquire(blocking=False)
  except (NotImplementedError, OSError) as error:
    unsupported = isinstance(error, NotImplementedError) or error.errno in _UNSUPPORTED
    if not unsupported:
      raise
  _HELD[path] = lock


def _process(folder: str) -> str:
  try:
    with open(os.path.join(folder, _PROCESS_FILE), encoding='ascii') as file:
      return file.read() or 'unknown'
  except (OSError, ValueError):
    return 'unknown'
