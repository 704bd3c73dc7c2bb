"""Decompresses gzip, bzip2, xz and Zstandard; a truncated file is an error."""

import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from trax_twitter_sentiment.errors import UserError

# The file extensions of compressed files.
ENDING = re.compile(r'\.(gz|bz2|xz|zst)$', re.IGNORECASE)

# The number of compressed bytes to read at a time. A byte may expand to 20,000 bytes,
# so the number is small.
_CHUNK_BYTES = 2**11

# Zstandard's largest window. Reddit's dumps require it.
_MAX_WINDOW_BYTES = 2**31


def decompressed(file: BinaryIO, head: bytes, name: str) -> io.BufferedReader | None:
  """Returns the decompressed content of a file; `None` for an uncompressed file.

  `head` contains the first bytes of the file. Errors contain its `name`.
  """
  for pattern, new_decompressor in _COMPRESSIONS:
    if re.match(pattern, head):
      return io.BufferedReader(_Decompressed(file, new_decompressor(name), name))
  return None


class _Decompressed(io.RawIOBase):
  """The content of a compressed file, which may consist of several streams."""

  def __init__(self, file: BinaryIO, new_decompressor: Callable[[], Any], name: str):
    self._file = file
    self._new_decompressor = new_decompressor
    self._decompressor = new_decompressor()
    self._name = name
    self._content = memoryview(b'')

  def readable(self) -> bool:
    return True

  def readinto(self, buffer: Any) -> int:
    while not self._content:
      compressed = self._next_compressed()
      if not compressed:
        return 0
      try:
        content = self._decompressor.decompress(compressed)
      except Exception as error:  # Each library raises errors of its own.
        raise UserError(f'{self._name} is damaged: {error}.') from error
      self._content = memoryview(content)
    n_bytes = min(len(buffer), len(self._content))
    buffer[:n_bytes] = self._content[:n_bytes]
    self._content = self._content[n_bytes:]
    return n_bytes

  def _next_compressed(self) -> bytes:
    """Returns compressed bytes for the decompressor; `b''` at the end of the file."""
    if not self._decompressor.eof:
      if compressed := self._file.read(_CHUNK_BYTES):
        return compressed
      raise UserError(f'{self._name} is damaged: it ends too early.')
    # Zero bytes between streams are padding.
    compressed = self._decompressor.unused_data.lstrip(b'\0')
    while not compressed and (chunk := self._file.read(_CHUNK_BYTES)):
      compressed = chunk.lstrip(b'\0')
    if compressed:
      self._decompressor = self._new_decompressor()
    return compressed


def _zstandard(name: str) -> Callable[[], Any]:
  try:
    import zstandard
  except ImportError as error:
    raise UserError(
        f'{name} is compressed by Zstandard, which requires `pip install zstandard`.'
    ) from error
  decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
  return decompressor.decompressobj


# First bytes -> a function from the file's name to a decompressor's constructor.
_COMPRESSIONS: tuple[tuple[bytes, Callable[[str], Callable[[], Any]]], ...] = (
    (rb'\x1f\x8b', lambda _: lambda: zlib.decompressobj(wbits=31)),
    (rb'BZh[1-9](1AY&SY|\x17rE8P)', lambda _: bz2.BZ2Decompressor),
    (rb'\xfd7zXZ\0', lambda _: lzma.LZMADecompressor),
    (rb'[\x50-\x5f]\x2a\x4d\x18|\x28\xb5\x2f\xfd', _zstandard),
)
