"""Opens input files, decompresses them and decodes their lines."""

import codecs
import contextlib
import glob
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from trax_twitter_sentiment import remote
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import compression

STDIN = '-'

# The start and the end of a part of a file, in bytes. The part consists of the lines,
# or the row groups, that begin between the two.
Part = tuple[int, int]

# The maximum length of a line, longer than a novel. Without a maximum, a file without
# line ends would fill the memory.
MAX_LINE_BYTES = 2**22

# The number of bytes by which a file's format is recognized.
_HEAD_BYTES = 2**12

# First bytes -> the file's kind, and advice.
_NOT_TEXT = (
    (rb'PK\x03\x04|PK\x05\x06', 'a zip archive or an Excel workbook', 'unpack it, or '
     'save the workbook as CSV UTF-8'),
    (rb'\xd0\xcf\x11\xe0', 'an old Excel workbook', 'save it as CSV UTF-8'),
    (rb'\x80[\x02-\x05]', 'a Python pickle', 'save the data as JSON Lines'),
    (rb'SQLite format 3\0', 'an SQLite database', 'export the table as CSV'),
    (rb'7z\xbc\xaf|Rar!\x1a', 'an archive', 'unpack it'),
    (rb'(?s).{257}ustar', 'a tar archive', 'unpack it'),
    (rb'%PDF-', 'a PDF', 'copy its text into a file'),
    (rb'\xff\xfe\0\0|\0\0\xfe\xff', 'UTF-32', 'save it as UTF-8'),
    (rb'version https://git-lfs\.github\.com/', 'a Git LFS pointer',
     'fetch the data with `git lfs pull`'),
    (rb'ARROW1\0|Obj\x01|\x89HDF', 'an Arrow, Avro or HDF5 file',
     'save the data as Parquet, CSV or JSON Lines'),
)  # fmt: skip

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, 'utf-8-sig'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)


def shown_name(path: str) -> str:
  """Returns the name of a path in messages."""
  return 'standard input' if path == STDIN else path


class InputFile:
  """An opened file.

  Args:
    path: the path or URL of a file or a folder, or `'-'` for standard input.
    part: the part of an uncompressed file to read; `None` for the whole file.

  Attributes:
    path: the path.
    part: the part.
    name: the file's name in messages.
    ending: the file extension in lower case, without that of the compression:
      `'.csv'` for `a.csv.gz`.
    file: the decompressed content, at its start.
    is_compressed: whether the content was compressed.
    size: the file's size on disk, in bytes; `None` if unknown, as for standard input
      and a folder.
    is_folder: whether the path is a folder, whose `file` is empty.
    head: the first bytes of the content.
    encoding: the encoding of the byte-order mark; `None` without one.
    n_damaged: the number of lines so far with bytes that are not valid.
    n_quoted: the number of texts so far whose quotes were read as text.

  Raises:
    UserError: if the file can't be opened; and at the end of a `with` block, if it
      could not be read.
  """

  def __init__(self, path: str, part: Part | None = None):
    self.path = path
    self.part = part
    self.name = shown_name(path)
    if part and part[0]:
      self.name += f' (from byte {part[0]:,} on)'
    self.ending = os.path.splitext(compression.ENDING.sub('', path))[1].lower()
    self.n_damaged = self.n_quoted = 0
    self.size: int | None = None
    self.is_folder = os.path.isdir(path)
    with _naming_errors(self.name):
      if path == STDIN:
        self._raw: Any = sys.stdin.buffer
      elif self.is_folder:
        self._raw = io.BufferedReader(io.BytesIO())
      elif remote.is_url(path):
        self._raw, self.is_folder = _opened_url(path)
        self.size = self._raw.raw.size if not self.is_folder else None
      else:
        self._raw = open(path, 'rb')  # noqa: SIM115  `close` closes it.
        self.size = os.fstat(self._raw.fileno()).st_size
      raw = self._raw if hasattr(self._raw, 'peek') else io.BufferedReader(self._raw)
      content = compression.decompressed(raw, _peek(raw), self.name)
      self.is_compressed = content is not None
      self.file: Any = content or raw
      self.head = _peek(self.file)
    self.encoding = next(
        (name for mark, name in _BYTE_ORDER_MARKS if self.head.startswith(mark)), None
    )

  def __enter__(self) -> 'InputFile':
    return self

  def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
    if self._raw is not sys.stdin.buffer:
      self._raw.close()
    if isinstance(error, OSError):
      raise _named(self.name, error) from error

  def position(self) -> int:
    """Returns the number of bytes that were read from disk."""
    try:
      return self._raw.tell()
    except OSError:  # A pipe has no position.
      return 0

  def check_is_text(self) -> None:
    """Raises `UserError` if the first bytes are those of a binary format."""
    for pattern, kind, advice in _NOT_TEXT:
      if re.match(pattern, self.head):
        raise UserError(f'{self.name} is {kind}; {advice}.')

  def lines(self, encoding: str | None = None) -> Iterator[str]:
    """Yields the lines of the file, or of its part, with their line ends.

    U+FFFD replaces bytes that are not valid.

    Args:
      encoding: the encoding; `None` for that of the byte-order mark, or else UTF-8.

    Raises:
      UserError: if a line is longer than 4 MiB.
      OSError: if a line can't be read.
    """
    encoding = encoding or self.encoding or 'utf-8'
    if encoding not in ('utf-8', 'utf-8-sig'):
      yield from self._decoded_lines(encoding)
      return
    if b'\0' in self.head:
      raise UserError(
          f'{self.name} contains NUL bytes, so it is not text in UTF-8; for UTF-16, '
          "give the encoding 'utf-16-le' or 'utf-16-be'."
      )
    if self.ends_lines_in_cr():
      yield from self._decoded_lines(encoding)
    else:
      yield from self._utf8_lines()

  def ends_lines_in_cr(self) -> bool:
    """Returns whether CR ends the lines, as on old Macs."""
    return b'\r' in self.head and b'\n' not in self.head and not self.part

  def _utf8_lines(self) -> Iterator[str]:
    file = _lines_of(self.file, *self.part) if self.part else self.file
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
      number += 1
      if len(line) > MAX_LINE_BYTES:
        self._refuse_length(number)
      # Excel begins a file with a byte-order mark, which is not part of the text.
      codec = 'utf-8-sig' if number == 1 else 'utf-8'
      try:
        yield line.decode(codec)
      except UnicodeDecodeError:
        self.n_damaged += 1
        yield line.decode(codec, errors='replace')

  def _decoded_lines(self, encoding: str) -> Iterator[str]:
    """Yields lines in any encoding, and lines that end in CR."""
    text = io.TextIOWrapper(self.file, encoding, errors='replace', newline='')
    number = 0
    while line := text.readline(MAX_LINE_BYTES + 1):
      number += 1
      if len(line) > MAX_LINE_BYTES:
        self._refuse_length(number)
      self.n_damaged += '\ufffd' in line
      yield line
    text.detach()

  def _refuse_length(self, number: int) -> None:
    raise UserError(
        f'{self.name}, line {number}: longer than {MAX_LINE_BYTES:,} bytes.'
    )

  def read(self) -> bytes:
    """Returns the rest of the content."""
    return self.file.read()

  def seekable(self) -> Any:
    """Returns the content as a file with random access."""
    has_access = self.size is not None and not self.is_compressed
    return self.file if has_access else io.BytesIO(self.read())


def _opened_url(url: str) -> tuple[BinaryIO, bool]:
  """Returns the file of a URL; for a folder, an empty file and `True`."""
  try:
    return remote.opened(url), False
  except (FileNotFoundError, IsADirectoryError):
    if not remote.is_folder(url):
      raise
    return io.BufferedReader(io.BytesIO()), True


class _Window(io.RawIOBase):
  """A file with a limited number of the next bytes of another file.

  Args:
    file: the other file.
    n_bytes: the number of bytes.
  """

  def __init__(self, file: BinaryIO, n_bytes: int):
    self._file = file
    self._n_left = n_bytes

  def readable(self) -> bool:
    return True

  def readinto(self, buffer: Any) -> int:
    content = self._file.read(min(self._n_left, len(buffer)))
    self._n_left -= len(content)
    buffer[: len(content)] = content
    return len(content)


def _lines_of(file: BinaryIO, start: int, end: int) -> io.BufferedReader:
  """Returns the lines of a file that begin in a range of its bytes."""
  stop = _next_line(file, end)
  begin = _next_line(file, start)
  file.seek(begin)
  return io.BufferedReader(_Window(file, max(0, stop - begin)))


def _next_line(file: BinaryIO, position: int) -> int:
  """Returns the start of the first line that begins at a position or after it."""
  if not position:
    return 0
  file.seek(position - 1)
  while (line := file.readline(MAX_LINE_BYTES)) and not line.endswith(b'\n'):
    pass
  return file.tell()


@contextlib.contextmanager
def _naming_errors(name: str) -> Iterator[None]:
  """Turns an `OSError` into a `UserError` with the name of the file."""
  try:
    yield
  except OSError as error:
    raise _named(name, error) from error


def _named(name: str, error: OSError) -> UserError:
  return UserError(f'{name}: {error.strerror or error}.')


def _peek(file: Any) -> bytes:
  return file.peek(_HEAD_BYTES)[:_HEAD_BYTES]


def check_encoding(setting: str, encoding: str | None) -> None:
  """Raises `UserError` unless `encoding` is `None` or a text encoding of Python."""
  if encoding is None:
    return
  try:
    ''.encode(encoding)
  except LookupError as error:
    raise UserError(
        f"{setting}={encoding!r} is not a text encoding of Python, such as 'utf-8', "
        "'utf-16' or 'cp1252'."
    ) from error


def state(path: str) -> tuple[object, ...]:
  """Returns a cache key of a file or folder, which differs after a change."""
  if remote.is_url(path):
    with contextlib.suppress(OSError):
      return path, *remote.state(path)
    return (path,)
  if not os.path.isdir(path):
    with contextlib.suppress(OSError):
      status = os.stat(path)
      return path, status.st_size, status.st_mtime_ns, status.st_ino
    return (path,)
  names = sorted(os.path.join(folder, name) for folder, _, names in os.walk(path)
                 for name in names)  # fmt: skip
  return path, *map(state, names)


def size(path: str) -> int | None:
  """Returns the size of a file in bytes; `None` if it is unknown.

  Raises:
    UserError: if there is no such file.
  """
  with _naming_errors(path):
    return remote.state(path)[0] if remote.is_url(path) else os.path.getsize(path)


def expand(patterns: Sequence[str]) -> list[str]:
  """Returns the paths that patterns with `*`, `?` and `[…]` match, in order.

  Raises:
    UserError: if a pattern matches no file, or its bucket can't be listed.
  """
  paths: list[str] = []
  for pattern in map(os.path.expanduser, patterns):
    if pattern_paths := matches(pattern):
      paths += pattern_paths
    else:
      raise UserError(f'{pattern}: no file matches the pattern.')
  return paths


def matches(pattern: str) -> list[str]:
  """Returns the paths that a pattern matches; a path without wildcards as it is."""
  if remote.is_url(pattern):
    with _naming_errors(pattern):
      return remote.matches(pattern)
  if os.path.exists(pattern) or not glob.has_magic(pattern):
    return [pattern]
  return sorted(glob.glob(pattern, recursive=True))
