"""Says of texts which class they are of: whether positive or negative, mostly.

    python -m trax_twitter_sentiment.predict --model_dir=DIR 'a text' 'another'
    python -m trax_twitter_sentiment.predict --model_dir=DIR --interactive
    python -m trax_twitter_sentiment.predict --model_dir=DIR < lines.txt
    python -m trax_twitter_sentiment.predict --model_dir=DIR \\
        --input=tweets.csv --format=csv --keep=id --output=scored.csv
    python -m trax_twitter_sentiment.predict --model_dir=DIR --engine=ray \\
        --input='tweets/*.parquet' --output=scored/

Texts are arguments (after -- if one begins with a dash), or lines of standard input, or
files. Predictions go to standard output, in the order of the texts.
"""

import contextlib
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.parallel import map_in_order
from trax_twitter_sentiment.prediction import formats, output
from trax_twitter_sentiment.prediction.formats import Detailed, Formatter, Rows
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables.table_reader import Record, TableReader

_MODEL_DIR = cli.define_model_dir()
_reading_options = cli.define_reading_flags('texts')
_FORMAT = flags.DEFINE_enum(
    'format',
    'text',
    formats.FORMATS,
    'What a prediction is written as: text for reading; tsv or csv with a header, or '
    "jsonl. These hold label and name, the classes' (log-)probabilities, the number of "
    'tokens, the text and the number of its row.',
)
_OUTPUT = cli.define_path(
    'output', 'The file to write, which gets its name when all is written.'
)
_RESUME = flags.DEFINE_bool(
    'resume', False, 'Go on after the rows that are in --output already.'
)
_KEEP = flags.DEFINE_list(
    'keep', [], 'Columns of the input that the output has, too, such as id,user.'
)
_KEEP_ALL = flags.DEFINE_bool('keep_all', False, 'Keep all columns of the input.')
_MIN_PROBABILITY = flags.DEFINE_float(
    'min_probability',
    0.0,
    "What is less probable is called 'unsure', without a label.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_EXPLAIN = flags.DEFINE_bool(
    'explain',
    False,
    "Show each token's share of the log-odds: of positive, or of more than two classes "
    'of the one predicted.',
)
_INTERACTIVE = flags.DEFINE_bool(
    'interactive', False, 'Ask for texts, and answer each at once, with its shares.'
)
_PROCESSES = flags.DEFINE_integer(
    'processes',
    1,
    "How many processes share the work; by default one, and with Ray this machine's "
    'cores.',
    lower_bound=1,
)
_ENGINE, _RAY_ADDRESS = cli.define_engine_flags()

# Rows that are predicted, and travel between processes, together, unless they have
# more characters than tweets would.
_CHUNK_SIZE = 512
_CHUNK_CHARACTERS = 2**20


def main(texts: list[str]) -> None:
  """Predicts what the flags and arguments say."""
  paths = input_files.expand(flags.FLAGS.input)
  _check_flags(texts, paths)
  if _INTERACTIVE.value:
    _answer(SentimentPredictor.load(_MODEL_DIR.value))
    return
  if _ENGINE.value == 'ray':
    _predict_on_ray(paths)
    return
  keep = None if _KEEP_ALL.value else tuple(_KEEP.value)
  column = (flags.FLAGS.column,)
  reader = TableReader(paths or [input_files.STDIN], column, _reading_options(), keep)
  predictor = SentimentPredictor.load(_MODEL_DIR.value)
  if _EXPLAIN.value:
    predictor.token_log_odds()  # Says at once if there is nothing to explain.
  with output.opened(_OUTPUT.value, _FORMAT.value, paths, _RESUME.value) as opened:
    formatter = Formatter(
        _FORMAT.value,
        predictor.class_names,
        _MIN_PROBABILITY.value,
        coloured=_is_coloured(opened.file),
    )
    chunks = _chunks(_records(texts, reader, opened.last_row))
    if not opened.last_row:
      chunks = _after_header(opened.file, formatter, chunks)
    work = _Work(predictor, formatter, _EXPLAIN.value)
    for lines in map_in_order(work, chunks, _PROCESSES.value):
      opened.file.write(lines)
  if paths or reader.n_damaged or reader.n_skipped or reader.n_decoded:
    cli.say_what_was_read(reader)


def _predict_on_ray(paths: list[str]) -> None:
  from trax_twitter_sentiment.cluster import scoring_job  # On use: it imports Ray.

  found = scoring_job.score_files(
      paths,
      flags.FLAGS.column,
      _reading_options(),
      _MODEL_DIR.value,
      _OUTPUT.value,
      _MIN_PROBABILITY.value,
      _RAY_ADDRESS.value,
      _PROCESSES.value if _PROCESSES.present else None,
  )
  cli.say_what_was_read(found)


def _answer(predictor: SentimentPredictor) -> None:
  """Answers each line that is typed, until there are no more."""
  with contextlib.suppress(ImportError):
    import readline  # noqa: F401  Lines can be edited, and had again.

  coloured = _is_coloured(sys.stdout)
  formatter = Formatter('text', predictor.class_names, coloured=coloured)
  work = _Work(predictor, formatter, explain=predictor.explains)
  for number in itertools.count(1):
    try:
      text = input('> ')
    except EOFError:
      print()
      return
    print(work(Rows([number], [text], [{}])), end='')


def _is_coloured(file: IO[str]) -> bool:
  return file.isatty() and not os.environ.get('NO_COLOR')


def _check_flags(texts: list[str], paths: list[str]) -> None:
  if _ENGINE.value == 'ray':
    _check_flags_of_ray(texts, paths)
    return
  if _RAY_ADDRESS.value:
    raise UserError('--ray_address takes --engine=ray.')
  if _INTERACTIVE.value and (texts or paths or _OUTPUT.value):
    raise UserError('--interactive takes no texts, --input or --output.')
  if texts and paths:
    raise UserError('Give texts as arguments or as --input, not both.')
  if _EXPLAIN.value and _FORMAT.value in ('tsv', 'csv'):
    raise UserError(
        f'--explain has no --format={_FORMAT.value}; there are text and jsonl.'
    )
  if _RESUME.value and not (_OUTPUT.value and _FORMAT.value in formats.NUMBERED):
    raise UserError(
        '--resume takes --output, and a --format whose rows are numbered: '
        f'{", ".join(formats.NUMBERED)}.'
    )
  if (_KEEP.value or _KEEP_ALL.value) and _FORMAT.value not in formats.NUMBERED:
    raise UserError(f'--keep takes a --format of {", ".join(formats.NUMBERED)}.')
  if texts and (_KEEP.value or _KEEP_ALL.value):
    raise UserError('--keep takes --input; arguments have no columns.')
  if not (texts or paths or _INTERACTIVE.value) and sys.stdin.isatty():
    print('Reading texts, one a line; Ctrl-D ends them.', file=sys.stderr)


def _check_flags_of_ray(texts: list[str], paths: list[str]) -> None:
  if texts or not paths or input_files.STDIN in paths or not _OUTPUT.value:
    raise UserError('--engine=ray takes files as --input, and a folder as --output.')
  if _FORMAT.present:
    raise UserError('--engine=ray takes no --format: it writes Parquet.')
  if _KEEP.value:
    raise UserError('--engine=ray takes no --keep: all columns are kept.')
  if _EXPLAIN.value or _INTERACTIVE.value:
    raise UserError('--engine=ray takes no --explain or --interactive.')


def _records(
    texts: list[str], reader: TableReader, last_row: int
) -> Iterator[Record]:
  """Yields the rows to predict: those after the last one that is done."""
  if texts:
    records: Iterable[Record] = (
        Record(i, 'arguments', i, (text,), {}) for i, text in enumerate(texts, start=1)
    )
  else:
    records = _with_progress(reader)
    if _KEEP_ALL.value and _FORMAT.value != 'jsonl':
      records = _as_the_first(records)
  if not last_row:
    return iter(records)
  return (record for record in records if record.row > last_row)


def _as_the_first(records: Iterable[Record]) -> Iterator[Record]:
  """Yields rows with the further columns of the first one, in their order.

  Raises:
    UserError: at a row that has others, which a table has no place for.
  """
  names: tuple[str, ...] | None = None
  for record in records:
    kept = record.kept
    names = tuple(kept) if names is None else names
    if others := [name for name in kept if name not in names]:
      raise UserError(
          f'{record.name}, line {record.line}: the first row has no column '
          f'{others[0]!r}, so --format={_FORMAT.value} has none; jsonl keeps it.'
      )
    yield record._replace(kept={name: kept.get(name) for name in names})


def _after_header(
    file: IO[str], formatter: Formatter, chunks: Iterator[Rows]
) -> Iterator[Rows]:
  """Yields chunks, and before the first writes the header, with its columns' names."""
  first = next(chunks, None)
  file.write(formatter.header([*first.kept[0]] if first else []))
  if first:
    yield first
    yield from chunks


class _Work:
  """Turns rows into lines of output; goes to other processes by pickling."""

  def __init__(
      self, predictor: SentimentPredictor, formatter: Formatter, explain: bool
  ):
    self._predictor = predictor
    self._formatter = formatter
    self._explain = explain

  def __call__(self, rows: Rows) -> str:
    texts = [text or '' for text in rows.texts]
    if self._explain:
      explanations = [*map(self._predictor.explain, texts)]
      details = [Detailed(found.prediction, found) for found in explanations]
      return self._formatter.detailed_lines(rows, details)
    if self._formatter.shows_tokens:
      predictions = self._predictor.predict(texts)
      details = [Detailed(prediction, None) for prediction in predictions]
      return self._formatter.detailed_lines(rows, details)
    return self._formatter.lines(rows, self._predictor.score(texts))


def _chunks(records: Iterator[Record]) -> Iterator[Rows]:
  """Yields rows in chunks; if reading fails, those before are yielded first."""
  chunk = Rows([], [], [])
  n_characters = 0
  try:
    for row, _, _, (text,), kept in records:
      chunk.numbers.append(row)
      chunk.texts.append(text)
      chunk.kept.append(kept)
      n_characters += len(text or '')
      if len(chunk.numbers) == _CHUNK_SIZE or n_characters > _CHUNK_CHARACTERS:
        yield chunk
        chunk, n_characters = Rows([], [], []), 0
  except UserError:
    if chunk.numbers:
      yield chunk
    raise
  if chunk.numbers:
    yield chunk


def _with_progress(reader: TableReader) -> Iterator:
  """Yields the reader's records; a bar on a terminal shows how much of it is read."""
  if not sys.stderr.isatty():
    yield from reader
    return
  import tqdm  # Imported on use: a single text needs no progress bar.

  with tqdm.tqdm(
      total=reader.n_bytes, unit='B', unit_scale=True, file=sys.stderr
  ) as progress:
    for record in reader:
      if record.row % _CHUNK_SIZE == 0:
        progress.set_postfix_str(f'{record.row:,} texts', refresh=False)
        progress.update(reader.n_bytes_read - progress.n)
      yield record


if __name__ == '__main__':
  cli.run(main)
