"""What predictions are written as: text for reading, tsv, csv and JSON Lines."""

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from trax_twitter_sentiment.prediction.results import Explanation, Prediction
from trax_twitter_sentiment.reading.delimited import escape
from trax_twitter_sentiment.run_directory.model_info import SENTIMENTS

FORMATS = ('text', 'tsv', 'csv', 'jsonl')
# Those whose rows are numbered, so that an output can be gone on with.
NUMBERED = ('tsv', 'csv', 'jsonl')

# What a prediction is called that is none.
NO_TEXT, UNSURE = 'no text', 'unsure'

# Names that JSON Lines have beside the columns of tables.
_JSON_FIELDS = (
    'log_probabilities', 'probabilities', 'tokens', 'n_known', 'shares', 'bias',
)  # fmt: skip

# Shares from here on, in log-odds, get the full colour.
_STRONG_SHARE = 1.0


class Row(NamedTuple):
  """A row to be predicted: its number, its text if it has one, and columns kept."""

  number: int
  text: str | None
  kept: dict[str, Any]


class Result(NamedTuple):
  """A row, and what a model says of it; an explanation where it was asked for."""

  row: Row
  prediction: Prediction
  explanation: Explanation | None


class Formatter:
  """Turns results into lines of output.

  Args:
    format_: one of `FORMATS`.
    class_names: of the model.
    min_probability: what is less probable is called `'unsure'`.
    keep: names of the input's columns to write, too; `None` for all of each row.
    coloured: whether text for reading has a terminal's colours.
  """

  def __init__(
      self,
      format_: str,
      class_names: tuple[str, ...],
      min_probability: float = 0.0,
      keep: tuple[str, ...] | None = (),
      coloured: bool = False,
  ):
    self._class_names = class_names
    self._min_probability = min_probability
    self._keep = keep
    self._coloured = coloured
    self._format = format_

  def header(self, kept: Sequence[str]) -> str:
    """Returns the first line, of formats that have one."""
    if self._format not in ('tsv', 'csv'):
      return ''
    return self._delimited([[*self._columns(), *map(self._kept_name, kept)]])

  def lines(self, results: Sequence[Result]) -> str:
    """Returns the lines of some results."""
    if self._format in ('tsv', 'csv'):
      return self._delimited([
          [*self._values(result), *map(_cell, result.row.kept.values())]
          for result in results
      ])
    write = self._as_jsonl if self._format == 'jsonl' else self._as_text
    return ''.join(f'{write(result)}\n' for result in results)

  def _columns(self) -> list[str]:
    names = self._class_names
    if names == SENTIMENTS:
      probabilities = [f'log_p_{name}' for name in names]
      return ['label', 'sentiment', *probabilities, 'n_tokens', 'text', 'row']
    probabilities = [f'p_{name}' for name in names]
    return ['label', 'name', *probabilities, 'n_tokens', 'text', 'row']

  def _values(self, result: Result) -> list[str]:
    (number, text, _), prediction, _ = result
    label, name = self._called(result)
    if name == NO_TEXT:
      numbers = [''] * len(self._class_names)
    else:
      scores = prediction.log_probabilities
      is_sentiment = self._class_names == SENTIMENTS
      numbers = [f'{s if is_sentiment else math.exp(s):.6f}' for s in scores]
    label_cell = '' if label is None else str(label)
    n_tokens = str(len(prediction.tokens))
    return [label_cell, name, *numbers, n_tokens, text or '', str(number)]

  def _called(self, result: Result) -> tuple[int | None, str]:
    """Returns label and name of a result; no label where it is unsure or of no text."""
    prediction = result.prediction
    if not (result.row.text and result.row.text.strip()):
      return None, NO_TEXT
    if math.exp(max(prediction.log_probabilities)) < self._min_probability:
      return None, UNSURE
    return prediction.label, prediction.name

  def _delimited(self, rows: list[list[str]]) -> str:
    if self._format == 'tsv':
      return ''.join('\t'.join(map(escape, row)) + '\n' for row in rows)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\n').writerows(rows)
    return buffer.getvalue()

  def _kept_name(self, name: str) -> str:
    return f'input_{name}' if name in (*self._columns(), *_JSON_FIELDS) else name

  def _as_jsonl(self, result: Result) -> str:
    (number, text, kept), prediction, explanation = result
    label, name = self._called(result)
    known = name != NO_TEXT
    fields: dict[str, Any] = {
        'text': text,
        'label': label,
        'sentiment' if self._class_names == SENTIMENTS else 'name': name,
        'log_probabilities': prediction.log_probabilities if known else None,
        'probabilities': prediction.probabilities if known else None,
        'tokens': prediction.tokens,
        'n_known': prediction.n_known,
        'row': number,
    }
    if explanation:
      fields |= {
          'tokens': explanation.tokens,
          'shares': explanation.shares,
          'bias': explanation.bias,
      }
    fields |= {self._kept_name(column): value for column, value in kept.items()}
    return json.dumps(fields, default=str)

  def _as_text(self, result: Result) -> str:
    row, prediction, explanation = result
    _, name = self._called(result)
    mark = ''
    if name == NO_TEXT or not prediction.tokens:
      mark = '(no token to go by) '
    elif not prediction.n_known:
      mark = '(no known token) '
    probability = math.exp(max(prediction.log_probabilities))
    shown = '   -  ' if name == NO_TEXT else f'{probability:6.1%}'
    colour = _coloured if self._coloured else _plain
    text = _printable(row.text or '')
    line = f'{colour(name, self._strength(prediction))}  {shown}  {mark}{text}'
    if not explanation:
      return line
    rows = [
        *zip(explanation.tokens, explanation.shares, strict=True),
        ('(bias)', explanation.bias),
        ('(log-odds)', prediction.log_odds),
    ]
    shares = (f'  {share:+8.3f}  {colour(_printable(t), share)}' for t, share in rows)
    return '\n'.join([line, *shares])

  def _strength(self, prediction: Prediction) -> float:
    return prediction.log_odds if len(self._class_names) == 2 else _STRONG_SHARE


def _cell(value: Any) -> str:
  if value is None:
    return ''
  if isinstance(value, str):
    return value
  return json.dumps(value, ensure_ascii=False, default=str)


def _printable(text: str) -> str:
  return ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _plain(token: str, share: float) -> str:
  del share
  return token


def _coloured(token: str, share: float) -> str:
  """Returns `token` in green for positive and red for negative, by strength."""
  colour = 32 if share > 0 else 31
  weight = '1;' if abs(share) >= _STRONG_SHARE else ''
  return f'\x1b[{weight}{colour}m{token}\x1b[0m'
