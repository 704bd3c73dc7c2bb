"""Scores of predictions against labels."""

import dataclasses
from collections.abc import Sequence

from trax_twitter_sentiment.trax_support import fast_imports

import numpy as np

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS

# scikit-learn imports pandas, which it does not need here. Without pandas, its import
# is a third faster.
with fast_imports.left_out('pandas'):
  from scipy import stats
  from sklearn import metrics

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
  """The scores of one class against the others, named as in scikit-learn.

  Attributes:
    precision: the fraction of the texts predicted as the class that belong to it.
    recall: the fraction of the texts of the class that are predicted as the class.
    f1: the harmonic mean of precision and recall.
    support: the number of texts of the class.
  """

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
    precision: the precision of the second class of two; `None` for more classes.
    recall: the recall of the second class of two; `None` for more classes.
    f1: the F1 of the second class of two; `None` for more classes.
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
  """Returns the sums over texts of one label.

  Args:
    log_probabilities: <float>[n_texts, n_classes].
  """
  n_classes = log_probabilities.shape[1]
  probabilities = event_probabilities(log_probabilities)
  # The index of a pair of a class and a bin, so that one `bincount` counts both.
  cells = log_probabilities.argmax(axis=1) * _N_CALIBRATION_BINS + _bins(probabilities)
  shape = n_classes, _N_CALIBRATION_BINS
  n_cells = n_classes * _N_CALIBRATION_BINS
  return LabelCounts(
      np.bincount(cells, minlength=n_cells).reshape(shape),
      np.bincount(cells, probabilities, n_cells).reshape(shape),
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
  return dataclasses.replace(evaluation, roc_auc=_roc_auc(log_probabilities, labels))


def evaluate_counts(
    counts: Sequence[LabelCounts], class_names: Sequence[str]
) -> Evaluation:
  """Returns the scores of counted predictions.

  `roc_auc` is `None`, since it requires the order of all predictions.

  Args:
    counts: the sums over the texts of each class, in the order of the classes, of at
      least one text.
    class_names: the names of the classes.
  """
  confusion = np.stack([of_label.n_predicted.sum(axis=1) for of_label in counts])
  n_examples = int(confusion.sum())
  n_correct = int(np.trace(confusion))
  classes = _class_scores(confusion, class_names)
  positive = classes[class_names[1]] if len(class_names) == 2 else None
  recalls = [c.recall.value for c in classes.values() if c.recall.value is not None]
  truth, predicted, n_texts = _pairs(confusion)
  true_log_probabilities = sum(c.log_probabilities[i] for i, c in enumerate(counts))
  return Evaluation(
      accuracy=Score(n_correct / n_examples, n_examples),
      accuracy_interval=_wilson(n_correct, n_examples),
      precision=positive.precision if positive else None,
      recall=positive.recall if positive else None,
      f1=positive.f1 if positive else None,
      roc_auc=None,
      macro_f1=_score(
          metrics.f1_score(
              truth,
              predicted,
              average='macro',
              sample_weight=n_texts,
              zero_division=0.0,
          ),
          n_examples,
      ),
      macro_recall=_score(float(np.mean(recalls)), n_examples),
      # scikit-learn's log_loss clips probabilities. Logarithms need no clipping.
      log_loss=_score(-float(true_log_probabilities) / n_examples, n_examples),
      calibration_error=_score(_calibration_error(counts), n_examples),
      confusion_matrix=confusion.tolist(),
      classes=classes,
  )


def _pairs(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns true classes, predicted classes, and the number of texts of each pair."""
  truth, predicted = np.nonzero(confusion)
  return truth, predicted, confusion[truth, predicted]


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
  classes, the event is that the predicted class is right.

  Args:
    log_probabilities: <float>[n_texts, n_classes].
    labels: <int>[n_texts].

  Returns:
    <float>[n_texts] and <int>[n_texts].
  """
  probabilities = event_probabilities(log_probabilities)
  if log_probabilities.shape[1] == 2:
    return probabilities, labels
  return probabilities, (log_probabilities.argmax(axis=1) == labels).astype(int)


def _class_scores(
    confusion: np.ndarray, class_names: Sequence[str]
) -> dict[str, ClassScores]:
  truth, predicted, n_texts = _pairs(confusion)
  precision, recall, f1, _ = metrics.precision_recall_fscore_support(
      truth,
      predicted,
      labels=range(len(class_names)),
      sample_weight=n_texts,
      zero_division=np.nan,
  )
  support = confusion.sum(axis=1).tolist()
  n_predicted = confusion.sum(axis=0).tolist()
  return {
      name: ClassScores(
          _score(precision[i], n_predicted[i]),
          _score(recall[i], support[i]),
          _score(f1[i], sum(support)),
          support[i],
      )
      for i, name in enumerate(class_names)
  }


def _roc_auc(log_probabilities: np.ndarray, labels: np.ndarray) -> Score:
  both_classes = len(np.unique(labels)) == 2
  odds = log_odds(log_probabilities)
  auc = metrics.roc_auc_score(labels, odds) if both_classes else None
  return _score(auc, len(labels))


def log_odds(log_probabilities: np.ndarray) -> np.ndarray:
  """Returns the log-odds of the second class.

  Turns <float>[n_texts, 2] into <float>[n_texts].
  """
  return log_probabilities[:, 1] - log_probabilities[:, 0]


@dataclasses.dataclass(frozen=True)
class CalibrationBin:
  """Predictions of about the same probability.

  Attributes:
    n_texts: the number of predictions.
    probability: their mean probability.
    rate: the fraction of the predicted events that occurred.
    interval: the 95% Wilson interval of the rate.
  """

  n_texts: int
  probability: float
  rate: float
  interval: tuple[float, float]


def calibration_bins(
    probabilities: np.ndarray, events: np.ndarray
) -> list[CalibrationBin]:
  """Groups predictions by their probability, in 10 bins of equal width.

  Args:
    probabilities: <float>[n_texts], the predicted probabilities.
    events: <int>[n_texts], 1 if the predicted event occurred, 0 if not.

  Returns:
    The bins that contain a prediction.
  """
  bin_of_text = _bins(probabilities)
  bins = []
  for i in np.unique(bin_of_text).tolist():
    is_in_bin = bin_of_text == i
    n_occurred, n_texts = int(events[is_in_bin].sum()), int(is_in_bin.sum())
    probability = float(probabilities[is_in_bin].mean())
    interval = _wilson(n_occurred, n_texts)
    bins.append(CalibrationBin(n_texts, probability, n_occurred / n_texts, interval))
  return bins


def _wilson(n_true: int, n_examples: int) -> tuple[float, float]:
  """Returns the 95% Wilson interval of a fraction."""
  interval = stats.binomtest(n_true, n_examples).proportion_ci(method='wilson')
  return float(interval.low), float(interval.high)


def _bins(probabilities: np.ndarray) -> np.ndarray:
  """Returns the bin of each probability."""
  bins = (probabilities * _N_CALIBRATION_BINS).astype(int)
  return np.minimum(bins, _N_CALIBRATION_BINS - 1)


def _calibration_error(counts: Sequence[LabelCounts]) -> float:
  """Returns the mean difference between probability and rate, weighted by bin."""
  if len(counts) == 2:
    n_occurred = counts[1].n_predicted.sum(axis=0)
  else:
    n_occurred = sum(of_label.n_predicted[i] for i, of_label in enumerate(counts))
  probabilities = sum(of_label.probabilities.sum(axis=0) for of_label in counts)
  n_texts = sum(int(of_label.n_predicted.sum()) for of_label in counts)
  return float(np.abs(probabilities - n_occurred).sum() / n_texts)


def _score(value: float | None, n_examples: int) -> Score:
  if value is None or np.isnan(value):
    return Score(None, n_examples)
  return Score(float(value), n_examples)
