"""What is done with a block of texts: it becomes a Parquet file with predictions."""

import contextlib
import itertools
import os
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trax_twitter_sentiment.cluster.batch_predictor import (
    BatchPredictor,
    add_columns,
)
from trax_twitter_sentiment.cluster.blocks import Block
from trax_twitter_sentiment.prediction.formats import cell
from trax_twitter_sentiment.tables.input_files import InputFile
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import Record, RowCounts

# How the name of a file begins that is not whole yet; readers leave out such names.
TEMPORARY = '._'

# Rows that are predicted and written together.
_BATCH_SIZE = 4096


def score_block(
    predictor: BatchPredictor,
    block: Block,
    path: str,
    column: str,
    options: ReadingOptions,
) -> RowCounts:
  """Writes the rows of a block with the predictor's columns, as Parquet.

  The columns of Parquet stay as they are; those of other formats are texts, as in
  predict's CSV.

  Args:
    predictor: what predicts.
    block: the rows.
    path: of the file, which is there when it is whole.
    column: of the texts.
    options: how to read the block.

  Raises:
    UserError: if the block can't be read.
  """
  score = _score_batches if block.format.batches else _score_records
  with _written(path) as write:
    return score(predictor, block, column, options, write)


def _score_batches(
    predictor: BatchPredictor,
    block: Block,
    column: str,
    options: ReadingOptions,
    write: Any,
) -> RowCounts:
  reader = block.reader((column,), options)
  records: Iterator[Record | None] = iter(reader)
  record = next(records, None)
  assert block.format.batches
  assert block.format.schema
  with InputFile(block.path, block.part) as file:
    n_before = 0
    # The text is read twice: as `predict` reads it, and with all columns as they are.
    for batch in block.format.batches(file):
      chosen, texts = [], []
      while record and record.line <= n_before + len(batch):
        chosen.append(record.line - n_before - 1)
        texts.append(record.values[0])
        record = next(records, None)
      n_before += len(batch)
      if len(chosen) < len(batch):
        batch = batch.take(pa.array(chosen, pa.int64()))  # noqa: PLW2901
      write(add_columns(batch, predictor.columns_of(texts)))
    if not n_before:
      empty = block.format.schema(file).empty_table()
      write(add_columns(empty, predictor.columns_of([])))
  return RowCounts().plus(reader)


def _score_records(
    predictor: BatchPredictor,
    block: Block,
    column: str,
    options: ReadingOptions,
    write: Any,
) -> RowCounts:
  reader = block.reader((column,), options, keep=None)
  names: list[str] | None = None
  if not block.format.has_header:
    # An object may have what those before it lack.
    every = block.reader((column,), options, keep=None)
    names = [*dict.fromkeys(name for record in every for name in record.kept)]
  for records in _batches(reader):
    texts = [record.values[0] for record in records]
    if names is None:
      names = [*records[0].kept] if records else []
    columns = {name: [record.kept.get(name) for record in records] for name in names}
    columns = columns or {column: texts}
    strings = [_strings(values) for values in columns.values()]
    batch = pa.RecordBatch.from_arrays(strings, names=[*columns])
    write(add_columns(batch, predictor.columns_of(texts)))
  return RowCounts().plus(reader)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
  """Yields records in batches; without any, one that is empty."""
  records = iter(records)
  batch = [*itertools.islice(records, _BATCH_SIZE)]
  yield batch
  while batch := [*itertools.islice(records, _BATCH_SIZE)]:
    yield batch


def _strings(values: Iterable[Any]) -> pa.Array:
  texts = [None if value is None else cell(value) for value in values]
  try:
    return pa.array(texts, pa.string())
  except UnicodeEncodeError:  # Half a surrogate pair, of JSON.
    whole = [text and text.encode('utf-8', 'replace').decode() for text in texts]
    return pa.array(whole, pa.string())


@contextlib.contextmanager
def _written(path: str) -> Iterator[Any]:
  """Yields a function that writes Arrow batches to a file, whole when this ends."""
  folder, name = os.path.split(path)
  # Of each attempt another, as two may be made of one block.
  temporary = os.path.join(folder, f'{TEMPORARY}{name}.{uuid.uuid4().hex}')
  writer: pq.ParquetWriter | None = None

  def write(batch: Any) -> None:
    nonlocal writer
    if writer is None:
      writer = pq.ParquetWriter(temporary, batch.schema)
    writer.write(batch)

  try:
    yield write
    assert writer is not None
    writer.close()
    with open(temporary, 'rb') as file:
      os.fsync(file.fileno())
    os.replace(temporary, path)
  except BaseException:
    if writer is not None:
      writer.close()
      os.unlink(temporary)
    raise
