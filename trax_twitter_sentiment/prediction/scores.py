"""Scores of predictions against labels."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import stats

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS

_N_CALIBRATION_BINS = 10


@dataclasses.dataclass(frozen=True)
class Score:
  """A score.

  Attributes:
    value: the score; `None` if it is undefined, like the precision of a class that is
      never predicted.
    n_examples: the number of texts from which the score is computed.
  """

  value: float | None
  n_examples: int


@dataclasses.dataclass(frozen=True)
class ClassScores:
  """The scores of one class against the others, named as in scikit-learn."""

  precision: Score
  recall: Score
  f1: Score
  support: int


@dataclasses.dataclass(frozen=True)
class Evaluation:
  """The scores of a predictor on labelled texts.

  Attributes:
    accuracy: the fraction of correct predictions, equal to `compute_accuracy` with
      weights of one.
    accuracy_interval: the 95% Wilson interval of the accuracy.
    precision, recall, f1: the scores of the second class of two; `None` for more
      classes.
    roc_auc: the area under the ROC curve for two classes; otherwise `None`.
    macro_f1: the mean F1 of the classes that occur or are predicted.
    macro_recall: the mean recall of the classes that occur.
    log_loss: the mean negative log-probability of the true class, in nats.
    calibration_error: the expected calibration error over 10 bins of equal width, of
      the probabilities of `calibration_events`.
    confusion_matrix: true classes as rows and predicted classes as columns. For two
      classes, `[[tn, fp], [fn, tp]]`.
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

  def _repr_html_(self) -> str:
    # A lazy import, since only notebooks need HTML.
    from trax_twitter_sentiment.prediction.html import evaluation_html

    return evaluation_html(self)


@dataclasses.dataclass(frozen=True)
class LabelCounts:
  """Sums over the texts of one label, which can be added for several blocks.

  Attributes:
    n_predicted: <int64>[n_classes, n_bins], the number of texts by predicted class and
      by the bin of their `event_probabilities`.
    probabilities: <float64>[n_classes, n_bins], the sums of these probabilities.
    log_probabilities: <float64>[n_classes], the sums of the log-probabilities.
  """

  n_predicted: np.ndarray
  probabilities: np.ndarray
  log_probabilities: np.ndarray

  def plus(self, other: 'LabelCounts') -> 'LabelCounts':
    """Returns the sums of both blocks."""
    return LabelCounts(
        self.n_predicted + other.n_predicted,
        self.probabilities + other.probabilities,
        self.log_probabilities + other.log_probabilities,
    )


def count(log_probabilities: np.ndarray) -> LabelCounts:
  """Returns the sums over texts of one label, from <float>[n_texts, n_classes]."""
  shape = log_probabilities.shape[1], _N_CALIBRATION_BINS
  probabilities = event_probabilities(log_probabilities)
  # The index of a pair of a class and a bin, so that one `bincount` counts both.
  cells = log_probabilities.argmax(axis=1) * _N_CALIBRATION_BINS + _bins(probabilities)
  return LabelCounts(
      np.bincount(cells, minlength=np.prod(shape)).reshape(shape),
      np.bincount(cells, probabilities, np.prod(shape)).reshape(shape),
      log_probabilities.sum(axis=0),
  )


def evaluate(
    log_probabilities: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str] = SENTIMENTS,
) -> Evaluation:
  """Returns the scores of predictions.

  Args:
    log_probabilities: <float>[n_texts, n_classes], of at least one text.
    labels: <int>[n_texts], the true class of each text.
    class_names: the names of the classes, in the order of the columns.
  """
  counts = [count(log_probabilities[labels == i]) for i in range(len(class_names))]
  evaluation = evaluate_counts(counts, class_names)
  if len(class_names) > 2:
    return evaluation
  # The area is the share of the pairs of both classes that the log-odds rank correctly.
  is_second = labels == 1
  n_second, n_pairs = is_second.sum(), is_second.sum() * (~is_second).sum()
  ranks = stats.rankdata(log_odds(log_probabilities))[is_second].sum()
  n_ranked = float(ranks - n_second * (n_second + 1) / 2)
  return dataclasses.replace(
      evaluation, roc_auc=_ratio(n_ranked, int(n_pairs), len(labels))
  )


def evaluate_counts(
    counts: Sequence[LabelCounts], class_names: Sequence[str]
) -> Evaluation:
  """Returns the scores of counted predictions, of at least one text.

  `roc_auc` is `None`, since it requires the order of all predictions.

  Args:
    counts: the sums over the texts of each class, in the order of the classes.
    class_names: the names of the classes.
  """
  confusion = np.stack([of_label.n_predicted.sum(axis=1) for of_label in counts])
  n_texts, n_correct = int(confusion.sum()), int(np.trace(confusion))
  supports, n_predicted = confusion.sum(axis=1).tolist(), confusion.sum(axis=0).tolist()
  classes = {
      name: ClassScores(
          precision=_ratio(n_right, predicted),
          recall=_ratio(n_right, support),
          f1=_ratio(2 * n_right, predicted + support, n_texts),
          support=support,
      )
      for name, n_right, predicted, support in zip(
          class_names, confusion.diagonal().tolist(), n_predicted, supports
      )
  }
  second = classes[class_names[1]] if len(class_names) == 2 else None
  # scikit-learn's log_loss clips probabilities. Logarithms need no clipping.
  log_probability = sum(c.log_probabilities[i] for i, c in enumerate(counts))
  return Evaluation(
      accuracy=Score(n_correct / n_texts, n_texts),
      accuracy_interval=wilson(n_correct, n_texts),
      precision=second.precision if second else None,
      recall=second.recall if second else None,
      f1=second.f1 if second else None,
      roc_auc=None,
      macro_f1=_mean([scores.f1 for scores in classes.values()], n_texts),
      macro_recall=_mean([scores.recall for scores in classes.values()], n_texts),
      log_loss=Score(-float(log_probability) / n_texts, n_texts),
      calibration_error=Score(_calibration_error(counts) / n_texts, n_texts),
      confusion_matrix=confusion.tolist(),
      classes=classes,
  )


def event_probabilities(log_probabilities: np.ndarray) -> np.ndarray:
  """Returns <float>[n_texts], the probabilities of `calibration_events`."""
  if log_probabilities.shape[1] == 2:
    return np.exp(log_probabilities[:, 1])
  return np.exp(log_probabilities.max(axis=1))


def calibration_events(
    log_probabilities: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns predicted probabilities, and whether the predicted event occurred.

  For two classes, the event is that the text belongs to the second class. For more
  classes, the event is that the predicted class is right. The shapes of the results are
  <float>[n_texts] and <int>[n_texts].
  """
  probabilities = event_probabilities(log_probabilities)
  if log_probabilities.shape[1] == 2:
    return probabilities, labels
  return probabilities, (log_probabilities.argmax(axis=1) == labels).astype(int)


def log_odds(log_probabilities: np.ndarray) -> np.ndarray:
  """Returns <float>[n_texts], the log-odds of the second of two classes."""
  return log_probabilities[:, 1] - log_probabilities[:, 0]


@dataclasses.dataclass(frozen=True)
class CalibrationBin:
  """Predictions of about the same probability."""

  n_texts: int
  probability: float  # The mean predicted probability.
  rate: float  # The fraction of the predicted events that occurred.
  interval: tuple[float, float]  # The 95% Wilson interval of the rate.


def calibration_bins(
    probabilities: np.ndarray, events: np.ndarray
) -> list[CalibrationBin]:
  """Groups the results of `calibration_events` in 10 bins of equal width.

  Bins without a prediction are left out.
  """
  bin_of_text = _bins(probabilities)
  bins = []
  for i in np.unique(bin_of_text).tolist():
    is_in_bin = bin_of_text == i
    n_occurred, n_texts = int(events[is_in_bin].sum()), int(is_in_bin.sum())
    mean, rate = float(probabilities[is_in_bin].mean()), n_occurred / n_texts
    bins.append(CalibrationBin(n_texts, mean, rate, wilson(n_occurred, n_texts)))
  return bins


def wilson(n_true: int, n_examples: int) -> tuple[float, float]:
  """Returns the 95% Wilson interval of a fraction."""
  interval = stats.binomtest(n_true, n_examples).proportion_ci(method='wilson')
  return float(interval.low), float(interval.high)


def _bins(probabilities: np.ndarray) -> np.ndarray:
  bins = (probabilities * _N_CALIBRATION_BINS).astype(int)
  return np.minimum(bins, _N_CALIBRATION_BINS - 1)


def _calibration_error(counts: Sequence[LabelCounts]) -> float:
  """Returns the sum over bins of |expected minus occurred events|."""
  if len(counts) == 2:
    n_occurred = counts[1].n_predicted.sum(axis=0)
  else:
    n_occurred = sum(of_label.n_predicted[i] for i, of_label in enumerate(counts))
  n_expected = sum(of_label.probabilities.sum(axis=0) for of_label in counts)
  return float(np.abs(n_expected - n_occurred).sum())


def _ratio(numerator: float, denominator: int, n_texts: int | None = None) -> Score:
  """Returns a ratio, of `denominator` texts unless `n_texts` is given."""
  value = numerator / denominator if denominator else None
  return Score(value, denominator if n_texts is None else n_texts)


def _mean(scores: Sequence[Score], n_texts: int) -> Score:
  """Returns the mean of the defined scores."""
  values = [score.value for score in scores if score.value is not None]
  return Score(float(np.mean(values)), n_texts)
