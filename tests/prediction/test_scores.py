"""Evaluation scores and calibration bins."""

import numpy as np
import pytest
from sklearn import metrics

from trax_twitter_sentiment.prediction.scores import calibration_bins, evaluate

# The predicted labels are 1, 1, 0 and 0 (a tie). The first and third ones are right.
PROBABILITIES = np.array([0.8, 0.6, 0.3, 0.5])
LABELS = np.array([1, 0, 0, 1])


def log_probabilities(positive):
  return np.log(np.stack([1 - positive, positive], axis=1))


def test_scores_follow_their_definitions():
  result = evaluate(log_probabilities(PROBABILITIES), LABELS)
  assert (result.accuracy.value, result.accuracy.n_examples) == (0.5, 4)
  assert (result.precision.value, result.precision.n_examples) == (0.5, 2)
  assert (result.recall.value, result.recall.n_examples) == (0.5, 2)
  assert result.f1.value == 0.5
  # Three of the four pairs are ranked correctly; (0.5, 0.6) is not.
  assert result.roc_auc.value == 0.75
  assert result.confusion_matrix == [[1, 1], [1, 1]]
  losses = -np.log([0.8, 0.4, 0.7, 0.5])
  assert result.log_loss.value == pytest.approx(losses.mean())
  # Each text is in a separate bin.
  assert result.calibration_error.value == pytest.approx((0.2 + 0.6 + 0.3 + 0.5) / 4)


def test_accuracy_interval_is_close_to_the_normal_approximation():
  labels = np.tile([1, 0], 500)
  right = np.arange(1000) < 900
  probabilities = np.where(right == labels, 0.9, 0.1)
  low, high = evaluate(log_probabilities(probabilities), labels).accuracy_interval
  # The normal approximation is 0.9 ± 1.96 * sqrt(0.09 / 1000).
  assert (low, high) == pytest.approx((0.8814, 0.9186), abs=0.002)


def test_undefined_scores_are_none():
  result = evaluate(log_probabilities(np.array([0.1, 0.2])), np.array([0, 0]))
  assert result.accuracy.value == 1
  assert result.precision.value is None
  assert result.recall.value is None
  assert result.roc_auc.value is None
  assert result.confusion_matrix == [[2, 0], [0, 0]]


def test_calibration_bins_contain_means_and_intervals():
  first, last = calibration_bins(np.array([0.0, 0.05, 1.0]), np.array([0, 1, 1]))
  assert (first.n_texts, last.n_texts) == (2, 1)
  assert (first.probability, last.probability) == pytest.approx((0.025, 1.0))
  assert (first.rate, last.rate) == (0.5, 1.0)
  # Wilson's interval of one success in two trials.
  assert first.interval == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_scores_are_those_of_scikit_learn():
  rng = np.random.default_rng(0)
  for n_classes in (2, 4):
    names = [*'abcd'[:n_classes]]
    probabilities = rng.dirichlet(np.ones(n_classes), 30).round(1) + 1e-9
    labels = rng.integers(n_classes - 1, size=30)
    result = evaluate(np.log(probabilities), labels, names)
    predicted = probabilities.argmax(axis=1)
    expected = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(n_classes), zero_division=np.nan
    )
    for i, row in enumerate(zip(*expected, strict=True)):
      of_class = result.classes[names[i]]
      values = [of_class.precision.value, of_class.recall.value, of_class.f1.value]
      assert np.array([*values, of_class.support], float) == pytest.approx(
          row, nan_ok=True
      )
    f1 = metrics.f1_score(labels, predicted, average='macro', zero_division=0.0)
    assert result.macro_f1.value == pytest.approx(f1)
  probabilities = rng.integers(10, size=40) / 10 + 0.01
  labels = rng.integers(2, size=40)
  auc = evaluate(log_probabilities(probabilities), labels).roc_auc
  assert auc.value == pytest.approx(metrics.roc_auc_score(labels, probabilities))
