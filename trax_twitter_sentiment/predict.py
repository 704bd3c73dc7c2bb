"""Says of texts whether they are positive or negative.

    python -m trax_twitter_sentiment.predict --model_dir=DIR 'a text' 'another'
    python -m trax_twitter_sentiment.predict --model_dir=DIR < lines.txt
    python -m trax_twitter_sentiment.predict --model_dir=DIR --input=tweets.csv

Texts are arguments, or lines of standard input, or a file: CSV or TSV with a header,
JSON Lines, or a text a line. Predictions go to standard output, in the order of the
texts.
"""

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.parallel import map_in_order
from trax_twitter_sentiment.predictor import (
    Explanation,
    Prediction,
    SentimentPredictor,
)
from trax_twitter_sentiment.reading.tables import RecordReader

_MODEL_DIR = cli.define_model_dir()
_INPUT = cli.define_path(
    'input',
    'A file of texts: .csv and .tsv with a header, .jsonl, else a text a line.',
)
_COLUMN = flags.DEFINE_string(
    'column', 'text', 'The column of a CSV, TSV or JSON Lines file that holds texts.'
)
_FORMAT = flags.DEFINE_enum(
    'format',
    'text',
    ['text', 'tsv', 'jsonl'],
    'What a prediction is written as: text for reading, tsv (label, sentiment, both '
    'log-probabilities, number of tokens, text; with a header), or jsonl.',
)
_EXPLAIN = flags.DEFINE_bool(
    'explain', False, "Show each token's share of the log-odds."
)
_PROCESSES = flags.DEFINE_integer(
    'processes', 1, 'How many processes share the work.', lower_bound=1
)

# Texts that are predicted, and travel between processes, together, unless they have
# more characters than tweets would.
_CHUNK_SIZE = 512
_CHUNK_CHARACTERS = 2**20

# Shares from here on, in log-odds, get the full colour.
_STRONG_SHARE = 1.0

Format = Callable[[str, Prediction, Explanation | None], str]
_Row = tuple[Prediction, Explanation | None]


def main(texts: list[str]) -> None:
  if texts and _INPUT.value:
    raise UserError('Give texts as arguments or as --input, not both.')
  if _FORMAT.value == 'tsv' and _EXPLAIN.value:
    raise UserError('--explain has no --format=tsv; there are text and jsonl.')
  predictor = SentimentPredictor.load(_MODEL_DIR.value)
  if _EXPLAIN.value:
    predictor.token_log_odds()  # Says at once if there is nothing to explain.
  if texts:
    _write(predictor, texts, progress=False)
    return
  with contextlib.ExitStack() as stack:
    if _INPUT.value:
      try:
        file = stack.enter_context(open(_INPUT.value, 'rb'))
      except OSError as error:
        raise UserError(f'--input={_INPUT.value}: {error.strerror}.') from error
      reader = RecordReader(file, _INPUT.value, (_COLUMN.value,))
    else:
      reader = RecordReader(sys.stdin.buffer, 'standard input', ('text',))
    _write(predictor, (record.values[0] for record in reader), progress=True)
  cli.warn_of_damaged_lines(reader.n_damaged)


def _write(
    predictor: SentimentPredictor, texts: Iterable[str], progress: bool
) -> None:
  if _FORMAT.value == 'tsv':
    print('label\tsentiment\tlog_p_negative\tlog_p_positive\tn_tokens\ttext')
  work = _Work(predictor, _format(), _EXPLAIN.value)
  chunks = _chunks(_with_progress(texts) if progress else texts)
  for lines in map_in_order(work, chunks, _PROCESSES.value):
    sys.stdout.write(lines)


class _Work:
  """Turns texts into lines of output; goes to other processes by pickling."""

  def __init__(self, predictor: SentimentPredictor, format_: Format, explain: bool):
    self._predictor = predictor
    self._format = format_
    self._explain = explain

  def __call__(self, texts: list[str]) -> str:
    if self._explain:
      explanations = map(self._predictor.explain, texts)
      rows: list[_Row] = [(e.prediction, e) for e in explanations]
    else:
      rows = [(prediction, None) for prediction in self._predictor.predict(texts)]
    return ''.join(
        self._format(text, *row) + '\n'
        for text, row in zip(texts, rows, strict=True)
    )


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
  chunk: list[str] = []
  n_characters = 0
  for text in texts:
    chunk.append(text)
    n_characters += len(text)
    if len(chunk) == _CHUNK_SIZE or n_characters > _CHUNK_CHARACTERS:
      yield chunk
      chunk, n_characters = [], 0
  if chunk:
    yield chunk


def _with_progress(texts: Iterable[str]) -> Iterable[str]:
  import tqdm  # Imported on use: a single text needs no progress bar.

  # `disable=None` shows the bar only where stderr is a terminal.
  return tqdm.tqdm(texts, unit=' texts', disable=None, file=sys.stderr)


def _format() -> Format:
  if _FORMAT.value == 'jsonl':
    return _as_jsonl
  if _FORMAT.value == 'tsv':
    return _as_tsv
  coloured = sys.stdout.isatty() and not os.environ.get('NO_COLOR')
  return _as_coloured_text if coloured else _as_text


def _as_jsonl(
    text: str, prediction: Prediction, explanation: Explanation | None
) -> str:
  fields = {
      'text': text,
      'label': prediction.label,
      'sentiment': prediction.sentiment,
      'log_probabilities': prediction.log_probabilities,
      'tokens': prediction.tokens,
  }
  if explanation:
    fields |= {'shares': explanation.shares, 'bias': explanation.bias}
  return json.dumps(fields)


def _as_tsv(text: str, prediction: Prediction, explanation: Explanation | None) -> str:
  del explanation
  negative, positive = prediction.log_probabilities
  return '\t'.join([
      str(prediction.label),
      prediction.sentiment,
      f'{negative:.6f}',
      f'{positive:.6f}',
      str(len(prediction.tokens)),
      cli.printable(text),
  ])


def _as_text(text: str, prediction: Prediction, explanation: Explanation | None) -> str:
  probability = math.exp(prediction.log_probabilities[prediction.label])
  mark = '' if prediction.tokens else '(no token to go by) '
  line = f'{prediction.sentiment}  {probability:6.1%}  {mark}{cli.printable(text)}'
  if not explanation:
    return line
  return '\n'.join([line, *_share_lines(explanation, lambda token, _: token)])


def _as_coloured_text(
    text: str, prediction: Prediction, explanation: Explanation | None
) -> str:
  line = _as_text(text, prediction, None)
  line = line.replace(
      prediction.sentiment, _coloured(prediction.sentiment, prediction.log_odds), 1
  )
  if not explanation:
    return line
  return '\n'.join([line, *_share_lines(explanation, _coloured)])


def _share_lines(
    explanation: Explanation, colour: Callable[[str, float], str]
) -> list[str]:
  rows = [
      *zip(explanation.prediction.tokens, explanation.shares, strict=True),
      ('(bias)', explanation.bias),
      ('(log-odds)', explanation.prediction.log_odds),
  ]
  return [
      f'  {share:+8.3f}  {colour(cli.printable(token), share)}' for token, share in rows
  ]


def _coloured(token: str, share: float) -> str:
  """Returns `token` in green for positive and red for negative, by strength."""
  colour = 32 if share > 0 else 31
  weight = '1;' if abs(share) >= _STRONG_SHARE else ''
  return f'\x1b[{weight}{colour}m{token}\x1b[0m'


if __name__ == '__main__':
  cli.run(main)
