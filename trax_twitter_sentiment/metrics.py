"""The notebook's weighted accuracy, as a function and as a Trax metric layer."""

from typing import Any

import gin

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

  Example:
    >>> preds = np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> compute_accuracy(preds, np.array([0, 0]), np.array([3.0, 1.0]))
    (0.75, 3.0, 4.0)
  """
  if preds.shape[-1] != 2:
    raise UserError(
        f'WeightedBinaryAccuracy is for 2 classes; got scores of {preds.shape[-1]}. '
        'Trax has WeightedCategoryAccuracy for any number.'
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
  # Imported on use: `compute_accuracy` is of use without Trax, which loads slowly.
  from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (repairs Trax)

  from trax import fastmath
  from trax import layers as tl

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
