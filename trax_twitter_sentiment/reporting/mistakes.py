"""The mistakes of a run: which classes it confuses, and in which texts."""

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np

from trax_twitter_sentiment.prediction.predictor import Explanation, SentimentPredictor

N_MISTAKES = 50
N_CONFUSIONS = 10
# If the run is this sure and wrong, the label may be wrong instead.
SURE = 0.9
N_MISLABELLED = 10


@dataclasses.dataclass(frozen=True)
class Mistake:
  """A text whose predicted class is not its label.

  Attributes:
    text: the text, as the run reads it.
    label: its class.
    predicted: the predicted class.
    probability: the probability of the predicted class.
    explanation: the shares of its tokens; `None` for a model without shares.
  """

  text: str
  label: int
  predicted: int
  probability: float
  explanation: Explanation | None


@dataclasses.dataclass(frozen=True)
class Confusion:
  """A class that is mistaken for another one.

  Attributes:
    label: the true class.
    predicted: the predicted class.
    n_texts: how many texts of the true class are predicted so.
    share: their share of the texts of the true class.
    example: one of these texts, the surest mistake.
  """

  label: int
  predicted: int
  n_texts: int
  share: float
  example: str


@dataclasses.dataclass(frozen=True, eq=False)
class Explainer:
  """Makes a `Mistake` of the index of a text."""

  predictor: SentimentPredictor
  texts: Sequence[str]
  labels: np.ndarray
  log_probabilities: np.ndarray

  def __call__(self, row: int) -> Mistake:
    predicted = int(self.log_probabilities[row].argmax())
    text = self.texts[row]
    return Mistake(
        text,
        int(self.labels[row]),
        predicted,
        float(np.exp(self.log_probabilities[row, predicted])),
        self.predictor.explain(text) if self.predictor.explains else None,
    )


def surest(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Returns <int>[n_mistakes], the indices of all mistakes, the surest first."""
  wrong = np.flatnonzero(log_probabilities.argmax(axis=1) != labels)
  return wrong[np.argsort(-log_probabilities[wrong].max(axis=1), kind='stable')]


def split(
    mistakes: np.ndarray, log_probabilities: np.ndarray, shown: Collection[int]
) -> tuple[list[int], list[int]]:
  """Splits mistakes into those perhaps mislabelled, and others; not all are kept.

  Args:
    mistakes: <int>[n_mistakes], the indices of the mistakes, the surest first.
    log_probabilities: <float64>[n_texts, n_classes].
    shown: the indices of the mistakes that are left out.
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
  # `rows` is sorted, so the first row of a cell is the surest mistake.
  different, firsts, counts = np.unique(cells, return_index=True, return_counts=True)
  supports = np.bincount(labels, minlength=n_classes)
  commonest = np.argsort(-counts, kind='stable')[:N_CONFUSIONS]
  return [
      Confusion(
          int(label := different[i] // n_classes),
          int(different[i] % n_classes),
          int(counts[i]),
          float(counts[i] / supports[label]),
          texts[rows[firsts[i]]],
      )
      for i in commonest
  ]
