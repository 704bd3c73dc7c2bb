"""Evaluates each metric in a loop of Trax, in a process of its own.

`python metrics_in_loops.py before` imports Trax's `Loop` before the plugin. The last
line of the output is a JSON object. It maps each metric to three values: the metric
combined with the others, the metric alone, and the expected value.
"""

import functools
import inspect
import json
import sys

LOOP_FIRST = sys.argv[1:] == ['before']


def import_loop():
  """Imports Trax's `Loop` without the plugin, with fast replacements of `inspect`."""
  originals = inspect.stack, inspect.getframeinfo
  inspect.stack = lambda: [(sys._getframe(1),), (sys._getframe(2),)]
  inspect.getframeinfo = functools.partial(inspect.getframeinfo, context=0)
  try:
    from trax.supervised.training import Loop
  finally:
    inspect.stack, inspect.getframeinfo = originals
  return Loop


if LOOP_FIRST:
  loop_class = import_loop()
  assert 'trax_twitter_sentiment' not in sys.modules

from trax_twitter_sentiment import (  # noqa: E402
    MacroF1,
    WeightedAccuracy,
    WeightedBinaryAccuracy,
    WeightedMacroRecall,
)

METRICS = {
    metric.__name__: metric()
    for metric in (
        MacroF1, WeightedAccuracy, WeightedBinaryAccuracy, WeightedMacroRecall,
    )
}  # fmt: skip

import itertools  # noqa: E402

import numpy as np  # noqa: E402
from sklearn import metrics as sklearn_metrics  # noqa: E402
from trax import layers as tl  # noqa: E402
from trax import optimizers  # noqa: E402
from trax.supervised import training  # noqa: E402

if not LOOP_FIRST:
  loop_class = training.Loop

N_BATCHES = 3


def batches():
  """Returns batches with uneven classes. The first batch contains one class only."""
  rng = np.random.default_rng(0)
  result = []
  for i in range(N_BATCHES):
    x = rng.normal(size=(8, 4)).astype(np.float32)
    y = ((x[:, 0] > 0.5) * (i > 0)).astype(np.int32)
    result.append((x, y, np.full(8, 0.5, np.float32)))
  return result


def evaluated(names):
  """Trains two steps; returns the values of the metrics, and the model."""
  model = tl.Serial(tl.Dense(2), tl.LogSoftmax())
  loop = loop_class(
      model,
      training.TrainTask(
          itertools.cycle(batches()),
          tl.WeightedCategoryCrossEntropy(),
          optimizers.Adam(0.1),
          n_steps_per_checkpoint=1,
      ),
      eval_tasks=training.EvalTask(
          itertools.cycle(batches()),
          [METRICS[name] for name in names],
          metric_names=names,
          n_eval_batches=N_BATCHES,
          sample_batch=batches()[0],
      ),
      random_seed=1,
  )
  loop.run(2)
  values = [loop.history.get('eval', f'metrics/{name}')[-1][1] for name in names]
  return [*map(float, values)], model


def main():
  names = [*METRICS]
  combined, model = evaluated(names)
  alone = [evaluated([name])[0][0] for name in names]
  x, y, _ = (np.concatenate(part) for part in zip(*batches()))
  predicted = np.asarray(model(x)).argmax(axis=1)
  scores = (
      sklearn_metrics.f1_score(y, predicted, average='macro'),
      *(sklearn_metrics.accuracy_score(y, predicted),) * 2,
      sklearn_metrics.recall_score(y, predicted, average='macro'),
  )
  result = {'is_stock': loop_class is training.Loop}
  result.update(zip(names, zip(combined, alone, scores)))
  print(json.dumps(result))


if __name__ == '__main__':
  main()
