"""A stand-in for `Run.history`, with the names of its attributes, until that lands."""

import os

from trax_twitter_sentiment.run.curves import Curve, last_start, read_curves
from trax_twitter_sentiment.run.run import Run


class History:
  def __init__(self, run: Run):
    self.train_curves: dict[str, Curve] = read_curves(os.path.join(run.folder, 'train'))
    self.eval_curves: dict[str, Curve] = read_curves(os.path.join(run.folder, 'eval'))
    times = last_start(os.path.join(run.folder, 'train')) or (0.0, 0.0)
    self.seconds, self.saved_at = times[1] - times[0], times[1]
