"""Files cut into blocks, which are read apart from each other."""

import dataclasses
import hashlib
import os
from collections.abc import Iterator, Sequence

from trax_twitter_sentiment.tables import json_rows, parquet, source
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.tables import TableReader, format_of

# What a worker reads in some seconds, and can have in its memory.
_BLOCK_BYTES = 2**24


@dataclasses.dataclass(frozen=True)
class Block:
  """A file, or a part of one.

  Attributes:
    path: of the file, which all machines see under this name.
    format: of the file.
    part: of it; `None` for all of it.
    size: of the file, in bytes.
    changed: when it was changed, in nanoseconds since 1970.
  """

  path: str
  format: str
  part: source.Part | None
  size: int
  changed: int

  def reader(
      self,
      columns: tuple[str, ...],
      options: ReadingOptions,
      keep: tuple[str, ...] | None = (),
  ) -> TableReader:
    """Returns what reads its rows."""
    options = dataclasses.replace(options, input_format=self.format)
    return TableReader([self.path], columns, options, keep, self.part)


def cut(
    paths: Sequence[str], columns: tuple[str, ...], options: ReadingOptions
) -> list[Block]:
  """Returns the blocks of files.

  Parquet is cut between row groups; JSON Lines, fastText and texts a line in UTF-8 at
  line ends, wherever these are found when a block is read. CSV and TSV, whose rows may
  go over lines, JSON arrays, and what is compressed, are a block each.

  Raises:
    UserError: if a file can't be opened, or is of a kind that holds no text.
  """
  blocks = []
  for path in map(os.path.abspath, paths):
    opened = source.Source(path)
    try:
      format_ = format_of(opened, columns, options)
      status = os.stat(path)
      for part in _parts(opened, format_, options):
        blocks.append(Block(path, format_, part, status.st_size, status.st_mtime_ns))
    finally:
      opened.close()
  return blocks


def digest(blocks: Sequence[Block]) -> str:
  """Returns what tells apart the blocks of other files, or of changed ones."""
  found = hashlib.sha256()
  for block in blocks:
    found.update(repr(block).encode('utf-8', 'surrogateescape'))
  return found.hexdigest()


def _parts(
    opened: source.Source, format_: str, options: ReadingOptions
) -> Iterator[source.Part | None]:
  assert opened.size is not None
  if format_ == 'parquet':
    yield from parquet.cut(opened, _BLOCK_BYTES)
  elif opened.size > _BLOCK_BYTES and _has_rows_in_lines(opened, format_, options):
    for start in range(0, opened.size, _BLOCK_BYTES):
      yield start, min(start + _BLOCK_BYTES, opened.size)
  else:
    yield None


def _has_rows_in_lines(
    opened: source.Source, format_: str, options: ReadingOptions
) -> bool:
  encoding = options.encoding or opened.encoding or 'utf-8'
  if opened.is_compressed or encoding not in ('utf-8', 'utf-8-sig'):
    return False
  if b'\r' in opened.head and b'\n' not in opened.head:  # As on old Macs.
    return False
  if format_ == 'jsonl':
    return not json_rows.is_whole(opened.head.decode('utf-8', 'replace'))
  return format_ in ('lines', 'fasttext')
