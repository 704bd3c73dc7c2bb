"""The registry of the formats of input files."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trax_twitter_sentiment.tables import (
    columns,
    delimited,
    folders,
    json_rows,
    parquet,
    plain_text,
    tweet_archive,
)
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.rows import Query, Rows

if TYPE_CHECKING:
  from trax_twitter_sentiment.tables.options import ReadingOptions


@dataclasses.dataclass(frozen=True)
class FileFormat:
  """A format of input files.

  Attributes:
    name: the value of the setting `input_format`.
    rows: yields the rows of a file, or of its part.
    endings: the extensions of its files.
    first_bytes: the first bytes of its files; `b''` for text.
    matches: returns whether a file without a known extension has this format, by the
      file's first characters and the columns to read.
    parts: splits a file into parts of at least a number of bytes, which can be read
      independently; returns `None` if the file is the only part.
    batches: yields the rows as Arrow record batches; `None` for a format without
      column types.
    schema: returns the Arrow schema; `None` for a format without column types.
    has_header: whether all rows have the columns of the first row.
  """

  name: str
  rows: Callable[[InputFile, Query], Rows]
  endings: tuple[str, ...] = ()
  first_bytes: bytes = b''
  matches: Callable[[str, tuple[str, ...]], bool] = lambda *_: False
  parts: Callable[[InputFile, 'ReadingOptions', int], list[Part] | None] = (
      lambda *_: None
  )
  batches: Callable[[InputFile], Any] | None = None
  schema: Callable[[InputFile], Any] | None = None
  has_header: bool = True


def _delimiter(head: str, names: tuple[str, ...]) -> str:
  """Returns the delimiter of a header with the columns to read; '' for another text."""
  first = head.splitlines()[0] if head else ''
  return next(iter(columns.certain_delimiters(first, names)), '')


_ALL = (
    FileFormat(
        'csv',
        delimited.csv_rows,
        endings=('.csv',),
        matches=lambda head, names: _delimiter(head, names) not in ('', '\t'),
    ),
    FileFormat(
        'tsv',
        delimited.tsv_rows,
        endings=('.tsv', '.tab'),
        matches=lambda head, names: _delimiter(head, names) == '\t',
    ),
    FileFormat(
        'jsonl',
        json_rows.rows,
        endings=('.jsonl', '.ndjson'),
        matches=lambda head, _: json_rows.is_json(head),
        parts=json_rows.parts,
        has_header=False,
    ),
    FileFormat('json', json_rows.rows, endings=('.json', '.js'), has_header=False),
    FileFormat(
        'parquet',
        parquet.rows,
        endings=('.parquet',),
        first_bytes=b'PAR1',
        parts=parquet.parts,
        batches=parquet.batches,
        schema=parquet.schema,
    ),
    FileFormat(
        'x_archive',
        tweet_archive.rows,
        endings=('.zip',),
        first_bytes=b'PK\x03\x04',
        has_header=False,
    ),
    FileFormat('folder', folders.rows),
    FileFormat(
        'fasttext',
        plain_text.fasttext_rows,
        matches=lambda head, _: head.startswith('__label__'),
        parts=plain_text.parts_at_line_ends,
    ),
    FileFormat(
        'lines',
        plain_text.text_rows,
        matches=lambda *_: True,
        parts=plain_text.parts_at_line_ends,
    ),
)
FORMATS = {format_.name: format_ for format_ in _ALL}


def format_of(
    file: InputFile, names: tuple[str, ...], options: 'ReadingOptions'
) -> FileFormat:
  """Returns the format of a file: that of the options, or else a recognized one.

  A header with the columns `names` is recognized as CSV or TSV.

  Raises:
    UserError: if the format is one of text, but the file is binary.
  """
  if file.is_folder:
    return FORMATS['folder']
  by_bytes = [f for f in _ALL if f.first_bytes and file.head.startswith(f.first_bytes)]
  if options.input_format:
    format_ = FORMATS[options.input_format]
  else:
    head = file.head.decode(file.encoding or 'utf-8', errors='replace')
    by_ending = [f for f in _ALL if file.ending in f.endings]
    by_text = (f for f in _ALL if f.matches(head, names))
    format_ = next(itertools.chain(by_bytes, by_ending, by_text))
  if format_ not in by_bytes:
    file.check_is_text()
  return format_
