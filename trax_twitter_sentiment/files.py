"""Writing files whole or not at all, and reading what may be hostile."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from typing import BinaryIO, TypeVar

from trax_twitter_sentiment.errors import UserError

T = TypeVar('T')


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


def read_whole(path: str, parse: Callable[[bytes], T], kind: str) -> T:
  """Returns what `parse` makes of a file's content.

  Args:
    path: the file.
    parse: raises `ValueError` for what it can't be.
    kind: what it should be, for the error.

  Raises:
    FileNotFoundError: if there is none.
    UserError: if it can't be read, or isn't what it should be.
  """
  try:
    with open_regular(path) as file:
      return parse(file.read())
  except FileNotFoundError:
    raise
  except OSError as error:
    raise UserError(f'{path}: {error.strerror}.') from error
  except RecursionError as error:
    raise UserError(f'{path} is not {kind}: it is nested too deeply.') from error
  except ValueError as error:
    raise UserError(f'{path} is not {kind}: {error}.') from error


def open_regular(path: str) -> BinaryIO:
  """Opens a file for reading; raises `OSError` for what has no end, as a pipe."""
  # By itself, opening a pipe waits for a writer.
  descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
  if not stat.S_ISREG(os.fstat(descriptor).st_mode):
    os.close(descriptor)
    raise OSError(errno.EINVAL, 'Not a regular file', path)
  return open(descriptor, 'rb')
