"""How good predictions are: scores of log-probabilities on labels."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment import fast_imports
from trax_twitter_sentiment.corpora.corpus import SENTIMENTS

# scikit-learn imports pandas, which takes a third of its time, and has no use for it.
with fast_imports.left_out('pandas'):
  from scipy import stats
  from sklearn import metrics

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


@dataclasses.dataclass(frozen=True)
class LabelCounts:
  """What is counted of texts with one label; counts of several blocks add up.

  Attributes:
    called: <int64>[n_classes, n_bins], how many were called so, by the bin of the
      probability that calibration is about (see `calibrated`).
    probabilities: <float64>[n_classes, n_bins], the sums of theirs.
    log_probabilities: <float64>[n_classes], the sums of those of each class.
  """

  called: np.ndarray
  probabilities: np.ndarray
  log_probabilities: np.ndarray

  def plus(self, other: 'LabelCounts') -> 'LabelCounts':
    return LabelCounts(
        self.called + other.called,
        self.probabilities + other.probabilities,
        self.log_probabilities + other.log_probabilities,
    )


def count(log_probabilities: np.ndarray) -> LabelCounts:
  """Counts predictions of texts with one label, <float>[n_texts, n_classes]."""
  n_classes = log_probabilities.shape[1]
  probabilities = calibrated(log_probabilities)
  # The first of equals, in both: a number for each class and bin.
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
  """Scores predictions.

  Args:
    log_probabilities: <float>[n_texts, n_classes].
    labels: <int>[n_texts], each text's class; at least one.
    class_names: of the classes, in their order.
  """
  counts = [count(log_probabilities[labels == i]) for i in range(len(class_names))]
  evaluation = evaluate_counts(counts, class_names)
  if len(class_names) > 2:
    return evaluation
  return dataclasses.replace(evaluation, roc_auc=_roc_auc(log_probabilities, labels))


def evaluate_counts(
    counts: Sequence[LabelCounts], class_names: Sequence[str]
) -> Evaluation:
  """Scores predictions that are counted, without `roc_auc`, which takes their order.

  Args:
    counts: of the texts of each class, in their order; of one text at least.
    class_names: of the classes.
  """
  called = np.stack([of_label.called for of_label in counts])
  confusion = called.sum(axis=2)
  n_examples = int(confusion.sum())
  n_correct = int(np.trace(confusion))
  classes = _class_scores(confusion, class_names)
  positive = classes[class_names[1]] if len(class_names) == 2 else None
  recalls = [c.recall.value for c in classes.values() if c.recall.value is not None]
  truth, predicted, n_texts = _pairs(confusion)
  own = [of_label.log_probabilities[i] for i, of_label in enumerate(counts)]
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
      # Not scikit-learn's, which clips probabilities: these are logarithms already.
      log_loss=_score(-float(sum(own)) / n_examples, n_examples),
      calibration_error=_score(_calibration_error(counts), n_examples),
      confusion_matrix=confusion.tolist(),
      classes=classes,
  )


def _pairs(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns true and predicted classes, and how many texts have them."""
  truth, predicted = np.nonzero(confusion)
  return truth, predicted, confusion[truth, predicted]


def calibrated(log_probabilities: np.ndarray) -> np.ndarray:
  """Returns the probabilities that calibration is about, <float>[n_texts].

  Of two classes it is that of positive, of several that of the one predicted.
  """
  if log_probabilities.shape[1] == 2:
    return np.exp(log_probabilities[:, 1])
  return np.exp(log_probabilities.max(axis=1))


def sought(
    log_probabilities: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns what calibration is about: probabilities, and whether they came true.

  <float>[n_texts] and <int>[n_texts]: of two classes for positive, of several for the
  one predicted.
  """
  probabilities = calibrated(log_probabilities)
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
  support, n_called = confusion.sum(axis=1).tolist(), confusion.sum(axis=0).tolist()
  return {
      name: ClassScores(
          _score(precision[i], n_called[i]),
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
  """Returns <float>[n_texts], of positive to negative, from <float>[n_texts, 2]."""
  return log_probabilities[:, 1] - log_probabilities[:, 0]


@dataclasses.dataclass(frozen=True)
class CalibrationBin:
  """Predictions of about the same probability.

  Attributes:
    n_texts: how many they are.
    probability: the mean of theirs.
    rate: the fraction of them that is true.
    interval: its 95% interval, by Wilson.
  """

  n_texts: int
  probability: float
  rate: float
  interval: tuple[float, float]


def calibration_bins(
    probabilities: np.ndarray, labels: np.ndarray
) -> list[CalibrationBin]:
  """Groups predictions by their probability, in 10 bins of equal width.

  Args:
    probabilities: <float>[n_texts].
    labels: <int>[n_texts], 1 for what is true and else 0.

  Returns:
    Those of the bins that hold any.
  """
  bins = _bins(probabilities)
  found = []
  for i in np.unique(bins).tolist():
    hits = labels[bins == i]
    n_true, n_texts = int(hits.sum()), len(hits)
    probability = float(probabilities[bins == i].mean())
    found.append(
        CalibrationBin(n_texts, probability, n_true / n_texts, _wilson(n_true, n_texts))
    )
  return found


def _wilson(n_true: int, n_examples: int) -> tuple[float, float]:
  interval = stats.binomtest(n_true, n_examples).proportion_ci(method='wilson')
  return float(interval.low), float(interval.high)


def _bins(probabilities: np.ndarray) -> np.ndarray:
  """Returns each one's bin, of equal width."""
  bins = (probabilities * _N_CALIBRATION_BINS).astype(int)
  return np.minimum(bins, _N_CALIBRATION_BINS - 1)


def _calibration_error(counts: Sequence[LabelCounts]) -> float:
  """Returns the mean distance of bins' mean probability and rate, by their texts."""
  if len(counts) == 2:
    true = counts[1].called.sum(axis=0)
  else:
    true = sum(of_label.called[i] for i, of_label in enumerate(counts))
  probabilities = sum(of_label.probabilities.sum(axis=0) for of_label in counts)
  n_texts = sum(int(of_label.called.sum()) for of_label in counts)
  return float(np.abs(probabilities - true).sum() / n_texts)


def _score(value: float | None, n_examples: int) -> Score:
  if value is None or np.isnan(value):
    return Score(None, n_examples)
  return Score(float(value), n_examples)
