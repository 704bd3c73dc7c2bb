"""The curves that a run left in its event files."""

import glob
import os

# What Trax puts before the names of losses and metrics.
_PREFIX = 'metrics/'

# Step -> value, in the order of the steps.
Curve = dict[int, float]


def read_curves(folder: str) -> dict[str, Curve]:
  """Returns the curve of each loss or metric in a folder's event files, by its name.

  Args:
    folder: `train` or `eval` in a run's output directory; a folder without event
      files, or none at all, has no curves.

  A run that was started again has several files; where they tell of the same step,
  the later one counts. A file that was cut off counts as far as it goes.
  """
  curves: dict[str, Curve] = {}
  # The names hold the time of their start, in seconds.
  for path in sorted(glob.glob(os.path.join(glob.escape(folder), '*.tfevents.*'))):
    _read_file(path, curves)
  return {name: dict(sorted(curve.items())) for name, curve in curves.items()}


def _read_file(path: str, curves: dict[str, Curve]) -> None:
  """Adds what a file holds to `curves`."""
  # Imported on use: TensorFlow takes seconds.
  import tensorflow as tf

  try:
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        if value.tag.startswith(_PREFIX) and value.HasField('simple_value'):
          name = value.tag.removeprefix(_PREFIX)
          curves.setdefault(name, {})[event.step] = value.simple_value
  except tf.errors.DataLossError:
    return  # The end of a file whose process was killed.
