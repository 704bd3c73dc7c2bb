"""Reads rows of texts, and of labels, from input files of any format."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.file_formats import format_of
from trax_twitter_sentiment.tables.input_files import STDIN, InputFile, Part, size
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.rows import Query
from trax_twitter_sentiment.tables.values import (
    BYTES_BEGIN,
    MalformedError,
    as_text,
    decoded_repr,
)


class Record(NamedTuple):
  """One row.

  Attributes:
    row: its number, counted from 1 over all files, skipped rows included.
    name: the name of its file.
    line: the number of its first line in its file; in a JSON array, its position.
    values: the values of the columns to read; `None` for a null or a missing field of
      JSON.
    kept: the columns to keep, by name, with unchanged values.
  """

  row: int
  name: str
  line: int
  values: tuple[str | None, ...]
  kept: dict[str, Any]


class RowCounts(NamedTuple):
  """The counts of a `TableReader`, or their sums over several readers."""

  n_rows: int = 0
  n_skipped: int = 0
  n_damaged: int = 0
  n_decoded: int = 0
  n_quoted: int = 0

  def plus(self, other: 'RowCounts | TableReader') -> 'RowCounts':
    """Returns the sums of the counts of both."""
    return RowCounts(*(getattr(self, n) + getattr(other, n) for n in self._fields))


class TableReader:
  """Reads the rows of files, one at a time.

  Args:
    paths: the paths of the files, or `'-'` for standard input.
    columns: the columns to read, the texts' first: by name, by number (counted from
      1) or, in JSON, by path (`data.text`).
    options: the settings for reading.
    keep: the names of columns to keep; `None` for all.
    part: the part of the only file to read; `None` for the entire file. A part requires
      `options.input_format`.

  Attributes:
    n_rows: the number of rows read so far, skipped rows included.
    n_skipped: the number of skipped rows.
    n_damaged: the number of lines with bytes that are not valid.
    n_decoded: the number of texts that were a bytes literal (`b'…'`), and were decoded.
    n_quoted: the number of texts in TSV whose quotes were read as text.
    n_bytes: the size of the files; `None` if it is unknown, as for standard input.
    n_bytes_read: the number of these bytes read so far.

  Raises, during iteration:
    UserError: if a file can't be read, is binary, or lacks a column; or if a row is
      malformed and not skipped. The error names file and line.
  """

  def __init__(
      self,
      paths: Sequence[str],
      columns: tuple[str, ...] = ('text',),
      options: ReadingOptions = ReadingOptions(),  # noqa: B008  It is frozen.
      keep: tuple[str, ...] | None = (),
      part: Part | None = None,
  ):
    self.n_rows = self.n_skipped = self.n_decoded = 0
    self._paths = paths
    self._query = Query(columns, keep, options, self._count_malformed)
    self._part = part
    self._bytes_before = self._damaged_before = self._quoted_before = 0
    self._file: InputFile | None = None

  def __iter__(self) -> Iterator[Record]:
    for path in self._paths:
      with InputFile(path, self._part) as file:
        self._file = file
        try:
          yield from self._records(file)
        finally:
          self._bytes_before += file.position()
          self._damaged_before += file.n_damaged
          self._quoted_before += file.n_quoted
          self._file = None

  @property
  def n_damaged(self) -> int:
    return self._damaged_before + (self._file.n_damaged if self._file else 0)

  @property
  def n_quoted(self) -> int:
    return self._quoted_before + (self._file.n_quoted if self._file else 0)

  @property
  def n_bytes(self) -> int | None:
    if STDIN in self._paths:
      return None
    sizes = [*map(size, self._paths)]
    return None if None in sizes else sum(filter(None, sizes))

  @property
  def n_bytes_read(self) -> int:
    return self._bytes_before + (self._file.position() if self._file else 0)

  def malformed(self, record: Record, problem: str) -> None:
    """Skips and counts a row that was already yielded, or raises `UserError`."""
    self._skip(record.name, record.line, problem)

  def _skip(self, name: str, line: int, problem: str) -> None:
    if self._query.options.on_malformed == 'refuse':
      raise UserError(f'{name}, line {line}: {problem}.')
    self.n_skipped += 1

  def _count_malformed(self, line: int, problem: str) -> None:
    assert self._file is not None
    self._skip(self._file.name, line, problem)
    self.n_rows += 1

  def _records(self, file: InputFile) -> Iterator[Record]:
    columns = self._query.columns
    format_ = format_of(file, columns, self._query.options)
    for line, values, kept in format_.rows(file, self._query):
      try:
        texts = tuple(map(as_text, values, columns))
      except MalformedError as error:
        problem = str(error)
        if any(isinstance(value, list) for value in values[1:]):
          problem += '; a text must have one label'
        self._count_malformed(line, problem)
        continue
      if texts[0] and texts[0].startswith(BYTES_BEGIN):
        texts = (self._decoded_text(texts[0]), *texts[1:])
      self.n_rows += 1
      yield Record(self.n_rows, file.name, line, texts, kept)

  def _decoded_text(self, text: str) -> str:
    """Returns a text, decoded if it is a bytes literal."""
    decoded = decoded_repr(text)
    if decoded is None:
      return text
    self.n_decoded += 1
    return decoded
