"""How good predictions are: scores of log-probabilities on labels."""

import dataclasses

import numpy as np
from scipy import stats
from sklearn import metrics

from trax_twitter_sentiment.metrics import compute_accuracy

_N_CALIBRATION_BINS = 10


@dataclasses.dataclass(frozen=True)
class Score:
  """One figure.

  Attributes:
    value: the figure; `None` where it is undefined, as precision is where nothing
      is called positive.
    n_examples: how many examples it is taken over.
  """

  value: float | None
  n_examples: int


@dataclasses.dataclass(frozen=True)
class Evaluation:
  """The scores of a predictor on labelled texts, positive being the class sought.

  Attributes:
    accuracy: by `compute_accuracy`, all weights one.
    accuracy_interval: its 95% interval, by Wilson.
    precision: of what is called positive, the fraction that is.
    recall: of what is positive, the fraction that is called so.
    f1: the harmonic mean of both.
    roc_auc: how often a positive scores above a negative.
    log_loss: the mean negative log-probability of the true label, in nats.
    calibration_error: the expected calibration error of the probability of
      positive, over 10 bins of equal width.
    confusion_matrix: `[[tn, fp], [fn, tp]]`, rows true and columns predicted.
  """

  accuracy: Score
  accuracy_interval: tuple[float, float]
  precision: Score
  recall: Score
  f1: Score
  roc_auc: Score
  log_loss: Score
  calibration_error: Score
  confusion_matrix: list[list[int]]


def evaluate(log_probabilities: np.ndarray, labels: np.ndarray) -> Evaluation:
  """Scores predictions.

  Args:
    log_probabilities: <float>[n_texts, 2], of negative and of positive.
    labels: <int>[n_texts], 1 for positive and 0 for negative; at least one.
  """
  n_examples = len(labels)
  accuracy, _, _ = compute_accuracy(
      log_probabilities, labels, np.ones(n_examples)
  )
  n_correct = round(float(accuracy) * n_examples)
  interval = stats.binomtest(n_correct, n_examples).proportion_ci(method='wilson')

  predicted = (log_probabilities[:, 1] > log_probabilities[:, 0]).astype(int)
  precision, recall, f1, _ = metrics.precision_recall_fscore_support(
      labels, predicted, average='binary', zero_division=np.nan
  )
  both_classes = len(np.unique(labels)) == 2
  positive = np.exp(log_probabilities[:, 1])
  odds = log_odds(log_probabilities)
  auc = metrics.roc_auc_score(labels, odds) if both_classes else None
  return Evaluation(
      accuracy=Score(float(accuracy), n_examples),
      accuracy_interval=(float(interval.low), float(interval.high)),
      precision=_score(precision, int(predicted.sum())),
      recall=_score(recall, int(labels.sum())),
      f1=_score(f1, n_examples),
      roc_auc=_score(auc, n_examples),
      # Not scikit-learn's, which clips probabilities: these are logarithms already.
      log_loss=_score(
          -np.mean(log_probabilities[np.arange(n_examples), labels]), n_examples
      ),
      calibration_error=_score(_calibration_error(positive, labels), n_examples),
      confusion_matrix=metrics.confusion_matrix(
          labels, predicted, labels=[0, 1]
      ).tolist(),
  )


def log_odds(log_probabilities: np.ndarray) -> np.ndarray:
  """Returns <float>[n_texts], of positive to negative, from <float>[n_texts, 2]."""
  return log_probabilities[:, 1] - log_probabilities[:, 0]


def calibration_bins(
    probabilities: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Groups predictions by their probability of positive, in bins of equal width.

  Returns:
    For each of 10 bins, <float64>[10]: the number of examples, the mean of their
    probabilities, and the fraction of them that is positive; NaN where there are none.
  """
  bins = np.minimum(
      (probabilities * _N_CALIBRATION_BINS).astype(int), _N_CALIBRATION_BINS - 1
  )
  counts = np.bincount(bins, minlength=_N_CALIBRATION_BINS)
  divisors = np.where(counts, counts, np.nan)
  mean = np.bincount(bins, probabilities, _N_CALIBRATION_BINS) / divisors
  positive = np.bincount(bins, labels, _N_CALIBRATION_BINS) / divisors
  return counts, mean, positive


def _calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
  counts, mean, positive = calibration_bins(probabilities, labels)
  return float(np.nansum(counts * np.abs(mean - positive)) / counts.sum())


def _score(value: float | None, n_examples: int) -> Score:
  if value is None or np.isnan(value):
    return Score(None, n_examples)
  return Score(float(value), n_examples)
