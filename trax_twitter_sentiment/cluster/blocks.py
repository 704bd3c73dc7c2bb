"""Files cut into blocks, which are read apart from each other."""

import dataclasses
import hashlib
import os
from collections.abc import Sequence

from trax_twitter_sentiment.tables.file_formats import FORMATS, FileFormat, format_of
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader

# What a worker reads in some seconds, and can have in its memory.
_BLOCK_BYTES = 2**24


@dataclasses.dataclass(frozen=True)
class Block:
  """A file, or a part of one.

  Attributes:
    path: of the file, which all machines see under this name.
    format_name: the name of the file's format.
    part: of it; `None` for all of it.
    size: of the file, in bytes.
    changed: when it was changed, in nanoseconds since 1970.
  """

  path: str
  format_name: str
  part: Part | None
  size: int
  changed: int

  @property
  def format(self) -> FileFormat:
    return FORMATS[self.format_name]

  def reader(
      self,
      columns: tuple[str, ...],
      options: ReadingOptions,
      keep: tuple[str, ...] | None = (),
  ) -> TableReader:
    """Returns what reads its rows."""
    options = dataclasses.replace(options, input_format=self.format_name)
    return TableReader([self.path], columns, options, keep, self.part)


def cut(
    paths: Sequence[str], columns: tuple[str, ...], options: ReadingOptions
) -> list[Block]:
  """Returns the blocks of files.

  The file's format decides where it can be cut: Parquet between row groups; JSON
  Lines, fastText and texts a line in UTF-8 at line ends. Any other file is one block,
  and so is a compressed file.

  Raises:
    UserError: if a file can't be opened, or is of a kind that contains no text.
  """
  blocks = []
  for path in map(os.path.abspath, paths):
    with InputFile(path) as file:
      format_ = format_of(file, columns, options)
      status = os.stat(path)
      parts = format_.parts(file, options, _BLOCK_BYTES)
    for part in parts or (None,):
      blocks.append(
          Block(path, format_.name, part, status.st_size, status.st_mtime_ns)
      )
  return blocks


def digest(blocks: Sequence[Block]) -> str:
  """Returns what tells apart the blocks of other files, or of changed ones."""
  sha256 = hashlib.sha256()
  for block in blocks:
    sha256.update(repr(block).encode('utf-8', 'surrogateescape'))
  return sha256.hexdigest()
