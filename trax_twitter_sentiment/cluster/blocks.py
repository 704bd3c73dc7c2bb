"""Splits files into blocks, which can be read independently."""

import dataclasses
import hashlib
import os
from collections.abc import Sequence

from trax_twitter_sentiment.tables.file_formats import FORMATS, FileFormat, format_of
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader

# The size of a block. A worker reads it in a few seconds, and it fits in memory.
_BLOCK_BYTES = 2**24


@dataclasses.dataclass(frozen=True)
class Block:
  """A file, or a part of one.

  Attributes:
    path: the path of the file, the same on all machines.
    format_name: the name of the file's format.
    part: the part of the file; `None` for all of it.
    size: the size of the file, in bytes.
    changed: the time of the file's last change, in nanoseconds since 1970.
  """

  path: str
  format_name: str
  part: Part | None
  size: int
  changed: int

  @property
  def format(self) -> FileFormat:
    """The format of the file."""
    return FORMATS[self.format_name]

  def reader(
      self,
      columns: tuple[str, ...],
      options: ReadingOptions,
      keep: tuple[str, ...] | None = (),
  ) -> TableReader:
    """Returns a `TableReader` of the block, with the same arguments."""
    options = dataclasses.replace(options, input_format=self.format_name)
    return TableReader([self.path], columns, options, keep, self.part)


def cut(
    paths: Sequence[str], columns: tuple[str, ...], options: ReadingOptions
) -> list[Block]:
  """Returns the blocks of files, which are cut where their formats allow it.

  Raises:
    UserError: if a file can't be opened, or is of a kind that contains no text.
  """
  blocks = []
  for path in map(os.path.abspath, paths):
    with InputFile(path) as file:
      format_ = format_of(file, columns, options)
      parts = format_.parts(file, options, _BLOCK_BYTES)
    status = os.stat(path)
    facts = status.st_size, status.st_mtime_ns
    blocks += [Block(path, format_.name, part, *facts) for part in parts or (None,)]
  return blocks


def digest(blocks: Sequence[Block]) -> str:
  """Returns a checksum of blocks, which differs if a file has changed."""
  return hashlib.sha256(os.fsencode(repr(blocks))).hexdigest()
