"""The mistakes of a run: which classes it confuses, and in which texts."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.prediction.predictor import Explanation, SentimentPredictor

N_MISTAKES = 50
N_CONFUSIONS = 10
# If a wrong prediction is at least this probable, the label may be wrong instead.
SURE = 0.9
N_MISLABELLED = 10


class Mistake(NamedTuple):
  """A text whose predicted class is not its label."""

  text: str  # The text as the run reads it.
  label: int
  predicted: int
  probability: float  # The probability of the predicted class.
  explanation: Explanation | None  # `None` for a model without shares.


class Confusion(NamedTuple):
  """A class that is mistaken for another one."""

  label: int
  predicted: int
  n_texts: int
  share: float  # The share of the texts of the true class.
  example: str  # The text of the most probable mistake.


def mistake(
    predictor: SentimentPredictor, text: str, label: int, log_probabilities: np.ndarray
) -> Mistake:
  """Returns the mistake in a text, by <float64>[n_classes] log-probabilities."""
  predicted = int(log_probabilities.argmax())
  probability = float(np.exp(log_probabilities[predicted]))
  explanation = predictor.explain(text) if predictor.explains else None
  return Mistake(text, label, predicted, probability, explanation)


def surest(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Returns <int>[n_mistakes], the indices of mistakes, the most probable first."""
  wrong = np.flatnonzero(log_probabilities.argmax(axis=1) != labels)
  return wrong[np.argsort(-log_probabilities[wrong].max(axis=1), kind='stable')]


def split(
    mistakes: np.ndarray, log_probabilities: np.ndarray, shown: Collection[int]
) -> tuple[list[int], list[int]]:
  """Returns the mistakes to show: perhaps mislabelled texts, and other texts.

  `mistakes` is the result of `surest`. The mistakes in `shown` are left out.
  """
  rows = [row for row in mistakes.tolist() if row not in shown]
  probabilities = np.exp(log_probabilities.max(axis=1))
  mislabelled = [row for row in rows if probabilities[row] >= SURE][:N_MISLABELLED]
  return mislabelled, rows[len(mislabelled) :][:N_MISTAKES]


def confusions(
    texts: Sequence[str], labels: np.ndarray, log_probabilities: np.ndarray
) -> list[Confusion]:
  """Returns the commonest confusions, the commonest first."""
  n_classes = log_probabilities.shape[1]
  rows = surest(log_probabilities, labels)
  cells = labels[rows] * n_classes + log_probabilities[rows].argmax(axis=1)
  # `rows` is sorted, so the first row of a cell is the most probable mistake.
  different, firsts, counts = np.unique(cells, return_index=True, return_counts=True)
  supports = np.bincount(labels, minlength=n_classes)
  commonest = np.argsort(-counts, kind='stable')[:N_CONFUSIONS]
  result = []
  for cell, first, count in zip(
      different[commonest].tolist(), firsts[commonest], counts[commonest].tolist()
  ):
    label, predicted = divmod(cell, n_classes)
    share = float(count / supports[label])
    result.append(Confusion(label, predicted, count, share, texts[rows[first]]))
  return result
