"""Writes files atomically, and reads files that may be damaged or hostile.

A path may be a URL where a docstring says so.
"""

import contextlib
import errno
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO, TypeVar

from trax_twitter_sentiment import remote
from trax_twitter_sentiment.errors import UserError

T = TypeVar('T')

# A question mark replaces a lone surrogate, which UTF-8 can't encode.
_AS_TEXT: dict[str, Any] = {'encoding': 'utf-8', 'errors': 'replace', 'newline': ''}

_STREAMS = {'stdout': 1, 'stderr': 2}
_OWN_STREAM = re.compile(r'/dev/(?:(stdout|stderr)|fd/(\d+))|/proc/self/fd/(\d+)')


def write_atomically(path: str, content: str | bytes) -> None:
  """Writes a file that no reader sees incomplete. UTF-8 is the encoding of a str."""
  with atomic_file(path) as file:
    file.write(content.encode('utf-8') if isinstance(content, str) else content)


@contextlib.contextmanager
def atomic_file(path: str) -> Iterator[BinaryIO]:
  """Yields a file to write, which is renamed to `path` when the block ends.

  Until then, the file has a hidden name, different for each writer. If an error ends
  the block, the file is removed. If the path is a URL, the file appears when its upload
  is complete.
  """
  if remote.is_url(path):
    with remote.written(path) as file:
      yield file
    return
  folder, name = os.path.split(path)
  temporary = os.path.join(folder, f'.{name}.{os.urandom(8).hex()}')
  try:
    with open(temporary, 'xb') as file:
      yield file
      _put_in_place(file, path)
  except BaseException:
    with contextlib.suppress(FileNotFoundError):
      os.unlink(temporary)
    raise


@contextlib.contextmanager
def output_file(path: str) -> Iterator[IO[str]]:
  """Yields a text file for the flag `--output`.

  The file is written as FILE.partial until it is complete; if an error ends the block,
  FILE.partial stays. A device or a pipe, `/dev/stdout` too, is written directly. If the
  path is a URL, the file appears when its upload is complete; after an error, nothing
  appears.

  Raises:
    UserError: if the file can't be written.
  """
  try:
    if remote.is_url(path):
      with remote.written(path) as upload, io.TextIOWrapper(upload, **_AS_TEXT) as file:
        yield file
      return
    if (direct := _opened_directly(path)) is not None:
      with direct:
        yield direct
      return
    if os.path.islink(path):
      path = os.path.realpath(path)
    partial = path + '.partial'
    with open(partial, 'w', **_AS_TEXT) as file:
      try:
        yield file
        file.flush()
        _put_in_place(file.buffer, path)
      except BaseException:
        print(f'{partial} contains the incomplete output.', file=sys.stderr)
        raise
  except BrokenPipeError:
    raise
  except OSError as error:
    raise UserError(f'--output={path}: {error.strerror}.') from error


def _put_in_place(file: BinaryIO, path: str) -> None:
  file.flush()
  os.fsync(file.fileno())
  os.replace(file.name, path)


def _opened_directly(path: str) -> IO[str] | None:
  """Opens a device or a pipe; returns `None` for a regular or a missing file."""
  if match := _OWN_STREAM.fullmatch(path):
    # Opening the stream by name would truncate a file that it is redirected to, so its
    # descriptor is duplicated.
    descriptor = os.dup(_STREAMS.get(match[1]) or int(match[2] or match[3]))
    return open(descriptor, 'w', **_AS_TEXT)
  if not os.path.exists(path) or os.path.isfile(path):
    return None
  return open(path, 'w', **_AS_TEXT)


def absolute(path: str) -> str:
  """Returns the absolute path of a path; a URL is returned as it is."""
  return path if remote.is_url(path) else os.path.abspath(os.path.expanduser(path))


def names(folder: str) -> set[str]:
  """Returns the names of the files in a folder, which may be a URL.

  Raises:
    FileNotFoundError: if a local folder is missing.
  """
  return {*(remote.names if remote.is_url(folder) else os.listdir)(folder)}


def parse_file(path: str, parse: Callable[[bytes], T], kind: str) -> T:
  """Returns the parsed content of a file.

  Args:
    path: the path of the file, or its URL.
    parse: parses the content; raises `ValueError` if the content is not valid.
    kind: the kind of file, for messages, such as `'a vocabulary file'`.

  Raises:
    FileNotFoundError: if the file is missing.
    UserError: if the file can't be read, or is not of its kind.
  """
  try:
    with open_regular(path) as file:
      return parse(file.read())
  except (FileNotFoundError, UserError):
    raise
  except OSError as error:
    raise UserError(f'{path}: {error.strerror}.') from error
  except RecursionError as error:
    raise UserError(f'{path} is not {kind}: its JSON is nested too deeply.') from error
  except ValueError as error:
    raise UserError(f'{path} is not {kind}: {error}.') from error


def open_regular(path: str) -> BinaryIO:
  """Opens a regular file for reading; raises `OSError` for a pipe or a device.

  Args:
    path: the path of the file, or its URL.
  """
  if remote.is_url(path):
    return remote.opened(path)
  # Without O_NONBLOCK, opening a pipe would wait for a writer.
  descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
  if not stat.S_ISREG(os.fstat(descriptor).st_mode):
    os.close(descriptor)
    raise OSError(errno.EINVAL, 'Not a regular file', path)
  return open(descriptor, 'rb')
