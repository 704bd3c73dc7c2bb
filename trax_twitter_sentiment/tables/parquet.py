"""Rows of Parquet files, read by PyArrow, which is an extra."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.json_rows import rows_of_objects
from trax_twitter_sentiment.tables.rows import Query, Rows

if TYPE_CHECKING:
  import pyarrow as pa
  import pyarrow.parquet as pq

  from trax_twitter_sentiment.tables.options import ReadingOptions

# Rows in memory at a time.
_BATCH_SIZE = 1024

_BUFFER_BYTES = 2**20


def rows(file: InputFile, query: Query) -> Rows:
  """Yields the rows of a file, or of its part; raises as `batches` does."""
  names = None
  if query.keep is not None:
    paths = (*query.columns, *query.keep)
    names = {path.split('.')[0] for path in paths} | {'full_text'}
  yield from rows_of_objects(file, query, _objects(file, names))


def _objects(
    file: InputFile, names: set[str] | None
) -> Iterator[tuple[int, dict[str, Any]]]:
  number = 0
  for batch in batches(file, names):
    for fields in batch.to_pylist():
      number += 1
      yield number, fields


def batches(
    file: InputFile, names: set[str] | None = None
) -> Iterator['pa.RecordBatch']:
  """Yields the rows of a file, or of its part, in batches.

  Args:
    file: the file. Its part consists of the row groups that begin in it.
    names: the columns to read, of those that the file has; `None` for all.

  Raises:
    UserError: if the file is damaged, or PyArrow isn't installed.
  """
  part = file.part
  with _opened(file) as opened:
    columns = [name for name in opened.schema_arrow.names if names and name in names]
    groups = [
        i
        for i, start in enumerate(_starts(opened))
        if part is None or part[0] <= start < part[1]
    ]
    yield from opened.iter_batches(
        batch_size=_BATCH_SIZE, columns=columns or None, row_groups=groups
    )


def schema(file: InputFile) -> 'pa.Schema':
  """Returns the columns of a file; raises as `batches` does."""
  with _opened(file) as opened:
    return opened.schema_arrow


def parts(
    file: InputFile, options: 'ReadingOptions', n_bytes: int
) -> list[Part] | None:
  """Returns parts of at least so many bytes, the last one smaller.

  Raises as `batches` does.
  """
  del options
  if file.size is None or file.is_compressed:
    return None
  with _opened(file) as opened:
    starts = _starts(opened)
  ends: list[int] = [0]
  for start in starts[1:]:
    if start - ends[-1] >= n_bytes:
      ends.append(start)
  return [*zip(ends, [*ends[1:], file.size])]


def _starts(opened: 'pq.ParquetFile') -> list[int]:
  """Returns where each row group begins, in bytes."""
  starts = []
  for i in range(opened.num_row_groups):
    column = opened.metadata.row_group(i).column(0)
    dictionary = column.dictionary_page_offset
    starts.append(column.data_page_offset if dictionary is None else dictionary)
  return starts


@contextlib.contextmanager
def _opened(file: InputFile) -> Iterator['pq.ParquetFile']:
  """Yields the file as PyArrow opens it; raises a `UserError` for PyArrow's errors."""
  try:
    import pyarrow as pa
    import pyarrow.parquet as pq
  except ImportError as error:
    raise UserError(
        f'{file.name} is Parquet, which requires `pip install pyarrow`.'
    ) from error
  try:
    is_seekable = file.size is not None and not file.is_compressed
    content = file.file if is_seekable else pa.BufferReader(file.read())
    # Without a buffer, a large row group would be in memory at once.
    yield pq.ParquetFile(content, buffer_size=_BUFFER_BYTES)
  except pa.ArrowException as error:
    reason = ' '.join(str(error).split())
    raise UserError(f'{file.name} is damaged: {reason}.') from error
