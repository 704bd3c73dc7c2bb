"""The curves that a run left in its event files."""

import glob
import itertools
import os

# What Trax puts before the names of losses and metrics.
_PREFIX = 'metrics/'

# More than any run has, and not too many to draw.
_MAX_CURVES = 100

# Step -> value, in the order of the steps.
Curve = dict[int, float]


def read_curves(folder: str) -> dict[str, Curve]:
  """Returns the curve of each loss or metric in a folder's event files, by its name.

  Args:
    folder: `train` or `eval` in a run's output directory; a folder without event
      files, or none at all, has no curves.

  A run that was started again has several files; where they tell of the same step,
  the later one counts. A file that was cut off or damaged counts as far as it goes.
  """
  curves: dict[str, Curve] = {}
  # The names hold the time of their start, in seconds.
  for path in sorted(glob.glob(os.path.join(glob.escape(folder), '*.tfevents.*'))):
    if os.path.isfile(path):
      _read_file(path, curves)
  return {name: dict(sorted(curve.items())) for name, curve in curves.items()}


def _read_file(path: str, curves: dict[str, Curve]) -> None:
  """Adds what a file holds to `curves`."""
  # Imported on use: TensorFlow takes seconds.
  import tensorflow as tf
  from google.protobuf import message

  events = tf.compat.v1.train.summary_iterator(path)
  try:
    for event in itertools.islice(events, _count_records(path)):
      for value in event.summary.value:
        if value.tag.startswith(_PREFIX) and value.HasField('simple_value'):
          name = value.tag.removeprefix(_PREFIX)
          if name in curves or len(curves) < _MAX_CURVES:
            curves.setdefault(name, {})[event.step] = value.simple_value
  except (tf.errors.DataLossError, message.DecodeError):
    return  # The end of a file whose process was killed.


def _count_records(path: str) -> int:
  """Returns how many whole records a file holds, by the lengths it gives for them.

  TensorFlow takes memory for any length before it looks whether there is so much.
  """
  n_records, end, size = 0, 0, os.path.getsize(path)
  with open(path, 'rb') as file:
    while len(length := file.read(8)) == 8:
      # Length, its checksum, content, its checksum.
      end += 12 + int.from_bytes(length, 'little') + 4
      if end > size:
        break
      n_records += 1
      file.seek(end)
  return n_records
