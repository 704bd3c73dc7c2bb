"""How good predictions are: scores of log-probabilities on labels."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import stats
from sklearn import metrics

from trax_twitter_sentiment.run_directory.model_info import SENTIMENTS

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
class ClassScores:
  """The scores of one class against the others, named as in scikit-learn.

  Attributes:
    precision: of what is called so, the fraction that is.
    recall: of what is so, the fraction that is called so.
    f1: the harmonic mean of both.
    support: how many examples are of the class.
  """

  precision: Score
  recall: Score
  f1: Score
  support: int


@dataclasses.dataclass(frozen=True)
class Evaluation:
  """The scores of a predictor on labelled texts.

  Attributes:
    accuracy: with all weights one; of two classes, that of `compute_accuracy`.
    accuracy_interval: its 95% interval, by Wilson.
    precision: of positive, where there are two classes; so are the next three.
    recall: of positive.
    f1: of positive.
    roc_auc: how often a positive scores above a negative.
    macro_f1: the mean of the F1 of the classes that are there or called.
    macro_recall: the mean of the recalls of the classes that are there.
    log_loss: the mean negative log-probability of the true label, in nats.
    calibration_error: the expected calibration error over 10 bins of equal width: of
      the probability of positive, or of several classes of the one predicted.
    confusion_matrix: rows true and columns predicted: of two, `[[tn, fp], [fn, tp]]`.
    classes: the scores of each class, by its name.
  """

  accuracy: Score
  accuracy_interval: tuple[float, float]
  precision: Score | None
  recall: Score | None
  f1: Score | None
  roc_auc: Score | None
  macro_f1: Score
  macro_recall: Score
  log_loss: Score
  calibration_error: Score
  confusion_matrix: list[list[int]]
  classes: dict[str, ClassScores]


def evaluate(
    log_probabilities: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str] = SENTIMENTS,
) -> Evaluation:
  """Scores predictions.

  Args:
    log_probabilities: <float>[n_texts, n_classes].
    labels: <int>[n_texts], each text's class; at least one.
    class_names: of the classes, in their order.
  """
  n_examples = len(labels)
  predicted = log_probabilities.argmax(axis=1)  # The first of equals.
  n_correct = int((predicted == labels).sum())
  interval = stats.binomtest(n_correct, n_examples).proportion_ci(method='wilson')
  classes = _class_scores(predicted, labels, class_names)
  positive = classes[class_names[1]] if len(class_names) == 2 else None
  recalls = [c.recall.value for c in classes.values() if c.recall.value is not None]
  probabilities, hits = sought(log_probabilities, labels)
  return Evaluation(
      accuracy=Score(n_correct / n_examples, n_examples),
      accuracy_interval=(float(interval.low), float(interval.high)),
      precision=positive.precision if positive else None,
      recall=positive.recall if positive else None,
      f1=positive.f1 if positive else None,
      roc_auc=_roc_auc(log_probabilities, labels) if positive else None,
      macro_f1=_score(
          metrics.f1_score(labels, predicted, average='macro', zero_division=0.0),
          n_examples,
      ),
      macro_recall=_score(float(np.mean(recalls)), n_examples),
      # Not scikit-learn's, which clips probabilities: these are logarithms already.
      log_loss=_score(
          -np.mean(log_probabilities[np.arange(n_examples), labels]), n_examples
      ),
      calibration_error=_score(_calibration_error(probabilities, hits), n_examples),
      confusion_matrix=metrics.confusion_matrix(
          labels, predicted, labels=range(len(class_names))
      ).tolist(),
      classes=classes,
  )


def sought(
    log_probabilities: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns what calibration is about: probabilities, and whether they came true.

  <float>[n_texts] and <int>[n_texts]: of two classes for positive, of several for the
  one predicted.
  """
  if log_probabilities.shape[1] == 2:
    return np.exp(log_probabilities[:, 1]), labels
  hits = log_probabilities.argmax(axis=1) == labels
  return np.exp(log_probabilities.max(axis=1)), hits.astype(int)


def _class_scores(
    predicted: np.ndarray, labels: np.ndarray, class_names: Sequence[str]
) -> dict[str, ClassScores]:
  precision, recall, f1, support = metrics.precision_recall_fscore_support(
      labels, predicted, labels=range(len(class_names)), zero_division=np.nan
  )
  n_called = np.bincount(predicted, minlength=len(class_names))
  return {
      name: ClassScores(
          _score(precision[i], int(n_called[i])),
          _score(recall[i], int(support[i])),
          _score(f1[i], len(labels)),
          int(support[i]),
      )
      for i, name in enumerate(class_names)
  }


def _roc_auc(log_probabilities: np.ndarray, labels: np.ndarray) -> Score:
  both_classes = len(np.unique(labels)) == 2
  odds = log_odds(log_probabilities)
  auc = metrics.roc_auc_score(labels, odds) if both_classes else None
  return _score(auc, len(labels))


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
