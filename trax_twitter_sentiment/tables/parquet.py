"""Reads rows of Parquet files by PyArrow, an optional dependency."""

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trax_twitter_sentiment.errors import UserError, did_you_mean
from trax_twitter_sentiment.tables.columns import name_of, no_column
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.json_rows import rows_of_objects
from trax_twitter_sentiment.tables.rows import Query, Rows
from trax_twitter_sentiment.tables.tweets import TEXT_FIELDS

if TYPE_CHECKING:
  import pyarrow as pa
  import pyarrow.parquet as pq

  from trax_twitter_sentiment.tables.options import ReadingOptions

# The number of rows in memory at a time.
_BATCH_SIZE = 1024

# Without a buffer, PyArrow would read a large row group into memory at once.
_BUFFER_BYTES = 2**20


def rows(file: InputFile, query: Query) -> Rows:
  """Yields the rows of a file, or of its part.

  Raises:
    UserError: if a column is missing, the file is damaged, or PyArrow isn't installed.
  """
  names = None
  with _opened(file) as opened:
    schema = opened.schema_arrow
    if query.keep is not None:
      paths = {name_of(column) for column in (*query.columns, *query.keep)}
      names = paths | {path.split('.')[0] for path in paths}
      names |= TEXT_FIELDS if 'text' in paths else set()
      _check_columns(file, paths, schema.names)
    classes = [_class_names(schema, column) for column in query.columns]
    objects = (
        row for batch in _batches(opened, file.part, names) for row in batch.to_pylist()
    )
    for number, values, kept in rows_of_objects(file, query, enumerate(objects, 1)):
      named = (
          value if names is None else _class_name(value, names)
          for value, names in zip(values, classes, strict=True)
      )
      yield number, [*named], kept


def _check_columns(file: InputFile, paths: set[str], names: list[str]) -> None:
  """Raises `UserError` for a column that is not in the schema."""
  for path in sorted(paths):
    is_tweet = path == 'text' and TEXT_FIELDS.intersection(names)
    if path not in names and path.split('.')[0] not in names and not is_tweet:
      raise no_column(path, names, file.name, did_you_mean(path, names))


def _class_names(schema: 'pa.Schema', column: str) -> list[str] | None:
  """Returns the class names that Hugging Face records for a column, or `None`."""
  try:
    metadata = json.loads((schema.metadata or {})[b'huggingface'])
    feature = metadata['info']['features'][name_of(column)]
    return feature['names'] if feature['_type'] == 'ClassLabel' else None
  except (KeyError, TypeError, ValueError):
    return None


def _class_name(value: Any, names: list[str]) -> Any:
  """Returns the name of a class; `None` for -1, which stands for a missing label."""
  if isinstance(value, int) and -1 <= value < len(names):
    return None if value < 0 else names[value]
  return value


def batches(file: InputFile) -> Iterator['pa.RecordBatch']:
  """Yields the rows of a file, or of its part, in batches."""
  with _opened(file) as opened:
    yield from _batches(opened, file.part)


def _batches(
    opened: 'pq.ParquetFile', part: Part | None, names: set[str] | None = None
) -> Iterator['pa.RecordBatch']:
  """Yields the named columns, by default all, of the row groups that begin in a part.

  `names` may include unknown names.
  """
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
  """Returns the columns and types of a file."""
  with _opened(file) as opened:
    return opened.schema_arrow


def parts(
    file: InputFile, options: 'ReadingOptions', n_bytes: int
) -> list[Part] | None:
  """Returns parts of at least `n_bytes`, of which the last one may be smaller."""
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
  """Returns the position of the first byte of each row group."""
  starts = []
  for i in range(opened.num_row_groups):
    column = opened.metadata.row_group(i).column(0)
    dictionary = column.dictionary_page_offset
    starts.append(column.data_page_offset if dictionary is None else dictionary)
  return starts


@contextlib.contextmanager
def _opened(file: InputFile) -> Iterator['pq.ParquetFile']:
  """Opens a file by PyArrow.

  Raises:
    UserError: if the file is damaged, or PyArrow isn't installed.
  """
  try:
    import pyarrow as pa
    import pyarrow.parquet as pq
  except ImportError as error:
    raise UserError(
        f'{file.name} is Parquet, which requires `pip install pyarrow`.'
    ) from error
  try:
    yield pq.ParquetFile(file.seekable(), buffer_size=_BUFFER_BYTES)
  except pa.ArrowException as error:
    reason = ' '.join(str(error).split())
    raise UserError(f'{file.name} is damaged: {reason}.') from error
