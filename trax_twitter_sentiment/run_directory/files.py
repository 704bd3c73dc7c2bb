"""Writing files whole or not at all, and reading what may be hostile."""

import errno
import os
import stat
import tempfile
from typing import BinaryIO


def write_atomically(path: str, content: str | bytes) -> None:
  """Writes `content` to `path`, so that no reader ever sees half of it.

  A str is written as UTF-8.
  """
  if isinstance(content, str):
    content = content.encode('utf-8')
  folder = os.path.dirname(path) or '.'
  descriptor, temporary = tempfile.mkstemp(
      dir=folder, prefix=f'.{os.path.basename(path)}.'
  )
  try:
    # mkstemp makes files for their owner alone; this one is like any other.
    umask = os.umask(0)
    os.umask(umask)
    os.fchmod(descriptor, 0o666 & ~umask)
    with open(descriptor, 'wb') as file:
      file.write(content)
      file.flush()
      os.fsync(file.fileno())
    os.replace(temporary, path)
  except BaseException:
    os.unlink(temporary)
    raise


def open_regular(path: str) -> BinaryIO:
  """Opens a file for reading; raises `OSError` for what has no end, as a pipe."""
  # By itself, opening a pipe waits for a writer.
  descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
  if not stat.S_ISREG(os.fstat(descriptor).st_mode):
    os.close(descriptor)
    raise OSError(errno.EINVAL, 'Not a regular file', path)
  return open(descriptor, 'rb')
