"""Predictions as named fields: the only place that defines the content of outputs.

The command line, the web service and batches of tables write these fields.
"""

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.prediction import results
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import DecisionRule, Explanation

_USUAL_RULE = DecisionRule()


def predict_fields(
    predictor: SentimentPredictor,
    texts: Sequence[str | None],
    explain: bool = False,
    rule: DecisionRule = _USUAL_RULE,
) -> list[dict[str, Any]]:
  """Returns the fields of each text's prediction; `None` stands for a missing text."""
  if not explain:
    predictions = zip(texts, predictor.predict(texts), strict=True)
    return [prediction_fields(text, each, rule=rule) for text, each in predictions]
  explanations = ((text, predictor.explain(text or '')) for text in texts)
  return [
      prediction_fields(text, explanation.prediction, explanation, rule)
      for text, explanation in explanations
  ]


def prediction_fields(
    text: str | None,
    prediction: results.Prediction,
    explanation: Explanation | None = None,
    rule: DecisionRule = _USUAL_RULE,
) -> dict[str, Any]:
  """Returns the fields of one prediction, as in JSON.

  Args:
    text: the text; `None` if it is missing.
    prediction: the prediction for the text.
    explanation: an explanation of the prediction to add. Its tokens replace those of
      the prediction.
    rule: turns the prediction into a decision.
  """
  names, label = prediction.class_names, prediction.label
  probabilities = prediction.probabilities
  decision = rule.decide(text, label, probabilities[names[label]], names)
  has_text = decision.name != results.NO_TEXT
  fields: dict[str, Any] = {
      'text': text,
      'label': decision.label,
      **dict.fromkeys(name_fields(names), decision.name),
      'log_probabilities': prediction.log_probabilities if has_text else None,
      'probabilities': probabilities if has_text else None,
      'tokens': prediction.tokens,
      'n_known': prediction.n_known,
  }
  if explanation:
    fields['tokens'] = explanation.tokens
    fields['shares'] = explanation.shares
    fields['bias'] = explanation.bias
    fields['contrast'] = [names[label] for label in prediction.contrast]
    if explanation.source:
      fields['explained_run'] = explanation.source
  return fields


def prediction_columns(
    texts: Sequence[str | None],
    scores: results.Scores,
    class_names: Sequence[str],
    rule: DecisionRule = _USUAL_RULE,
) -> dict[str, list]:
  """Returns the fields of several predictions by column, as in tables.

  The columns are `label`, `name`, and the probability `p_…` of each class. A value is
  `None` where `prediction_fields` has `None`.
  """
  # The last bit of NumPy's exp can differ from that of `math.exp`, which JSON has.
  probabilities: list[list] = [
      [*map(math.exp, values)] for values in scores.log_probabilities.T.tolist()
  ]
  labels, names = [], []
  most_probable = zip(texts, scores.labels.tolist(), map(max, *probabilities))
  for row, (text, label, probability) in enumerate(most_probable):
    decision = rule.decide(text, label, probability, class_names)
    labels.append(decision.label)
    names.append(decision.name)
    if decision.name == results.NO_TEXT:
      for values in probabilities:
        values[row] = None
  columns: list[list] = [labels, names, *probabilities]
  return dict(zip(column_names(class_names), columns, strict=True))


def column_names(class_names: Sequence[str]) -> list[str]:
  """Returns the names of the columns of `prediction_columns`."""
  return ['label', 'name', *(f'p_{name}' for name in class_names)]


def name_fields(class_names: Sequence[str]) -> tuple[str, ...]:
  """Returns the fields of JSON, CSV and TSV with the name of the class.

  For negative and positive, `sentiment` repeats `name`.
  """
  return ('name', 'sentiment') if tuple(class_names) == SENTIMENTS else ('name',)


def all_names(class_names: Sequence[str]) -> frozenset[str]:
  """Returns the names of all fields of all outputs of `predict`."""
  return frozenset((
      *column_names(class_names), *name_fields(class_names), 'text', 'row', 'n_tokens',
      'log_probabilities', 'probabilities', 'tokens', 'n_known', 'shares', 'bias',
      'contrast', 'explained_run',
  ))  # fmt: skip


def kept_name(name: str, fields: Collection[str]) -> str:
  """Returns the name in the output of a column that is copied from the input.

  No two columns of an output have the same name.

  Examples:
    >>> [kept_name(name, ['label']) for name in ('id', 'label', 'input_label')]
    ['id', 'input_label', 'input_input_label']
  """
  return f'input_{name}' if re.sub('^(input_)+', '', name) in fields else name
