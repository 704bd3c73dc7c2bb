"""Metrics: the notebook's weighted accuracy, and what more than two classes need."""

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from trax_twitter_sentiment.errors import UserError


def compute_accuracy(preds: Any, y: Any, y_weights: Any) -> tuple[Any, Any, Any]:
  """Returns the notebook's weighted accuracy of a batch.

  Works on NumPy and on JAX arrays alike.

  Args:
    preds: <float>[batch_size, 2] scores, column 0 negative and column 1 positive.
      An example counts as positive only if column 1 is strictly greater.
    y: <int>[batch_size] labels, 1 for positive and 0 for negative.
    y_weights: <float>[batch_size], how much each example counts.

  Raises:
    UserError: if `preds` has other than 2 columns.

  Returns:
    `(accuracy, weighted_num_correct, sum_weights)`, scalars: the weights of the
    correctly classified examples, summed, over the sum of all weights; the first
    sum; the second. Where the weights sum to zero, so does the first sum, and the
    accuracy is NaN: there is nothing to be right or wrong about.

  Examples:
    >>> preds = np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> compute_accuracy(preds, np.array([0, 0]), np.array([3.0, 1.0]))
    (0.75, 3.0, 4.0)
  """
  if preds.shape[-1] != 2:
    raise UserError(
        f'WeightedBinaryAccuracy is for 2 classes; got scores of {preds.shape[-1]}. '
        'WeightedAccuracy is for any number.'
    )
  is_positive = preds[:, 1] > preds[:, 0]
  correct = is_positive.astype('int32') == y
  weighted_num_correct = (correct.astype('float32') * y_weights).sum()
  sum_weights = y_weights.sum()
  return weighted_num_correct / sum_weights, weighted_num_correct, sum_weights


@gin.configurable(module='trax_twitter_sentiment')
def WeightedBinaryAccuracy() -> Any:
  """Returns a Trax layer that computes `compute_accuracy` of a batch.

  It takes `(preds, y, y_weights)`, as a model leaves them on the stack, and returns
  the accuracy, <float32>[]. Where Trax splits the batch over several devices, the
  sums are taken over all of them, so that the result is that of the whole batch,
  however the weights fall. NaN where all weights are zero.
  """
  fastmath, tl = _trax()

  def f(preds, y, y_weights):
    accuracy, weighted_num_correct, sum_weights = compute_accuracy(
        preds, y, y_weights
    )
    if fastmath.global_device_count() < 2:
      return accuracy
    try:
      return fastmath.psum(weighted_num_correct, 'batch') / fastmath.psum(
          sum_weights, 'batch'
      )
    except NameError:  # Not split over devices, as when the layer initializes.
      return accuracy

  return tl.Fn('WeightedBinaryAccuracy', f)


@gin.configurable(module='trax_twitter_sentiment')
def WeightedAccuracy() -> Any:
  """Returns a Trax layer like `WeightedBinaryAccuracy`, for any number of classes.

  A class is called whose score is the highest, the first of equals; of two classes,
  the figure is that of `WeightedBinaryAccuracy`. Over several batches it is that of
  all their examples, like `MacroF1`.
  """
  return _confusion_layer('WeightedAccuracy', _accuracy)


@gin.configurable(module='trax_twitter_sentiment')
def MacroF1() -> Any:
  """Returns a Trax metric layer: the mean of the classes' F1.

  Of the whole evaluation, not the mean over its batches: a batch gives a weighted
  confusion matrix, <float32>[n_classes, n_classes], and `SafeLoop` takes the figure
  from their sum. A class that neither is there nor is called counts as 0, as in
  scikit-learn.
  """
  return _confusion_layer('MacroF1', _macro_f1)


@gin.configurable(module='trax_twitter_sentiment')
def WeightedMacroRecall() -> Any:
  """Returns a Trax metric layer: the mean of the recalls of the classes there are.

  TweetEval's measure for sentiment; of the whole evaluation, like `MacroF1`.
  """
  return _confusion_layer('WeightedMacroRecall', _macro_recall)


def _accuracy(matrix: np.ndarray) -> float:
  return float(np.trace(matrix) / matrix.sum())


def _macro_f1(matrix: np.ndarray) -> float:
  n_correct = np.diagonal(matrix)
  n_true_and_called = matrix.sum(axis=1) + matrix.sum(axis=0)
  return float(np.mean(2 * n_correct / np.maximum(n_true_and_called, 1e-9)))


def _macro_recall(matrix: np.ndarray) -> float:
  n_true = matrix.sum(axis=1)
  return float(np.mean(np.diagonal(matrix)[n_true > 0] / n_true[n_true > 0]))


def _confusion_layer(name: str, figure_of: Callable[[np.ndarray], float]) -> Any:
  """Returns a layer that gives a confusion matrix, rows true and columns called."""
  fastmath, tl = _trax()

  def f(preds, y, y_weights):
    classes = fastmath.numpy.arange(preds.shape[-1])
    is_true = (y[:, None] == classes).astype('float32') * y_weights[:, None]
    is_called = (preds.argmax(axis=-1)[:, None] == classes).astype('float32')
    matrix = is_true.T @ is_called
    if fastmath.global_device_count() < 2:
      return matrix
    try:
      return fastmath.psum(matrix, 'batch')
    except NameError:  # Not split over devices, as when the layer initializes.
      return matrix

  layer = tl.Fn(name, f)
  layer._figure_of_sum = figure_of  # `SafeLoop` knows it by this.
  return layer


def _trax() -> tuple[Any, Any]:
  # Imported on use: `compute_accuracy` is of use without Trax, which loads slowly.
  from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (repairs Trax)

  from trax import fastmath
  from trax import layers as tl

  return fastmath, tl
