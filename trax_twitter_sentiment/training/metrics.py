"""The notebook's weighted accuracy, and metrics for any number of classes."""

from typing import Any

import gin
import numpy as np

from trax_twitter_sentiment.errors import UserError


def compute_accuracy(preds: Any, y: Any, y_weights: Any) -> tuple[Any, Any, Any]:
  """Returns the notebook's weighted accuracy of a batch.

  Works on NumPy and on JAX arrays alike.

  Args:
    preds: <float>[batch_size, 2] scores, column 0 negative and column 1 positive.
      The predicted class is positive only if column 1 is strictly greater.
    y: <int>[batch_size] labels, 1 for positive and 0 for negative.
    y_weights: <float>[batch_size], the weight of each example.

  Raises:
    UserError: if `preds` has other than 2 columns.

  Returns:
    `(accuracy, weighted_num_correct, sum_weights)`, scalars: the sum of the weights
    of the correctly classified examples, divided by the sum of all weights; the first
    sum; the second sum. If the weights sum to zero, the accuracy is NaN.

  Examples:
    >>> preds = np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> compute_accuracy(preds, np.array([0, 0]), np.array([3.0, 1.0]))
    (0.75, 3.0, 4.0)
  """
  if preds.shape[-1] != 2:
    raise UserError(
        f'WeightedBinaryAccuracy requires 2 classes; the model has {preds.shape[-1]}. '
        'WeightedAccuracy accepts any number of classes.'
    )
  is_positive = preds[:, 1] > preds[:, 0]
  correct = is_positive.astype('int32') == y
  weighted_num_correct = (correct.astype('float32') * y_weights).sum()
  sum_weights = y_weights.sum()
  return weighted_num_correct / sum_weights, weighted_num_correct, sum_weights


@gin.configurable(module='trax_twitter_sentiment')
def WeightedBinaryAccuracy() -> Any:
  """Returns a Trax layer that computes `compute_accuracy` of a batch.

  The layer maps `(preds, y, y_weights)`, as a model leaves them on the stack, to the
  accuracy, <float32>[]. If Trax splits the batch over several devices, the layer sums
  over the devices before it divides: the result is that of the whole batch. The
  accuracy is NaN if all weights are zero.
  """
  exact_metrics, tl = _trax()

  def f(preds, y, y_weights):
    _, weighted_num_correct, sum_weights = compute_accuracy(preds, y, y_weights)
    sum_over_devices = exact_metrics.sum_over_devices
    return sum_over_devices(weighted_num_correct) / sum_over_devices(sum_weights)

  return tl.Fn('WeightedBinaryAccuracy', f)


@gin.configurable(module='trax_twitter_sentiment')
def WeightedAccuracy() -> Any:
  """Returns a Trax metric layer: the weighted accuracy for any number of classes.

  The predicted class is the first one with the highest score. For two classes the
  metric is that of `WeightedBinaryAccuracy`. An evaluation of several batches reports
  the accuracy of all their examples, like `MacroF1`.
  """
  exact_metrics, _ = _trax()
  return exact_metrics.ConfusionMetric('WeightedAccuracy', _accuracy)


@gin.configurable(module='trax_twitter_sentiment')
def MacroF1() -> Any:
  """Returns a Trax metric layer: the mean F1 of the classes.

  An evaluation by Trax's `Loop` reports the F1 of all its examples, from the weighted
  confusion matrix of all its batches, not the mean over the batches. The layer by
  itself computes the F1 of one batch. A class that is neither true nor predicted
  counts as 0, as in scikit-learn.
  """
  exact_metrics, _ = _trax()
  return exact_metrics.ConfusionMetric('MacroF1', _macro_f1)


@gin.configurable(module='trax_twitter_sentiment')
def WeightedMacroRecall() -> Any:
  """Returns a Trax metric layer: the mean recall of the classes that have examples.

  This is TweetEval's measure for sentiment. An evaluation of several batches reports
  the mean recall of all their examples, like `MacroF1`.
  """
  exact_metrics, _ = _trax()
  return exact_metrics.ConfusionMetric('WeightedMacroRecall', _macro_recall)


# The functions below accept a confusion matrix of NumPy or JAX, with true classes as
# rows and predicted classes as columns.


def _accuracy(matrix: np.ndarray) -> Any:
  return matrix.trace() / matrix.sum()


def _macro_f1(matrix: np.ndarray) -> Any:
  n_true_and_predicted = matrix.sum(axis=1) + matrix.sum(axis=0)
  is_empty = n_true_and_predicted == 0
  return (2 * matrix.diagonal() / (n_true_and_predicted + is_empty)).mean()


def _macro_recall(matrix: np.ndarray) -> Any:
  n_true = matrix.sum(axis=1)
  recalls = matrix.diagonal() / (n_true + (n_true == 0))
  return recalls.sum() / (n_true > 0).sum()


def _trax() -> tuple[Any, Any]:
  # Lazy imports: `compute_accuracy` works without Trax, whose import is slow.
  from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (repairs Trax)

  from trax_twitter_sentiment.trax_support import exact_metrics  # isort: skip

  from trax import layers as tl

  return exact_metrics, tl
