"""Predicts files of texts, and writes a Parquet file for each block."""

import functools
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from trax_twitter_sentiment import files
from trax_twitter_sentiment.cluster import batch_predictor, blocks, engine
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.formats import cell
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import CHUNK_SIZE, DecisionRule
from trax_twitter_sentiment.tables.input_files import InputFile
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import Record, RowCounts, TableReader

# The file that describes the job of a folder. Spark and other readers skip names that
# begin with _.
JOB_FILE = '_job.json'

# The file that marks a folder as complete, for Hadoop and Spark.
SUCCESS_FILE = '_SUCCESS'

# The number of rows in a row group of a Parquet file.
_N_ROWS = 8 * CHUNK_SIZE

# The texts of several rows, and all columns of these rows.
_Batch = tuple[list[str | None], Any]


class Settings(NamedTuple):
  """Settings of a job.

  Attributes:
    column: the column of the texts.
    options: the settings for reading the files.
    rule: turns predictions into decisions.
  """

  column: str
  options: ReadingOptions
  rule: DecisionRule


def score_files(
    paths: Sequence[str],
    settings: Settings,
    model_dir: str,
    output: str,
    address: str | None = None,
    n_processes: int | None = None,
) -> RowCounts:
  """Writes a folder of Parquet files with predictions, one for each block.

  The folder has the same name on all machines. If an interrupted job left some of its
  files, only the others are written, and only their rows are counted.

  Raises:
    UserError: if a file or a setting is wrong, or if the folder is not this job's.
  """
  model = batch_predictor.model_bytes(model_dir)
  cut = blocks.cut(paths, (settings.column,), settings.options)
  output = os.path.abspath(output)
  facts = {'model': hashlib.sha256(model).hexdigest(), 'files': blocks.digest(cut)}
  _begin(output, facts | {k: repr(v) for k, v in settings._asdict().items()})
  parts = [os.path.join(output, f'part-{i:06d}.parquet') for i in range(len(cut))]
  missing = [pair for pair in zip(cut, parts) if not os.path.exists(pair[1])]
  if n_complete := len(cut) - len(missing):
    print(f'{n_complete:,} of {len(cut):,} blocks are complete.', file=sys.stderr)
  total = RowCounts()
  if missing:
    score = functools.partial(score_block, settings=settings)
    with engine.connected(address, n_processes):
      for counts in engine.run(score, model, missing):
        total = total.plus(counts)
  _end(output, parts)
  return total


def _begin(folder: str, job: dict[str, str]) -> None:
  """Makes the folder of a job, or checks that the folder is of this job."""
  path = os.path.join(folder, JOB_FILE)
  try:
    os.makedirs(folder, exist_ok=True)
    if not os.listdir(folder):
      files.write_atomically(path, json.dumps(job, indent=2) + '\n')
    with open(path, encoding='utf-8') as file:
      begun = json.load(file)
  except (FileNotFoundError, ValueError) as error:
    problem = f'--output={folder} contains other files; use a new folder.'
    raise UserError(problem) from error
  except OSError as error:
    raise UserError(f'--output={folder}: {error.strerror}.') from error
  if differing := [name for name in job if begun.get(name) != job[name]]:
    raise UserError(
        f'--output={folder} is the folder of a job with other {", ".join(differing)}; '
        'use a new folder.'
    )


def _end(folder: str, parts: Sequence[str]) -> None:
  """Marks a folder as complete."""
  for path in parts:
    if not os.path.exists(path):
      raise UserError(
          f'{path} was written on another machine; --output requires a folder that all '
          'machines share.'
      )
  for name in os.listdir(folder):
    if name.startswith('.part-'):  # A killed process left it.
      os.unlink(os.path.join(folder, name))
  files.write_atomically(os.path.join(folder, SUCCESS_FILE), b'')


def score_block(
    predictor: SentimentPredictor, block: blocks.Block, path: str, settings: Settings
) -> RowCounts:
  """Writes a block with the columns of its predictions, as Parquet.

  The columns of Parquet keep their types; those of other formats are texts, as in
  predict's CSV.

  Raises:
    UserError: if the block can't be read.
  """
  keep = () if block.format.batches else None
  reader = block.reader((settings.column,), settings.options, keep)
  batches = _typed_batches if block.format.batches else _text_batches
  scored = (
      batch_predictor.add_predictions(predictor, batch, texts, settings.rule)
      for texts, batch in batches(block, reader, settings)
  )
  first = next(scored)
  with files.atomic_file(path) as file, pq.ParquetWriter(file, first.schema) as writer:
    for batch in itertools.chain([first], scored):
      writer.write(batch)
  return RowCounts().plus(reader)


def _typed_batches(
    block: blocks.Block, reader: TableReader, settings: Settings
) -> Iterator[_Batch]:
  """Yields the rows of a block whose format has types; without rows, an empty batch.

  The reader reads the texts as `predict` does, and leaves out malformed rows. The block
  is read again for the columns with their types.
  """
  del settings
  assert block.format.batches and block.format.schema
  records = iter(reader)
  record = next(records, None)
  n_before = 0
  with InputFile(block.path, block.part) as file:
    for batch in block.format.batches(file):
      rows, texts = [], []
      while record and record.line <= n_before + len(batch):
        rows.append(record.line - n_before - 1)
        texts.append(record.values[0])
        record = next(records, None)
      n_before += len(batch)
      is_complete = len(rows) == len(batch)
      yield texts, batch if is_complete else batch.take(pa.array(rows, pa.int64()))
    if not n_before:
      yield [], block.format.schema(file).empty_table()


def _text_batches(
    block: blocks.Block, reader: TableReader, settings: Settings
) -> Iterator[_Batch]:
  """Yields the rows of a block as columns of texts; without rows, an empty batch."""
  sample: Iterable[Record] = block.reader((settings.column,), settings.options, None)
  if block.format.has_header:
    sample = itertools.islice(sample, 1)
  # Without a header, each object may have new fields, so all are read for the names.
  names = [*dict.fromkeys(name for record in sample for name in record.kept)]
  records, is_first = iter(reader), True
  while (rows := [*itertools.islice(records, _N_ROWS)]) or is_first:
    is_first = False
    texts = [row.values[0] for row in rows]
    columns = {name: [row.kept.get(name) for row in rows] for name in names}
    columns = columns or {settings.column: texts}  # Text without columns.
    arrays = [*map(_strings, columns.values())]
    yield texts, pa.RecordBatch.from_arrays(arrays, names=[*columns])


def _strings(values: Iterable[Any]) -> pa.Array:
  # JSON may contain a lone surrogate, which a question mark replaces.
  texts = [None if v is None else cell(v).encode('utf-8', 'replace') for v in values]
  return pa.array(texts, pa.string())
