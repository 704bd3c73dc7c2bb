"""A folder that one process at a time writes to."""

import contextlib
import errno
import fcntl
import os
import tempfile

from trax_twitter_sentiment.errors import UserError

LOCK_FILE = '.lock'

# By device and inode, the lock files that this process holds. A lock goes with the
# process, however that ends, or with the first of its descriptors that is closed.
_HELD: dict[tuple[int, int], int] = {}


def claim(folder: str) -> None:
  """Makes a folder this process's to write to, until it ends.

  Raises:
    UserError: if the folder can't be written to, or another process has claimed it.
  """
  path = os.path.join(folder, LOCK_FILE)
  try:
    os.makedirs(folder, exist_ok=True)
    # The lock file may be there already, and say nothing of the folder.
    tempfile.TemporaryFile(dir=folder).close()
    with contextlib.suppress(FileNotFoundError):
      if _identity(os.stat(path)) in _HELD:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
      _lock(descriptor)
      os.ftruncate(descriptor, 0)
      os.write(descriptor, str(os.getpid()).encode())
    except OSError:
      os.close(descriptor)
      raise
  except BlockingIOError as error:
    with open(path, encoding='ascii', errors='replace') as file:
      pid = file.read() or 'unknown'
    raise UserError(
        f'{folder} is in use by another run, process {pid}. Let it end first, or use '
        'another output_dir.'
    ) from error
  except OSError as error:
    raise UserError(f'{folder} cannot be written to: {error.strerror}.') from error
  _HELD[_identity(os.fstat(descriptor))] = descriptor


def _lock(descriptor: int) -> None:
  try:
    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except OSError as error:
    # Some file systems of clusters have no locks; runs there have to do without.
    if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
      raise


def _identity(status: os.stat_result) -> tuple[int, int]:
  return status.st_dev, status.st_ino
