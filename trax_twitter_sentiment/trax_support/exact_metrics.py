"""Metrics of a whole evaluation, which Trax takes as means over its batches."""

from typing import Any

import numpy as np


def exact(evaluator: Any, task: Any) -> Any:
  """Has metrics that are figures of a sum over batches be so, and no mean of figures.

  Trax divides what it adds up by the number of batches; so the last batch brings that
  many times the figure, and those before it nothing.
  """
  figures = [getattr(metric, '_figure_of_sum', None) for metric in task.metrics]
  if not any(figures):
    return evaluator
  metrics_fn, n_batches = evaluator.metrics_fn, task.n_eval_batches
  sums: list[Any] = []

  def exact_metrics_fn(*args: Any) -> tuple[list[Any], Any]:
    values, state = metrics_fn(*args)
    sums.append([np.asarray(v, np.float64) for v in values])
    if len(sums) < n_batches:
      return [0.0 if f else v for f, v in zip(figures, values)], state
    totals = [sum(values) for values in zip(*sums)]
    sums.clear()
    exact = [n_batches * f(t) if f else v for f, t, v in zip(figures, totals, values)]
    return exact, state

  return evaluator._replace(metrics_fn=exact_metrics_fn)
