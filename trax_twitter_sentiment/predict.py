"""Predicts the class of each text: by default, positive or negative.

    python -m trax_twitter_sentiment.predict --model_dir=DIR 'a text' 'another'
    python -m trax_twitter_sentiment.predict --model_dir=DIR --interactive
    python -m trax_twitter_sentiment.predict --model_dir=DIR < lines.txt
    python -m trax_twitter_sentiment.predict --model_dir=DIR \\
        --input=tweets.csv --format=csv --keep=id --output=scored.csv
    python -m trax_twitter_sentiment.predict --model_dir=DIR --engine=ray \\
        --input='tweets/*.parquet' --output=scored/

Texts are arguments (after -- if one begins with a dash), lines of standard input, or
rows of files. Predictions go to standard output, in the order of the texts.
"""

import contextlib
import functools
import io
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from absl import flags

from trax_twitter_sentiment import cli, files
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.parallel import map_in_order
from trax_twitter_sentiment.prediction import formats
from trax_twitter_sentiment.prediction.formats import OutputFormat, Rows
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import CHUNK_SIZE, DecisionRule
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables.progress import with_progress
from trax_twitter_sentiment.tables.table_reader import Record, TableReader
from trax_twitter_sentiment.text.tokenizer import is_cut, warn_of_cut_texts

_MODEL_DIR = cli.define_model_dir()
_reading_options = cli.define_reading_flags('texts')
_FORMAT = flags.DEFINE_enum(
    'format',
    'text',
    [*formats.FORMATS],
    'How to write predictions: text for reading, tsv or csv with a header, or jsonl. '
    'tsv, csv and jsonl contain the label and name of the class, the probability of '
    'each class, the number of tokens (jsonl: the tokens), the text and its row.',
)
_OUTPUT = cli.define_path(
    'output',
    'The file to write, as FILE.partial until it is complete, or its URL; with '
    '--engine=ray, a folder.',
)
_KEEP = flags.DEFINE_list(
    'keep', [], 'Columns of the input to copy to the output, such as id,user.'
)
_KEEP_ALL = flags.DEFINE_bool('keep_all', False, 'Copy all columns of the input.')
_MIN_PROBABILITY = flags.DEFINE_float(
    'min_probability',
    0.0,
    "Name a text 'unsure', without a label, if its class is less probable than this.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_EXPLAIN = flags.DEFINE_bool(
    'explain',
    False,
    "Show each token's share of the log-odds of positive; for more than two classes, "
    'of the log-odds of the predicted class against the second most probable class.',
)
_INTERACTIVE = flags.DEFINE_bool(
    'interactive',
    False,
    'Ask for texts, and show the prediction of each at once, with its explanation.',
)
_PROCESSES = flags.DEFINE_integer(
    'processes',
    1,
    'The number of processes: by default one; with --engine=ray, one for each core.',
    lower_bound=1,
)
_ENGINE, _RAY_ADDRESS = cli.define_engine_flags()

# A chunk of rows ends early at this number of characters, so long texts need little
# memory. Chunks of tweets are shorter.
_CHUNK_CHARACTERS = 2**20

_STDIN_HELP = (
    'Type one text per line, then Ctrl-D for the predictions. Texts can also be '
    'arguments, files (--input=FILE) or a dialogue (--interactive); see --help.'
)


def main(texts: list[str]) -> None:
  """Predicts the texts that flags and arguments name."""
  paths = input_files.expand(flags.FLAGS.input)
  _check_flags(texts, paths)
  if _ENGINE.value == 'ray':
    _predict_on_ray(paths)
    return
  if _INTERACTIVE.value:
    _predict_typed_texts(SentimentPredictor.load(_MODEL_DIR.value))
    return
  keep = None if _KEEP_ALL.value else tuple(_KEEP.value)
  column = (flags.FLAGS.column,)
  reader = TableReader(paths or [input_files.STDIN], column, _reading_options(), keep)
  predictor = SentimentPredictor.load(_MODEL_DIR.value)
  if _EXPLAIN.value and not predictor.explains:
    raise UserError(
        f'--explain requires a TwitterClassifier; {_MODEL_DIR.value} has another model.'
    )
  if not (texts or paths) and sys.stdin.isatty():
    print(_STDIN_HELP, file=sys.stderr)
  with _opened_output(paths) as file:
    format_ = _output_format(predictor, file, _EXPLAIN.value)
    chunks = _after_header(file, format_, _chunks(_records(texts, reader)))
    to_lines = functools.partial(format_.lines, predictor)
    for lines in map_in_order(to_lines, chunks, _PROCESSES.value):
      file.write(lines)
  if paths or reader.n_damaged or reader.n_skipped or reader.n_decoded:
    cli.print_row_counts(reader)


def _predict_on_ray(paths: list[str]) -> None:
  from trax_twitter_sentiment.cluster import scoring  # A lazy import: it imports Ray.

  rule = DecisionRule(_MIN_PROBABILITY.value)
  counts = scoring.score_files(
      paths,
      scoring.Settings(flags.FLAGS.column, _reading_options(), rule),
      _MODEL_DIR.value,
      _OUTPUT.value,
      _RAY_ADDRESS.value,
      _PROCESSES.value if _PROCESSES.present else None,
  )
  cli.print_row_counts(counts)


def _predict_typed_texts(predictor: SentimentPredictor) -> None:
  """Predicts each line that is typed, until Ctrl-D or Ctrl-C."""
  with contextlib.suppress(ImportError):
    import readline  # noqa: F401  Makes `input` edit and recall lines.

  format_ = _output_format(predictor, sys.stdout, predictor.explains)
  for number in itertools.count(1):
    try:
      text = input('> ')
    except EOFError:
      print()
      return
    except KeyboardInterrupt:
      print()
      raise
    print(format_.lines(predictor, Rows([number], [text], [{}])), end='')


def _output_format(
    predictor: SentimentPredictor, file: IO[str], explain: bool
) -> OutputFormat:
  """Returns the format that the flags choose."""
  coloured = file.isatty() and not os.environ.get('NO_COLOR')
  rule = DecisionRule(_MIN_PROBABILITY.value)
  make = formats.FORMATS[_FORMAT.value]
  return make(predictor.class_names, rule, explain, coloured)


@contextlib.contextmanager
def _opened_output(inputs: list[str]) -> Iterator[IO[str]]:
  """Yields the file of `--output`, or else standard output.

  Raises:
    UserError: if the file is an input, or can't be written.
  """
  path = _OUTPUT.value
  if path is None:
    if _FORMAT.value != 'text' and isinstance(sys.stdout, io.TextIOWrapper):
      # Redirected output has the bytes of --output, whatever the terminal's encoding.
      sys.stdout.reconfigure(encoding='utf-8', errors='replace')
    yield sys.stdout
    return
  for name in inputs:
    is_same = os.path.isfile(name) and os.path.exists(path)
    if (is_same and os.path.samefile(name, path)) or name == path:
      raise UserError(f'--output={path} is an input, which would be lost.')
  with files.output_file(path) as file:
    yield file


def _check_flags(texts: list[str], paths: list[str]) -> None:
  """Raises `UserError` for flags that exclude each other."""
  if _ENGINE.value == 'ray':
    _check_flags_of_ray(texts, paths)
    return
  keeps = _KEEP.value or _KEEP_ALL.value
  if _RAY_ADDRESS.value:
    raise UserError('--ray_address requires --engine=ray.')
  if _INTERACTIVE.value and (texts or paths or _OUTPUT.value):
    raise UserError('--interactive excludes texts, --input and --output.')
  if _INTERACTIVE.value and _FORMAT.value != 'text':
    raise UserError(f'--interactive excludes --format={_FORMAT.value}.')
  if texts and paths:
    raise UserError('Give texts as arguments or as --input, not both.')
  if _EXPLAIN.value and _FORMAT.value in ('tsv', 'csv'):
    raise UserError('--explain requires --format=text or --format=jsonl.')
  if keeps and _FORMAT.value not in formats.WITH_COLUMNS:
    raise UserError(f'--keep requires a --format of {", ".join(formats.WITH_COLUMNS)}.')
  if keeps and texts:
    raise UserError('--keep requires --input; arguments have no columns.')
  if texts:
    cli.refuse_reading_flags('on texts that are arguments')
  if _INTERACTIVE.value:
    cli.refuse_reading_flags('with --interactive')


def _check_flags_of_ray(texts: list[str], paths: list[str]) -> None:
  if texts or not paths or input_files.STDIN in paths or not _OUTPUT.value:
    raise UserError('--engine=ray requires files as --input and a folder as --output.')
  if _FORMAT.present:
    raise UserError('--engine=ray excludes --format: it writes Parquet.')
  if _KEEP.value:
    raise UserError('--engine=ray excludes --keep: it keeps all columns.')
  if _EXPLAIN.value or _INTERACTIVE.value:
    raise UserError('--engine=ray excludes --explain and --interactive.')


def _records(texts: list[str], reader: TableReader) -> Iterator[Record]:
  """Yields the rows to predict."""
  if texts:
    for i, text in enumerate(texts, start=1):
      yield Record(i, 'arguments', i, (text,), {})
    return
  records = with_progress(reader)
  if _KEEP_ALL.value and _FORMAT.value != 'jsonl':
    records = _with_first_columns(records)
  yield from records


def _with_first_columns(records: Iterable[Record]) -> Iterator[Record]:
  """Yields rows with the kept columns of the first row, in the same order.

  Raises:
    UserError: if a row has a column that the first row lacks.
  """
  names: tuple[str, ...] | None = None
  for record in records:
    names = tuple(record.kept) if names is None else names
    if others := [name for name in record.kept if name not in names]:
      raise UserError(
          f'{record.name}, line {record.line}: the first row has no column '
          f'{others[0]!r}, so --format={_FORMAT.value} cannot keep it; use '
          '--format=jsonl.'
      )
    yield record._replace(kept={name: record.kept.get(name) for name in names})


def _after_header(
    file: IO[str], format_: OutputFormat, chunks: Iterator[Rows]
) -> Iterator[Rows]:
  """Writes the header, with the columns of the first chunk, and yields all chunks."""
  first = next(chunks, None)
  file.write(format_.header([*first.kept[0]] if first else []))
  if first:
    yield first
    yield from chunks


def _chunks(records: Iterable[Record]) -> Iterator[Rows]:
  """Yields rows in chunks, also the rows before an error of reading.

  After the last row, a warning says how many texts are cut off.
  """
  chunk, n_characters, n_cut = Rows([], [], []), 0, 0
  try:
    for row, _, _, (text,), kept in records:
      chunk.numbers.append(row)
      chunk.texts.append(text)
      chunk.kept.append(kept)
      n_characters += len(text or '')
      n_cut += is_cut(text)
      if len(chunk.numbers) == CHUNK_SIZE or n_characters > _CHUNK_CHARACTERS:
        yield chunk
        chunk, n_characters = Rows([], [], []), 0
  except UserError:
    if chunk.numbers:
      yield chunk
    raise
  if chunk.numbers:
    yield chunk
  warn_of_cut_texts(n_cut)


if __name__ == '__main__':
  cli.run(main)
