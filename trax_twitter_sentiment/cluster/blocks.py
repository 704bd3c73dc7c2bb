"""Splits files into blocks, which can be read independently."""

import dataclasses
from collections.abc import Sequence
from concurrent import futures

from trax_twitter_sentiment.files import absolute
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables.file_formats import FORMATS, FileFormat, format_of
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader

# The size of a block. A worker reads it in a few seconds, and it fits in memory.
_BLOCK_BYTES = 2**24

# The number of files opened at a time, since object storage answers late.
_N_THREADS = 32


@dataclasses.dataclass(frozen=True)
class Block:
  """A file, or a part of one. It can be pickled."""

  path: str  # The same on all machines, or a URL.
  format_name: str
  part: Part | None  # None for the complete file.
  state: tuple[object, ...]  # It differs after a change of the file.

  @property
  def format(self) -> FileFormat:
    return FORMATS[self.format_name]

  def reader(
      self,
      columns: tuple[str, ...],
      options: ReadingOptions,
      keep: tuple[str, ...] | None = (),
  ) -> TableReader:
    """Returns a `TableReader` of the block."""
    options = dataclasses.replace(options, input_format=self.format_name)
    return TableReader([self.path], columns, options, keep, self.part)


def cut(
    paths: Sequence[str], columns: tuple[str, ...], options: ReadingOptions
) -> list[Block]:
  """Returns the blocks of files, which are cut where their formats allow it.

  Raises:
    UserError: if a file can't be opened, or is of a kind that contains no text.
  """

  def blocks(path: str) -> list[Block]:
    with InputFile(path) as file:
      format_ = format_of(file, columns, options)
      parts = format_.parts(file, options, _BLOCK_BYTES)
    state = input_files.state(path)
    return [Block(path, format_.name, part, state) for part in parts or (None,)]

  with futures.ThreadPoolExecutor(_N_THREADS) as threads:
    return [b for of_file in threads.map(blocks, map(absolute, paths)) for b in of_file]
