"""What predictions are written as: text for reading, tsv, csv and JSON Lines."""

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.prediction.results import Explanation, Prediction, Scores
from trax_twitter_sentiment.tables.escapes import escape, printable

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


class Rows(NamedTuple):
  """Rows to be predicted, by column.

  Attributes:
    numbers: of the rows.
    texts: their texts; `None` where a row has none.
    kept: further columns of each, by name.
  """

  numbers: list[int]
  texts: list[str | None]
  kept: list[dict[str, Any]]


class Detailed(NamedTuple):
  """What a model says of a row, with its tokens; an explanation if asked for."""

  prediction: Prediction
  explanation: Explanation | None


class Called(NamedTuple):
  """What a row is called: no label where it is unsure or of no text."""

  label: int | None
  name: str


def called(
    text: str | None,
    label: int,
    log_probabilities: Sequence[float],
    class_names: Sequence[str],
    min_probability: float = 0.0,
) -> Called:
  """Returns what a text is called by the class that is most probable.

  Args:
    text: the text, or `None`.
    label: its most probable class.
    log_probabilities: of each class.
    class_names: of all classes.
    min_probability: what is less probable is called `'unsure'`.
  """
  if not text or text.isspace():
    return Called(None, NO_TEXT)
  if min_probability and math.exp(log_probabilities[label]) < min_probability:
    return Called(None, UNSURE)
  return Called(label, class_names[label])


def prediction_fields(
    text: str | None, found: Called, prediction: Prediction
) -> dict[str, Any]:
  """Returns what JSON says of a text, by name: what it is `found` to be called, why."""
  known = found.name != NO_TEXT
  return {
      'text': text,
      'label': found.label,
      name_field(prediction.class_names): found.name,
      'log_probabilities': prediction.log_probabilities if known else None,
      'probabilities': prediction.probabilities if known else None,
      'tokens': prediction.tokens,
      'n_known': prediction.n_known,
  }


def explanation_fields(explanation: Explanation) -> dict[str, Any]:
  """Returns what JSON says of shares; its tokens replace the prediction's."""
  return {
      'tokens': explanation.tokens,
      'shares': explanation.shares,
      'bias': explanation.bias,
  }


def name_field(class_names: tuple[str, ...]) -> str:
  """Returns what JSON calls the name of a text's class."""
  return 'sentiment' if class_names == SENTIMENTS else 'name'


class Formatter:
  """Turns results into lines of output.

  Args:
    format_: one of `FORMATS`.
    class_names: of the model.
    min_probability: what is less probable is called `'unsure'`.
    coloured: whether text for reading has a terminal's colours.
  """

  def __init__(
      self,
      format_: str,
      class_names: tuple[str, ...],
      min_probability: float = 0.0,
      coloured: bool = False,
  ):
    self._class_names = class_names
    self._min_probability = min_probability
    self._coloured = coloured
    self._format = format_
    # Whether it takes `detailed_lines`.
    self.shows_tokens = format_ == 'jsonl'

  def header(self, kept: Sequence[str]) -> str:
    """Returns the first line, of formats that have one."""
    if self._format not in ('tsv', 'csv'):
      return ''
    return self._delimited([[*self._columns(), *map(self._kept_name, kept)]])

  def lines(self, rows: Rows, scores: Scores) -> str:
    """Returns the lines of some rows, as text for reading or a table."""
    # Lists of Python's numbers, each of which is looked at once.
    columns = (
        scores.labels.tolist(),
        scores.log_probabilities.tolist(),
        scores.n_tokens.tolist(),
    )
    if self._format == 'text':
      found = zip(rows.texts, *columns, scores.n_known.tolist(), strict=True)
      return ''.join([f'{self._as_text(*of_row)}\n' for of_row in found])
    return self._delimited([
        [*self._values(*of_row), *map(cell, kept.values())]
        for kept, *of_row in zip(rows.kept, rows.texts, *columns, rows.numbers)
    ])

  def detailed_lines(self, rows: Rows, details: Sequence[Detailed]) -> str:
    """Returns the lines of some rows, as JSON or as text with explanations."""
    if self._format == 'text':
      explained = map(self._as_explained_text, rows.texts, details)
      return ''.join(f'{lines}\n' for lines in explained)
    objects = map(self._as_jsonl, rows.numbers, rows.texts, rows.kept, details)
    return ''.join(f'{line}\n' for line in objects)

  def _columns(self) -> list[str]:
    names = self._class_names
    if names == SENTIMENTS:
      probabilities = [f'log_p_{name}' for name in names]
      return ['label', 'sentiment', *probabilities, 'n_tokens', 'text', 'row']
    probabilities = [f'p_{name}' for name in names]
    return ['label', 'name', *probabilities, 'n_tokens', 'text', 'row']

  def _values(
      self,
      text: str | None,
      label: int,
      log_probabilities: list[float],
      n_tokens: int,
      number: int,
  ) -> list[str]:
    label_or_none, name = self._called(text, label, log_probabilities)
    if name == NO_TEXT:
      numbers = [''] * len(log_probabilities)
    elif self._class_names == SENTIMENTS:
      numbers = [f'{value:.6f}' for value in log_probabilities]
    else:
      numbers = [f'{math.exp(value):.6f}' for value in log_probabilities]
    label_cell = '' if label_or_none is None else str(label)
    return [label_cell, name, *numbers, str(n_tokens), text or '', str(number)]

  def _called(
      self, text: str | None, label: int, log_probabilities: Sequence[float]
  ) -> Called:
    names, least = self._class_names, self._min_probability
    return called(text, label, log_probabilities, names, least)

  def _delimited(self, rows: list[list[str]]) -> str:
    if self._format == 'tsv':
      return ''.join(['\t'.join(map(escape, row)) + '\n' for row in rows])
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\n').writerows(rows)
    return buffer.getvalue()

  def _kept_name(self, name: str) -> str:
    return f'input_{name}' if name in (*self._columns(), *_JSON_FIELDS) else name

  def _as_jsonl(
      self, number: int, text: str | None, kept: dict[str, Any], detailed: Detailed
  ) -> str:
    prediction, explanation = detailed
    found = self._called(text, prediction.label, prediction.log_probabilities)
    fields = {**prediction_fields(text, found, prediction), 'row': number}
    if explanation:
      fields |= explanation_fields(explanation)
    fields |= {self._kept_name(column): value for column, value in kept.items()}
    return json.dumps(fields, default=str)

  def _as_text(
      self,
      text: str | None,
      label: int,
      log_probabilities: Sequence[float],
      n_tokens: int,
      n_known: int,
  ) -> str:
    _, name = self._called(text, label, log_probabilities)
    mark = ''
    if name == NO_TEXT or not n_tokens:
      mark = '(no token to go by) '
    elif not n_known:
      mark = '(no known token) '
    probability = math.exp(log_probabilities[label])
    shown = '   -  ' if name == NO_TEXT else f'{probability:6.1%}'
    if self._coloured:
      name = _coloured(name, self._strength(log_probabilities))
    return f'{name}  {shown}  {mark}{printable(text or "")}'

  def _as_explained_text(self, text: str | None, detailed: Detailed) -> str:
    prediction, explanation = detailed
    assert explanation is not None
    line = self._as_text(
        text,
        prediction.label,
        prediction.log_probabilities,
        len(prediction.tokens),
        prediction.n_known,
    )
    rows = [
        *zip(explanation.tokens, explanation.shares, strict=True),
        ('(bias)', explanation.bias),
        ('(log-odds)', prediction.log_odds),
    ]
    colour = _coloured if self._coloured else _plain
    shares = (f'  {share:+8.3f}  {colour(printable(t), share)}' for t, share in rows)
    return '\n'.join([line, *shares])

  def _strength(self, log_probabilities: Sequence[float]) -> float:
    if len(log_probabilities) > 2:
      return _STRONG_SHARE
    return log_probabilities[1] - log_probabilities[0]


def cell(value: Any) -> str:
  """Returns a value of an input's column as a table has it."""
  if value is None:
    return ''
  if isinstance(value, str):
    return value
  return json.dumps(value, ensure_ascii=False, default=str)


def _plain(token: str, share: float) -> str:
  del share
  return token


def _coloured(token: str, share: float) -> str:
  """Returns `token` in green for positive and red for negative, by strength."""
  colour = 32 if share > 0 else 31
  weight = '1;' if abs(share) >= _STRONG_SHARE else ''
  return f'\x1b[{weight}{colour}m{token}\x1b[0m'
