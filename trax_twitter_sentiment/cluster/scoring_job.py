"""A job on a Ray cluster: files of texts become a folder of predictions."""

import functools
import hashlib
import json
import os
import sys
from collections.abc import Sequence

import tqdm

from trax_twitter_sentiment.cluster import blocks as file_blocks
from trax_twitter_sentiment.cluster import engine, scoring
from trax_twitter_sentiment.cluster.batch_predictor import model_bytes
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import write_atomically
from trax_twitter_sentiment.prediction.results import DecisionRule
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import RowCounts

# Tells what a folder of predictions is of. Readers leave out names with an underscore.
JOB_FILE = '_job.json'
# Is there when a folder is whole, as that of Hadoop and Spark.
SUCCESS_FILE = '_SUCCESS'


def score_files(
    paths: Sequence[str],
    column: str,
    options: ReadingOptions,
    model_dir: str,
    output: str,
    rule: DecisionRule,
    address: str | None = None,
    n_processes: int | None = None,
) -> RowCounts:
  """Writes a folder of Parquet files with predictions: one a block of the input.

  What a run before has written of the same job stays, and only the rest is done.

  Args:
    paths: of the files.
    column: of the texts.
    options: how to read them.
    model_dir: a run's output directory.
    output: the folder, which all machines see under this name.
    rule: leads from predictions to decisions.
    address: of the cluster, as `engine.connected` takes it.
    n_processes: of this machine, as `engine.connected` takes it.

  Returns:
    Counts of the rows that were done now.

  Raises:
    UserError: if a file or a setting is wrong, or the folder holds something else.
  """
  model = model_bytes(model_dir)
  blocks = file_blocks.cut(paths, (column,), options)
  output = os.path.abspath(output)
  _begin(output, _job(model, blocks, column, options, rule))
  parts = [os.path.join(output, f'part-{i:06d}.parquet') for i in range(len(blocks))]
  missing = [pair for pair in zip(blocks, parts) if not os.path.exists(pair[1])]
  if len(missing) < len(blocks):
    n_there = len(blocks) - len(missing)
    print(f'{n_there:,} of {len(blocks):,} blocks are there already.', file=sys.stderr)
  found = RowCounts()
  if missing:
    score = functools.partial(scoring.score_block, column=column, options=options)
    with engine.connected(address, n_processes):
      done = engine.run(score, model, missing, rule.min_probability)
      for read in tqdm.tqdm(done, total=len(missing), unit=' blocks', disable=None):
        found = found.plus(read)
  for path in parts:
    if not os.path.exists(path):
      raise UserError(
          f'{path} was written on another machine; --output has to be a folder that '
          'all machines share.'
      )
  _remove_torn(output)
  write_atomically(os.path.join(output, SUCCESS_FILE), b'')
  return found


def _job(
    model: bytes,
    blocks: Sequence[file_blocks.Block],
    column: str,
    options: ReadingOptions,
    rule: DecisionRule,
) -> dict[str, str]:
  """Returns what tells one job from another."""
  digests = {
      'model': hashlib.sha256(model).hexdigest(),
      'files': file_blocks.digest(blocks),
  }
  settings = {'column': column, 'options': options, 'rule': rule}
  return digests | {name: repr(value) for name, value in settings.items()}


def _begin(folder: str, job: dict[str, str]) -> None:
  """Makes the folder of a job, or sees that it is of this one."""
  path = os.path.join(folder, JOB_FILE)
  try:
    os.makedirs(folder, exist_ok=True)
    if not os.listdir(folder):
      write_atomically(path, json.dumps(job, indent=2) + '\n')
    with open(path, encoding='utf-8') as file:
      there = json.load(file)
  except FileNotFoundError as error:
    raise UserError(f'--output={folder} holds something else.') from error
  except OSError as error:
    raise UserError(f'--output={folder}: {error.strerror}.') from error
  except ValueError as error:
    raise UserError(f'{path} is damaged; give a new folder.') from error
  if there != job:
    names = ', '.join(name for name in job if there.get(name) != job[name])
    raise UserError(
        f'--output={folder} was begun with another {names}; give a new folder.'
    )


def _remove_torn(folder: str) -> None:
  """Removes what processes that died have left."""
  for name in os.listdir(folder):
    if name.startswith(scoring.TEMPORARY):
      os.unlink(os.path.join(folder, name))
