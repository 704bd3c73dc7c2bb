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

from trax_twitter_sentiment import files, remote
from trax_twitter_sentiment.cluster import batch_predictor, blocks, engine
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.formats import cell
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import CHUNK_SIZE, DecisionRule
from trax_twitter_sentiment.tables.input_files import InputFile
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import RowCounts, TableReader

# Readers of the folder, such as Spark, skip names that begin with _.
JOB_FILE = '_job.json'  # It describes the job of the folder.
SUCCESS_FILE = '_SUCCESS'  # It marks the folder as complete, for Hadoop and Spark.

_N_ROWS = 8 * CHUNK_SIZE  # The rows of a row group of a Parquet file.

# Batches of rows: the texts, and all columns. The first batch has no rows.
_Batches = Iterator[tuple[list[str | None], Any]]


class Settings(NamedTuple):
  """The column of the texts, how to read the files, and how to decide."""

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

  The folder has the same name on all machines, or is a URL. If an interrupted job wrote
  some of the files, this job writes the missing files and counts only their rows.
  """
  model = batch_predictor.model_bytes(model_dir)
  cut = blocks.cut(paths, (settings.column,), settings.options)
  output = files.absolute(output)
  facts = {'model': model, 'files': os.fsencode(repr(cut))}
  job = {name: hashlib.sha256(content).hexdigest() for name, content in facts.items()}
  _begin(output, job | {name: repr(v) for name, v in settings._asdict().items()})
  parts = {f'part-{i:06d}.parquet': block for i, block in enumerate(cut)}
  missing = _missing(output, parts)
  if n_complete := len(cut) - len(missing):
    print(f'{n_complete:,} of {len(cut):,} blocks are complete.', file=sys.stderr)
  total = RowCounts()
  if missing:
    score = functools.partial(score_block, settings=settings)
    calls = [(parts[name], os.path.join(output, name)) for name in missing]
    with engine.connected(address, n_processes):
      for counts in engine.run(score, model, calls):
        total = total.plus(counts)
  _end(output, parts)
  return total


def _missing(folder: str, parts: Iterable[str]) -> list[str]:
  complete = files.names(folder)
  return [name for name in parts if name not in complete]


def _begin(folder: str, job: dict[str, str]) -> None:
  """Makes the folder of a job, or checks that the folder is of this job."""
  path = os.path.join(folder, JOB_FILE)
  try:
    if not remote.is_url(folder):
      os.makedirs(folder, exist_ok=True)
    if not files.names(folder):
      files.write_atomically(path, json.dumps(job, indent=2) + '\n')
    with files.open_regular(path) as file:
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


def _end(folder: str, parts: Iterable[str]) -> None:
  """Marks a folder as complete."""
  if missing := _missing(folder, parts):
    raise UserError(
        f'{os.path.join(folder, missing[0])} was written on another machine; --output '
        'requires a URL, or a folder that all machines share.'
    )
  for name in files.names(folder):
    if name.startswith('.part-'):  # A killed process left it.
      os.unlink(os.path.join(folder, name))
  files.write_atomically(os.path.join(folder, SUCCESS_FILE), b'')


def score_block(
    predictor: SentimentPredictor, block: blocks.Block, path: str, settings: Settings
) -> RowCounts:
  """Writes a block with the columns of its predictions, as Parquet.

  The columns of Parquet keep their types; those of other formats are texts, as in
  predict's CSV.
  """
  open_reader = functools.partial(block.reader, (settings.column,), settings.options)
  if block.format.batches:
    reader = open_reader()
    batches = _typed_batches(block, reader)
  else:
    reader = open_reader(None)
    batches = _text_batches(reader, _names(block, open_reader(None)), settings.column)
  add = functools.partial(batch_predictor.add_predictions, predictor, settings.rule)
  scored = itertools.starmap(add, batches)
  schema = next(scored).schema
  with files.atomic_file(path) as file, pq.ParquetWriter(file, schema) as writer:
    for batch in scored:
      writer.write(batch)
  return RowCounts().plus(reader)


def _typed_batches(block: blocks.Block, reader: TableReader) -> _Batches:
  """Yields the rows of a block whose format has types.

  The reader reads the texts as `predict` does, and leaves out malformed rows. The block
  is read again for the columns with their types.
  """
  assert block.format.batches and block.format.schema
  records = iter(reader)
  record = next(records, None)
  n_before = 0
  with InputFile(block.path, block.part) as file:
    yield [], block.format.schema(file).empty_table()
    for batch in block.format.batches(file):
      rows, texts = [], []
      while record and record.line <= n_before + len(batch):
        rows.append(record.line - n_before - 1)
        texts.append(record.values[0])
        record = next(records, None)
      n_before += len(batch)
      is_complete = len(rows) == len(batch)
      yield texts, batch if is_complete else batch.take(pa.array(rows, pa.int64()))


def _names(block: blocks.Block, reader: TableReader) -> list[str]:
  """Returns the names of the columns of a block."""
  # Without a header, each object may have new fields, so all are read.
  records = itertools.islice(reader, 1 if block.format.has_header else None)
  return [*dict.fromkeys(name for record in records for name in record.kept)]


def _text_batches(reader: TableReader, names: list[str], column: str) -> _Batches:
  """Yields rows as columns of texts. Plain text has only the column of the texts."""
  schema = pa.schema([(name, pa.string()) for name in names or [column]])
  yield [], schema.empty_table()
  records = iter(reader)
  while rows := [*itertools.islice(records, _N_ROWS)]:
    texts = [row.values[0] for row in rows]
    kept = (row.kept or {column: row.values[0]} for row in rows)
    cells = [{name: _cell(v) for name, v in values.items()} for values in kept]
    yield texts, pa.RecordBatch.from_pylist(cells, schema)


def _cell(value: Any) -> str | None:
  # JSON may contain a lone surrogate, which a question mark replaces.
  return None if value is None else cell(value).encode('utf-8', 'replace').decode()
