"""Opens files of other people: what they are, by their first bytes; decompressed."""

import bz2
import codecs
import contextlib
import glob
import gzip
import io
import lzma
import os
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from trax_twitter_sentiment.errors import UserError

STDIN = '-'

# Where a part of a file begins and ends, in bytes: it is the lines, or the row groups,
# that begin there.
Part = tuple[int, int]

# A novel in one line. A file without line ends isn't taken into memory whole.
MAX_LINE_BYTES = 2**22

# What is looked at to tell what a file is.
_HEAD_BYTES = 2**12

_COMPRESSED_ENDING = re.compile(r'\.(gz|bz2|xz|zst)$', re.IGNORECASE)
_GZIP = re.compile(rb'\x1f\x8b')
_BZIP2 = re.compile(rb'BZh[1-9](1AY&SY|\x17rE8P)')
_XZ = re.compile(rb'\xfd7zXZ\0')
_ZSTANDARD = re.compile(rb'[\x50-\x5f]\x2a\x4d\x18|\x28\xb5\x2f\xfd')

# First bytes -> what the file is, and what to do.
_REFUSED = (
    (rb'PK\x03\x04|PK\x05\x06', 'a zip archive or an Excel workbook', 'unpack it, or '
     'save the workbook as CSV UTF-8'),
    (rb'\xd0\xcf\x11\xe0', 'an old Excel workbook', 'save it as CSV UTF-8'),
    (rb'\x80[\x02-\x05]', 'a Python pickle', 'save the data as JSON Lines'),
    (rb'SQLite format 3\0', 'an SQLite data base', 'export the table as CSV'),
    (rb'7z\xbc\xaf|Rar!\x1a', 'an archive', 'unpack it'),
    (rb'(?s).{257}ustar', 'a tar archive', 'unpack it'),
    (rb'%PDF-', 'a PDF', 'copy its text into a file'),
    (rb'ARROW1\0|Obj\x01|\x89HDF', 'an Arrow, Avro or HDF5 file',
     'save the data as Parquet, CSV or JSON Lines'),
)  # fmt: skip

# The longest mark comes first: UTF-32's begins like UTF-16's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, 'utf-8-sig'),
    (codecs.BOM_UTF32_LE, 'utf-32'),
    (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)


class Source:
  """An opened file.

  Args:
    path: of a file, or `'-'` for standard input.
    part: of an uncompressed file; only its lines are read.

  Attributes:
    name: for messages.
    ending: of the file's name in lower case, `'.csv'`; what a compression added is
      left out.
    file: its content, decompressed; to be read from its start.
    is_compressed: whether it had to be.
    head: its first bytes.
    encoding: as its byte-order mark tells; `None` without one.

  Raises:
    UserError: if it can't be opened, or is of a kind that holds no text.
  """

  def __init__(self, path: str, part: Part | None = None):
    self._part = part
    self.name = 'standard input' if path == STDIN else path
    if part and part[0]:
      self.name += f' (from byte {part[0]:,} on)'
    self.ending = os.path.splitext(_COMPRESSED_ENDING.sub('', path))[1].lower()
    if path == STDIN:
      self._raw: Any = sys.stdin.buffer
      self.size: int | None = None
    else:
      with _naming_errors(path):
        self._raw = open(path, 'rb')  # noqa: SIM115  `close` closes it.
        self.size = os.fstat(self._raw.fileno()).st_size
    with _naming_errors(self.name):
      self.file = self._decompressed() if part is None else _lines_of(self._raw, *part)
      self.is_compressed = self.file is not self._raw and part is None
      self.head = _peek(self.file)
    for pattern, kind, advice in _REFUSED:
      if re.match(pattern, self.head):
        self.close()
        raise UserError(f'{self.name} is {kind}; {advice}.')
    self.encoding = next(
        (name for mark, name in _BYTE_ORDER_MARKS if self.head.startswith(mark)), None
    )

  def close(self) -> None:
    if self._raw is not sys.stdin.buffer:
      self._raw.close()

  def position(self) -> int:
    """Returns how many of the file's bytes were read, as it lies on disk."""
    try:
      return self._raw.tell()
    except OSError:  # A pipe has none.
      return 0

  def _decompressed(self) -> Any:
    file = self._raw
    if not hasattr(file, 'peek'):
      file = io.BufferedReader(file)
    head = _peek(file)
    if _GZIP.match(head):
      return gzip.GzipFile(fileobj=file)
    if _BZIP2.match(head):
      return bz2.BZ2File(file)
    if _XZ.match(head):
      return lzma.LZMAFile(file)
    if not _ZSTANDARD.match(head):
      return file
    try:
      import zstandard
    except ImportError as error:
      raise UserError(
          f'{self.name} is compressed by Zstandard, which takes '
          "`pip install 'trax-twitter-sentiment[files]'`."
      ) from error
    reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    return io.BufferedReader(reader)

  def lines(self, encoding: str | None) -> Iterator[tuple[str, bool]]:
    """Yields each line, with its end, and whether it was whole in its encoding.

    Bytes that are damaged become U+FFFD.

    Args:
      encoding: `None` for that of the byte-order mark, or else UTF-8.

    Raises:
      UserError: if a line is longer than 4 MiB, or can't be read.
    """
    encoding = encoding or self.encoding or 'utf-8'
    if encoding not in ('utf-8', 'utf-8-sig'):
      with _naming_errors(self.name):
        yield from self._decoded_lines(encoding)
      return
    if b'\0' in self.head:
      raise UserError(
          f'{self.name} holds NUL bytes, so it is no text in UTF-8; for UTF-16, give '
          "the encoding 'utf-16-le' or 'utf-16-be'."
      )
    # A part is of a file whose lines end otherwise.
    if b'\r' in self.head and b'\n' not in self.head and not self._part:
      with _naming_errors(self.name):
        yield from self._decoded_lines(encoding)
      return
    with _naming_errors(self.name):
      readline, size = self.file.readline, MAX_LINE_BYTES + 1
      number = 0
      while line := readline(size):
        number += 1
        if len(line) > MAX_LINE_BYTES:
          self._refuse_length(number)
        # Excel begins the first line with a byte-order mark.
        codec = 'utf-8-sig' if number == 1 else 'utf-8'
        try:
          yield line.decode(codec), True
        except UnicodeDecodeError:
          yield line.decode(codec, errors='replace'), False

  def _decoded_lines(self, encoding: str) -> Iterator[tuple[str, bool]]:
    """Yields lines of any encoding, and those that end in CR, as on old Macs."""
    text = io.TextIOWrapper(self.file, encoding, errors='replace', newline=None)
    number = 0
    while line := text.readline(MAX_LINE_BYTES + 1):
      number += 1
      if len(line) > MAX_LINE_BYTES:
        self._refuse_length(number)
      yield line, '\ufffd' not in line
    text.detach()

  def _refuse_length(self, number: int) -> None:
    raise UserError(
        f'{self.name}, line {number}: longer than {MAX_LINE_BYTES:,} bytes.'
    )

  def read(self) -> bytes:
    """Returns all that is left of the file."""
    with _naming_errors(self.name):
      return self.file.read()


class _Window(io.RawIOBase):
  """A file that ends before its end.

  Args:
    file: is read from where it stands.
    n_bytes: how much is read.
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
  """Returns where the first line begins that does so at a position or after it."""
  if not position:
    return 0
  file.seek(position - 1)
  while (line := file.readline(MAX_LINE_BYTES)) and not line.endswith(b'\n'):
    pass
  return file.tell()


@contextlib.contextmanager
def _naming_errors(name: str) -> Iterator[None]:
  """Has what a file can't do meanwhile be a `UserError` that names it."""
  try:
    yield
  except (gzip.BadGzipFile, EOFError, lzma.LZMAError, zlib.error) as error:
    raise UserError(f'{name} is damaged: {error}.') from error
  except OSError as error:
    # The errors of bzip2 and Zstandard have no number.
    reason = error.strerror or f'it is damaged ({error})'
    raise UserError(f'{name}: {reason}.') from error


def _peek(file: Any) -> bytes:
  return file.peek(_HEAD_BYTES)[:_HEAD_BYTES]


def check_encoding(setting: str, encoding: str | None) -> None:
  """Raises `UserError` unless Python knows a text encoding."""
  if encoding is None:
    return
  try:
    ''.encode(encoding)
  except LookupError as error:
    raise UserError(
        f"{setting}={encoding!r} is no encoding that Python knows, such as 'utf-8', "
        "'utf-16' or 'cp1252'."
    ) from error


def expand(patterns: Sequence[str]) -> list[str]:
  """Returns the paths that patterns with `*`, `?` and `[…]` stand for, in order.

  Raises:
    UserError: if a pattern stands for no file.
  """
  paths: list[str] = []
  for pattern in map(os.path.expanduser, patterns):
    if os.path.exists(pattern) or not glob.has_magic(pattern):
      paths.append(pattern)
    elif found := sorted(glob.glob(pattern, recursive=True)):
      paths += found
    else:
      raise UserError(f'{pattern}: no file is named so.')
  return paths
