"""Reads rows of texts, and labels, from the files that people have."""

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import columns, delimited, json_rows, parquet, source
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.values import (
    BYTES_BEGIN,
    MalformedError,
    as_text,
    decoded_repr,
)

_FORMAT_OF_ENDING = {
    '.csv': 'csv', '.tsv': 'tsv', '.tab': 'tsv', '.jsonl': 'jsonl', '.ndjson': 'jsonl',
    '.json': 'json', '.js': 'json', '.parquet': 'parquet',
}  # fmt: skip
_DELIMITERS = {'csv': ',', 'tsv': '\t'}
_FASTTEXT_LABEL = re.compile(r'__label__(\S+)\s*')


# What rows without further columns share.
_NOTHING: dict[str, Any] = {}


class Record(NamedTuple):
  """One row.

  Attributes:
    row: its number, counted from 1 over all files, rows that were left out included.
    name: of its file.
    line: the number of its first line in its file; of a JSON array, its position.
    values: of the columns asked for; `None` where a JSON file has null or nothing.
    kept: the further columns, by name, as the file has them.
  """

  row: int
  name: str
  line: int
  values: tuple[str | None, ...]
  kept: dict[str, Any]


class RowCounts(NamedTuple):
  """What a `TableReader` has counted, or several of them have."""

  n_rows: int = 0
  n_skipped: int = 0
  n_damaged: int = 0
  n_decoded: int = 0

  def plus(self, other: 'RowCounts | TableReader') -> 'RowCounts':
    return RowCounts(*(getattr(self, n) + getattr(other, n) for n in self._fields))


class TableReader:
  """Reads the rows of files, one at a time.

  Args:
    paths: of the files, or `'-'` for standard input.
    columns: the columns to read, the texts' first: by name, by number (counted from
      1) or, in JSON, by path (`data.text`).
    options: how to read them.
    keep: names of further columns; `None` for all there are.
    part: of the only file; only its lines, or row groups, are read. The format has to
      be among the options.

  Attributes:
    n_rows: how many rows were read so far, those that were left out included.
    n_skipped: how many were left out.
    n_damaged: how many lines were not whole in their encoding.
    n_decoded: how many texts were Python's `b'…'`, which are decoded.
    n_bytes: the size of the files; `None` where it isn't known.
    n_bytes_read: how much of it was read so far.

  Raises, while it is iterated over:
    UserError: if a file can't be read, or is of a kind that isn't read; if it lacks a
      column; if a row is malformed and not skipped. File and line are named.
  """

  def __init__(
      self,
      paths: Sequence[str],
      columns: tuple[str, ...] = ('text',),
      options: ReadingOptions = ReadingOptions(),  # noqa: B008  It is frozen.
      keep: tuple[str, ...] | None = (),
      part: source.Part | None = None,
  ):
    self.n_rows = self.n_skipped = self.n_damaged = self.n_decoded = 0
    self._paths = paths
    self._columns = columns
    self._options = options
    self._keep = keep
    self._part = part
    self._bytes_before = 0
    self._source: source.Source | None = None

  def __iter__(self) -> Iterator[Record]:
    for path in self._paths:
      self._source = opened = source.Source(path, self._part_of_lines)
      try:
        yield from self._records(opened)
      finally:
        self._bytes_before += opened.position()
        opened.close()
        self._source = None

  @property
  def _part_of_lines(self) -> source.Part | None:
    return None if self._options.input_format == 'parquet' else self._part

  @property
  def n_bytes(self) -> int | None:
    if source.STDIN in self._paths:
      return None
    return sum(map(os.path.getsize, self._paths))

  @property
  def n_bytes_read(self) -> int:
    return self._bytes_before + (self._source.position() if self._source else 0)

  def malformed(self, record: Record, problem: str) -> None:
    """Counts a record as left out after all, or raises the `UserError` about it."""
    self._leave_out(record.name, record.line, problem)

  def _leave_out(self, name: str, line: int, problem: str) -> None:
    if self._options.on_malformed == 'refuse':
      raise UserError(f'{name}, line {line}: {problem}.')
    self.n_skipped += 1

  def _count_malformed(self, line: int, problem: str) -> None:
    assert self._source is not None
    self._leave_out(self._source.name, line, problem)
    self.n_rows += 1

  def _records(self, opened: source.Source) -> Iterator[Record]:
    match format_of(opened, self._columns, self._options):
      case 'parquet':
        rows = parquet.rows(opened, self._columns, self._keep, self._part)
        yield from self._of_objects(opened, rows)
      case 'jsonl' | 'json':
        lines = self._lines(opened)
        rows = json_rows.objects(lines, self._count_malformed)
        yield from self._of_objects(opened, rows)
      case 'csv' | 'tsv' as format_:
        yield from self._of_table(opened, format_)
      case 'fasttext':
        yield from self._of_fasttext(opened)
      case _:
        yield from self._of_lines(opened)

  def _lines(self, opened: source.Source) -> Iterator[str]:
    for line, is_whole in opened.lines(self._options.encoding):
      if not is_whole:
        self.n_damaged += 1
      yield line

  def _record(
      self, line: int, values: Sequence[Any], kept: dict[str, Any] | None = None
  ) -> Record | None:
    """Returns a row's record, or `None` if its values are none of a table."""
    try:
      texts = tuple(map(as_text, values, self._columns))
    except MalformedError as problem:
      self._count_malformed(line, str(problem))
      return None
    if texts[0] and texts[0].startswith(BYTES_BEGIN):
      texts = (self._decoded_text(texts[0]), *texts[1:])
    self.n_rows += 1
    assert self._source is not None
    return Record(self.n_rows, self._source.name, line, texts, kept or _NOTHING)

  def _decoded_text(self, text: str) -> str:
    """Returns a text, decoded if Python wrote it as `b'…'`."""
    decoded = decoded_repr(text)
    if decoded is None:
      return text
    self.n_decoded += 1
    return decoded

  def _of_lines(self, opened: source.Source) -> Iterator[Record]:
    names = [column for column in self._columns[:1] if column != 'text']
    if names or len(self._columns) > 1 or self._keep:
      wanted = ', '.join(map(repr, [*self._columns, *(self._keep or ())]))
      raise UserError(
          f'{opened.name} is read as a text a line, without columns such as {wanted}; '
          f'if it is a table, say so by {self._options.setting}input_format.'
      )
    for number, line in enumerate(self._lines(opened), start=1):
      text = line.rstrip('\r\n')
      if text.startswith(BYTES_BEGIN):
        text = self._decoded_text(text)
      self.n_rows += 1
      yield Record(self.n_rows, opened.name, number, (text,), _NOTHING)

  def _of_fasttext(self, opened: source.Source) -> Iterator[Record]:
    """Yields texts behind their labels, `__label__x`, as fastText takes them."""
    for number, line in enumerate(self._lines(opened), start=1):
      labels, end = [], 0
      while match := _FASTTEXT_LABEL.match(line, end):
        labels.append(match[1])
        end = match.end()
      if len(labels) != 1:
        self._count_malformed(number, f'{len(labels)} labels of fastText, not one')
        continue
      values = (line[end:].rstrip('\r\n'), *labels)[: len(self._columns)]
      if record := self._record(number, values):
        yield record

  def _of_objects(
      self, opened: source.Source, rows: Iterator[tuple[int, dict[str, Any]]]
  ) -> Iterator[Record]:
    is_first = True
    for number, fields in rows:
      for column in (*self._columns, *(self._keep or ())) if is_first else ():
        if not json_rows.value_at(fields, column)[0]:
          where = f'{opened.name}, line {number}'
          raise columns.no_column(column, list(fields), where)
      is_first = False
      values = [json_rows.value_at(fields, column)[1] for column in self._columns]
      kept = fields if self._keep is None else {
          column: json_rows.value_at(fields, column)[1] for column in self._keep
      }  # fmt: skip
      if record := self._record(number, values, kept):
        yield record

  def _of_table(self, opened: source.Source, format_: str) -> Iterator[Record]:
    options = self._options
    lines = self._lines(opened)
    n_before, first = 0, next(lines, '')
    delimiter = options.delimiter
    if match := re.fullmatch(r'"?sep=(.)"?\r?\n?', first, re.IGNORECASE):
      # Excel's own way to say it.
      delimiter = delimiter or match[1]
      n_before, first = 1, next(lines, '')
    usual = _DELIMITERS[format_]
    if not delimiter and options.header:
      certain = columns.certain_delimiters(first, self._columns)
      delimiter = certain[0] if len(certain) == 1 else usual
    quoting = options.quoting or ('double' if format_ == 'csv' else 'none')
    if first.startswith('label\tsentiment\tlog_p_') and not options.quoting:
      quoting = 'backslash'  # What predict writes.

    def malformed(number: int, problem: str) -> None:
      if options.header and number == 1:
        raise UserError(f'{opened.name}, line {n_before + 1}: {problem}.')
      self._count_malformed(n_before + number, problem)

    rows = delimited.rows(
        itertools.chain([first], lines), delimiter or usual, quoting, malformed
    )
    number, names = next(rows, (1, []))
    if not options.header:
      rows = itertools.chain([(number, names)] if names else [], rows)
      names = [str(i + 1) for i in range(len(names))]
    names = [name.strip() for name in names]
    n_columns = len(names)
    wanted = self._columns
    if not options.header and n_columns == len(wanted) == 1:
      wanted = ('1',)
    where = f'{opened.name}, line {n_before + number}'

    def index_of(column: str) -> int:
      return columns.index_of(column, names, first, where, options)

    indices = [index_of(column) for column in wanted]
    keep = names if self._keep is None else self._keep
    kept = {column: index_of(column) for column in keep}
    for number, fields in rows:
      if len(fields) == n_columns:
        values = [fields[i] for i in indices]
        further = {column: fields[i] for column, i in kept.items()} if kept else None
        if record := self._record(n_before + number, values, further):
          yield record
      elif fields != ['']:  # An empty line is no row of several columns.
        first_row = 'header' if options.header else 'first row'
        problem = f'{len(fields)} columns, but the {first_row} has {n_columns}'
        malformed(number, problem)


def format_of(
    opened: source.Source, wanted: tuple[str, ...], options: ReadingOptions
) -> str:
  """Returns what a file is: the format given, or what name and first bytes tell."""
  if options.input_format:
    return options.input_format
  if opened.head.startswith(b'PAR1'):
    return 'parquet'
  if opened.ending in _FORMAT_OF_ENDING:
    return _FORMAT_OF_ENDING[opened.ending]
  head = opened.head.decode(opened.encoding or 'utf-8', errors='replace')
  return _sniffed_format(head, wanted)


def _sniffed_format(head: str, wanted: tuple[str, ...]) -> str:
  if json_rows.is_json(head):
    return 'jsonl'
  if head.startswith('__label__'):
    return 'fasttext'
  first = head.splitlines()[0] if head else ''
  delimiters = columns.certain_delimiters(first, wanted)
  if not delimiters:
    return 'lines'
  return 'tsv' if delimiters[0] == '\t' else 'csv'
