"""Rows of Parquet files, by PyArrow, which is an extra."""

from collections.abc import Iterator
from typing import Any

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.reading.source import Source


def rows(
    opened: Source, columns: tuple[str, ...], keep: tuple[str, ...] | None
) -> Iterator[tuple[int, dict[str, Any]]]:
  """Yields rows, each with its number, of the columns asked for, at least."""
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
    table = pq.ParquetFile(content)
    wanted = None
    if keep is not None:
      tops = {name.split('.')[0] for name in (*columns, *keep)} | {'full_text'}
      wanted = [name for name in table.schema_arrow.names if name in tops] or None
    number = 0
    for batch in table.iter_batches(batch_size=1024, columns=wanted):
      for fields in batch.to_pylist():
        number += 1
        yield number, fields
  except pa.ArrowException as error:
    reason = ' '.join(str(error).split())
    raise UserError(f'{opened.name} is damaged: {reason}.') from error
