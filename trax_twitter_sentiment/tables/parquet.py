"""Rows of Parquet files, by PyArrow, which is an extra."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.source import Part, Source

if TYPE_CHECKING:
  import pyarrow as pa
  import pyarrow.parquet as pq

# Rows that are in memory at a time.
_BATCH_SIZE = 1024

_BUFFER_BYTES = 2**20


def rows(
    opened: Source,
    columns: tuple[str, ...],
    keep: tuple[str, ...] | None,
    part: Part | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
  """Yields rows, each with its number, of the columns asked for, at least."""
  wanted = None
  if keep is not None:
    wanted = {name.split('.')[0] for name in (*columns, *keep)} | {'full_text'}
  number = 0
  for batch in batches(opened, wanted, part):
    for fields in batch.to_pylist():
      number += 1
      yield number, fields


def batches(
    opened: Source, wanted: set[str] | None = None, part: Part | None = None
) -> Iterator['pa.RecordBatch']:
  """Yields a file's rows in batches.

  Args:
    opened: the file.
    wanted: the columns to read, where there are any of them; `None` for all.
    part: where row groups begin, in bytes, that are read; `None` for all.

  Raises:
    UserError: if the file is damaged, or PyArrow isn't installed.
  """
  with _file(opened) as file:
    names = [name for name in file.schema_arrow.names if wanted and name in wanted]
    groups = [
        i
        for i, start in enumerate(_starts(file))
        if part is None or part[0] <= start < part[1]
    ]
    yield from file.iter_batches(
        batch_size=_BATCH_SIZE, columns=names or None, row_groups=groups
    )


def schema(opened: Source) -> 'pa.Schema':
  """Returns the columns of a file; raises as `batches` does."""
  with _file(opened) as file:
    return file.schema_arrow


def cut(opened: Source, n_bytes: int) -> list[Part]:
  """Returns parts of at least so many bytes, but for the last; raises as `batches`."""
  with _file(opened) as file:
    starts = _starts(file)
  parts: list[Part] = []
  begin = 0
  for start in starts[1:]:
    if start - begin >= n_bytes:
      parts.append((begin, start))
      begin = start
  assert opened.size is not None
  return [*parts, (begin, opened.size)]


def _starts(file: 'pq.ParquetFile') -> list[int]:
  """Returns where each row group begins, in bytes."""
  starts = []
  for i in range(file.num_row_groups):
    column = file.metadata.row_group(i).column(0)
    dictionary = column.dictionary_page_offset
    starts.append(column.data_page_offset if dictionary is None else dictionary)
  return starts


@contextlib.contextmanager
def _file(opened: Source) -> Iterator['pq.ParquetFile']:
  """Yields the file, opened; has what PyArrow can't read be a `UserError`."""
  try:
    import pyarrow as pa
    import pyarrow.parquet as pq
  except ImportError as error:
    raise UserError(
        f'{opened.name} is Parquet, which takes '
        "`pip install 'trax-twitter-sentiment[files]'`."
    ) from error
  try:
    content = opened.file if opened.size is not None else pa.BufferReader(opened.read())
    # Buffered, so that a large row group isn't in memory whole.
    yield pq.ParquetFile(content, buffer_size=_BUFFER_BYTES)
  except pa.ArrowException as error:
    reason = ' '.join(str(error).split())
    raise UserError(f'{opened.name} is damaged: {reason}.') from error
