"""What a run needs of the operating system: a folder to itself, and notice to end."""

import contextlib
import errno
import fcntl
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator

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


@contextlib.contextmanager
def noting_signals() -> Iterator[list[int]]:
  """Yields a list that SIGINT and SIGTERM go to meanwhile, instead of ending things.

  A second one ends the process at once. In an interactive session, whose Ctrl-C
  should not end it, and outside of the main thread, signals do what they always do.
  """
  noted: list[int] = []

  def note(number: int, frame: object) -> None:
    if noted:
      signal.signal(number, signal.SIG_DFL)
      os.kill(os.getpid(), number)
    noted.append(number)

  previous = {}
  in_main_thread = threading.current_thread() is threading.main_thread()
  if in_main_thread and not hasattr(sys, 'ps1'):
    for number in (signal.SIGINT, signal.SIGTERM):
      # A command in a shell's background ignores SIGINT, and should go on to.
      if signal.getsignal(number) not in (signal.SIG_IGN, None):
        previous[number] = signal.signal(number, note)
  try:
    yield noted
  finally:
    for number, handler in previous.items():
      signal.signal(number, handler)
