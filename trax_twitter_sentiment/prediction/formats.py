"""The lines that `predict` writes: text for reading, TSV, CSV and JSON Lines."""

import abc
import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from trax_twitter_sentiment.prediction import fields
from trax_twitter_sentiment.prediction.notation import (
    SMALLEST_SHARE,
    STRONG_SHARE,
    percent,
)
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import NO_TEXT, DecisionRule, Explanation
from trax_twitter_sentiment.tables.escapes import csv_line, escape, printable

_GREEN, _RED = 32, 31


class Rows(NamedTuple):
  """Rows to predict, by column."""

  numbers: list[int]  # The number of each row in the input.
  texts: list[str | None]
  kept: list[dict[str, Any]]  # For each row, the columns to copy, by name.


@dataclasses.dataclass(frozen=True)
class OutputFormat(abc.ABC):
  """A format of predictions as lines. It can be pickled for other processes."""

  class_names: tuple[str, ...]
  rule: DecisionRule = dataclasses.field(default_factory=DecisionRule)
  explain: bool = False
  coloured: bool = False  # Whether to use the colours of a terminal.

  def header(self, kept: Sequence[str]) -> str:
    """Returns the lines before the first row; `kept` are names of columns to copy."""
    del kept
    return ''

  @abc.abstractmethod
  def lines(self, predictor: SentimentPredictor, rows: Rows) -> str:
    """Predicts rows and returns their lines."""


class Text(OutputFormat):
  """Text for reading: a line for each text.

  An explanation colours the words of the line, and adds a line for each token.
  """

  def lines(self, predictor: SentimentPredictor, rows: Rows) -> str:
    if self.explain:
      return ''.join(
          self._explained(text, predictor.explain(text or '')) for text in rows.texts
      )
    scores = predictor.score(rows.texts)
    columns = (column.tolist() for column in (scores.labels, *scores))
    return ''.join([self._line(*row) for row in zip(rows.texts, *columns, strict=True)])

  def _line(
      self,
      text: str | None,
      label: int,
      log_probabilities: Sequence[float],
      n_tokens: int,
      n_known: int,
      marked: str | None = None,
  ) -> str:
    """Returns the line of a text; `marked` is the text with colours, if given."""
    probability = math.exp(log_probabilities[label])
    _, name = self.rule.decide(text, label, probability, self.class_names)
    shown = '   -  ' if name == NO_TEXT else f'{percent(probability):>6}'
    mark = ''
    if name == NO_TEXT or not n_tokens:
      mark = '(no token) '
    elif not n_known:
      mark = '(no known token) '
    strength = STRONG_SHARE
    if len(log_probabilities) == 2:
      strength = log_probabilities[1] - log_probabilities[0]
    name = self._in_colour(name, strength)
    return f'{name}  {shown}  {mark}{marked or printable(text or "")}\n'

  def _explained(self, text: str | None, explanation: Explanation) -> str:
    prediction = explanation.prediction
    title = 'log-odds'
    if len(self.class_names) > 2:
      first, second = (self.class_names[label] for label in prediction.contrast)
      title = f'log-odds of {first} rather than {second}'
    if explanation.source:
      title += f', by {explanation.source} alone'
    rows = [
        *zip(explanation.tokens, explanation.shares, strict=True),
        ('(bias)', explanation.bias),
        (f'({title})', explanation.log_odds),
    ]
    marked = ''.join(
        self._in_colour(printable(fragment), share or 0.0)
        for fragment, share in explanation.marked_text
    )
    line = self._line(
        text, prediction.label, prediction.log_probabilities, len(prediction.tokens),
        prediction.n_known, marked,
    )  # fmt: skip
    return line + ''.join(
        f'  {share:+8.3f}  {self._in_colour(printable(token), share)}\n'
        for token, share in rows
    )

  def _in_colour(self, text: str, strength: float) -> str:
    """Returns a text in green for a positive strength, in red for a negative one.

    Texts of a strong share are bold.
    """
    if not self.coloured or abs(strength) < SMALLEST_SHARE:
      return text
    weight = '1;' if abs(strength) >= STRONG_SHARE else ''
    return f'\x1b[{weight}{_GREEN if strength > 0 else _RED}m{text}\x1b[0m'


class _Table(OutputFormat):
  """A table with a header."""

  def header(self, kept: Sequence[str]) -> str:
    label, _, *probabilities = fields.column_names(self.class_names)
    names = fields.name_fields(self.class_names)
    reserved = fields.all_names(self.class_names)
    kept = [fields.kept_name(name, reserved) for name in kept]
    return self._joined(
        [[label, *names, *probabilities, 'n_tokens', 'text', 'row', *kept]]
    )

  def lines(self, predictor: SentimentPredictor, rows: Rows) -> str:
    scores = predictor.score(rows.texts)
    labels, names, *probabilities = fields.prediction_columns(
        rows.texts, scores, self.class_names, self.rule
    ).values()
    columns = (
        ['' if label is None else str(label) for label in labels],
        *[names] * len(fields.name_fields(self.class_names)),
        # Significant digits, so that small probabilities are not rounded to 0.
        *(['' if p is None else f'{p:.6g}' for p in each] for each in probabilities),
        map(str, scores.n_tokens.tolist()),
        [text or '' for text in rows.texts],
        map(str, rows.numbers),
    )
    return self._joined([
        [*cells, *map(cell, kept.values())] for kept, *cells in zip(rows.kept, *columns)
    ])

  @abc.abstractmethod
  def _joined(self, rows: list[list[str]]) -> str:
    """Returns the lines of rows of cells."""


class Tsv(_Table):
  """TSV, with escapes for tabs, line ends and backslashes in texts."""

  def _joined(self, rows: list[list[str]]) -> str:
    return ''.join(['\t'.join(map(escape, row)) + '\n' for row in rows])


class Csv(_Table):
  """CSV as in RFC 4180."""

  def _joined(self, rows: list[list[str]]) -> str:
    return ''.join(map(csv_line, rows))


class JsonLines(OutputFormat):
  """JSON Lines: an object for each text."""

  def lines(self, predictor: SentimentPredictor, rows: Rows) -> str:
    objects = fields.predict_fields(predictor, rows.texts, self.explain, self.rule)
    reserved = fields.all_names(self.class_names)
    for values, number, kept in zip(objects, rows.numbers, rows.kept, strict=True):
      values['row'] = number
      for name, value in kept.items():
        values[fields.kept_name(name, reserved)] = value
    return ''.join([_json(values) + '\n' for values in objects])


FORMATS: dict[str, type[OutputFormat]] = {
    'text': Text, 'tsv': Tsv, 'csv': Csv, 'jsonl': JsonLines,
}  # fmt: skip
# The formats with row numbers and with columns that are copied from the input.
WITH_COLUMNS = ('tsv', 'csv', 'jsonl')


def _json(value: Any) -> str:
  """Returns JSON, in which null replaces NaN and infinity. JSON has neither."""
  try:
    return json.dumps(value, default=str, allow_nan=False)
  except ValueError:
    return json.dumps(_with_nulls(value), default=str)


def _with_nulls(value: Any) -> Any:
  """Returns a value in which `None` replaces NaN and infinity."""
  if isinstance(value, float) and not math.isfinite(value):
    return None
  if isinstance(value, dict):
    return {name: _with_nulls(item) for name, item in value.items()}
  return [*map(_with_nulls, value)] if isinstance(value, (list, tuple)) else value


def cell(value: Any) -> str:
  """Returns the value of a column as the cell of a table."""
  if isinstance(value, str):
    return value
  value = _with_nulls(value)
  return '' if value is None else json.dumps(value, ensure_ascii=False, default=str)
