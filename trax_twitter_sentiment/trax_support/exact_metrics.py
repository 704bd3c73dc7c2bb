"""Metrics of all texts of an evaluation. Trax reports the mean over batches."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from trax import fastmath
from trax import layers as tl
from trax.layers import base


class ConfusionMetric(base.PureLayer):
  """A metric that is a function of the confusion matrix of an evaluation.

  Like each Trax metric, the layer maps `(preds, y, y_weights)` to the metric of one
  batch, <float32>[]. On several devices, the layer first sums the matrix over the
  devices. A `training.Loop` reports the metric of the sum of all batches' matrices
  (`exact_evaluator`). If the layer is a part of another layer, such as a `tl.Serial`,
  Trax reports the mean over the batches.

  Args:
    name: the layer's name.
    metric: a function from a confusion matrix, <float>[n_classes, n_classes] of NumPy
      or JAX, rows true and columns predicted, to the metric. A common factor of the
      matrix must not change the metric.
  """

  def __init__(self, name: str, metric: Callable[[Any], Any]):
    super().__init__(lambda xs: metric(_confusion_matrix(*xs)), n_in=3, name=name)
    self._metric = metric

  def of_matrix(self, matrix: np.ndarray) -> float:
    """Returns the metric of a confusion matrix."""
    return self._metric(matrix)

  def matrix_layer(self) -> Any:
    """Returns a layer that maps the same inputs to <float>[1, n_classes, n_classes].

    Trax joins the outputs of several devices along the first axis and takes the mean
    over that axis. With the axis of size 1 the mean is a matrix, too.
    """
    return tl.Fn(
        f'{self.name}Matrix',
        lambda preds, y, y_weights: _confusion_matrix(preds, y, y_weights)[None],
    )


def _confusion_matrix(preds: Any, y: Any, y_weights: Any) -> Any:
  n_classes = preds.shape[-1]
  classes = fastmath.numpy.arange(n_classes)
  is_true = (y.reshape(-1, 1) == classes).astype('float32') * y_weights.reshape(-1, 1)
  predictions = preds.reshape(-1, n_classes).argmax(axis=-1)
  is_predicted = (predictions[:, None] == classes).astype('float32')
  return sum_over_devices(is_true.T @ is_predicted)


def sum_over_devices(x: Any) -> Any:
  """Returns the sum of `x` over the devices among which Trax splits a batch."""
  if fastmath.global_device_count() < 2:
    return x
  try:
    return fastmath.psum(x, 'batch')
  except NameError:  # Trax does not split the batch with which it initializes a layer.
    return x


def exact_evaluator(make_evaluator: Callable[[Any], Any], task: Any) -> Any:
  """Returns the evaluator that `Loop._init_evaluator` makes of a `training.EvalTask`.

  Each `ConfusionMetric` becomes exact.
  """
  if not any(isinstance(metric, ConfusionMetric) for metric in task.metrics):
    return make_evaluator(task)
  matrix_task = copy.copy(task)
  matrix_task._metrics = [
      m.matrix_layer() if isinstance(m, ConfusionMetric) else m for m in task.metrics
  ]
  evaluator = make_evaluator(matrix_task)
  return evaluator._replace(metrics_fn=ExactMetrics(evaluator.metrics_fn, task))


class ExactMetrics:
  """A function that computes the metrics of each batch of an evaluation.

  Trax divides the sum of the function's results by the number of batches. So the result
  for a `ConfusionMetric` is the metric of all batches times their number in the last
  batch, and 0 in the other batches.
  """

  def __init__(self, metrics_fn: Callable[..., Any], task: Any):
    self._metrics_fn = metrics_fn
    self._task = task
    self._sums: dict[int, np.ndarray] = {}
    self._n_batches = 0

  def start(self) -> None:
    """Starts an evaluation, also after an evaluation that ended at an error."""
    self._sums, self._n_batches = {}, 0

  def __call__(self, *args: Any) -> tuple[list[Any], Any]:
    outputs, state = self._metrics_fn(*args)
    # For a single metric Trax returns the array, not a tuple of one.
    values = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    self._n_batches += 1
    n_batches = self._task.n_eval_batches
    for i, metric in enumerate(self._task.metrics):
      if isinstance(metric, ConfusionMetric):
        n_classes = values[i].shape[-1]
        matrix = np.asarray(values[i], np.float64).reshape(n_classes, n_classes)
        self._sums[i] = self._sums.get(i, 0) + matrix
        is_last = self._n_batches == n_batches
        values[i] = n_batches * metric.of_matrix(self._sums[i]) if is_last else 0.0
    return values, state
