"""How time and memory grow with the number of tweets, made-up ones."""

import dataclasses
import os
from collections.abc import Callable

import tqdm

from benchmarks import made_up_tweets, measure
from benchmarks.figures import Run

QUANTITIES = ('time', 'memory')
SIZES = (10_000, 100_000, 1_000_000)

# How often each size is measured; the largest takes minutes.
_ROUNDS = dict(zip(SIZES, (3, 3, 1), strict=True))

# By how much measuring itself varies.
TOLERANCE = 1.05

_N_VALIDATION = 1000

# Seconds and megabytes for a number of tweets.
Work = Callable[[int], tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Growth:
  """What a piece of work takes at each of `SIZES`.

  Attributes:
    work: what is done.
    quantity: `'time'` or `'memory'`.
    unit: of the values.
    values: the median at each size.
    most: by how much ten times the tweets may raise it.
  """

  work: str
  quantity: str
  unit: str
  values: tuple[float, ...]
  most: float

  @property
  def ratios(self) -> list[float]:
    """By how much each value is higher than that of the size before."""
    return [b / a for a, b in zip(self.values, self.values[1:])]

  @property
  def holds(self) -> bool:
    return max(self.ratios) <= self.most * TOLERANCE


def measure_growth(run: Run) -> list[Growth]:
  """Measures all work at all sizes, each time in a new process."""
  validation_path = os.path.join(run.folder, 'validation.csv')
  made_up_tweets.write_csv(validation_path, _N_VALIDATION, seed=1)
  paths = {n: os.path.join(run.folder, f'{n}.csv') for n in SIZES}
  for n, path in tqdm.tqdm(paths.items(), desc='made-up tweets'):
    made_up_tweets.write_csv(path, n)

  environments: dict[int, dict[str, str]] = {}

  def encode(n: int) -> tuple[float, float]:
    environments[n] = measure.with_cache(run.new_folder())
    return measure.watch_task(
        'seconds_of_encoding', paths[n], validation_path, environment=environments[n]
    )

  def train(n: int) -> tuple[float, float]:
    arguments = 'seconds_of_epoch', paths[n], validation_path, str(n)
    return measure.watch_task(*arguments, environment=environments[n])

  def predict(n: int) -> tuple[float, float]:
    finished = measure.run(
        '-m',
        'trax_twitter_sentiment.predict',
        f'--model_dir={run.model_dir}',
        f'--input={paths[n]}',
        '--format=tsv',
        watch_memory=True,
    )
    return finished.seconds, finished.megabytes

  growths = []
  for name, work, most_memory in (
      ('encoding', encode, 10.0),
      ('training an epoch', train, 10.0),
      ('predicting', predict, 1.0),
  ):
    seconds, megabytes = _medians(name, work)
    growths.append(Growth(name, 'time', 's', seconds, 10.0))
    growths.append(Growth(name, 'memory', 'MB', megabytes, most_memory))
  return growths


def plot(growths: list[Growth], quantity: str, path: str) -> None:
  """Draws how a quantity grows, on logarithmic axes."""
  # Imported on use: a process that starts others passes its size on to them.
  from matplotlib import figure, ticker

  drawn = [growth for growth in growths if growth.quantity == quantity]
  drawing = figure.Figure(figsize=(6, 4), layout='constrained')
  axes = drawing.add_subplot()
  for growth in drawn:
    axes.plot(SIZES, growth.values, marker='o', label=growth.work)
  axes.set(
      title=f'{quantity.capitalize()} by number of tweets',
      xlabel='tweets',
      ylabel=f'{quantity}, {drawn[0].unit}',
      xscale='log',
      yscale='log',
  )
  for axis in (axes.xaxis, axes.yaxis):
    axis.set_major_formatter(ticker.StrMethodFormatter('{x:,.0f}'))
    axis.set_minor_formatter(ticker.NullFormatter())
  axes.set_ylim(bottom=1)
  axes.grid(which='major', alpha=0.3)
  axes.legend()
  drawing.savefig(path, dpi=150)


def _medians(name: str, work: Work) -> tuple[tuple[float, ...], tuple[float, ...]]:
  """Returns the median time and memory at each size."""
  medians = []
  with tqdm.tqdm(total=sum(_ROUNDS.values()), desc=name) as progress:
    for n, rounds in _ROUNDS.items():
      measured = []
      for _ in range(rounds):
        measured.append(work(n))
        progress.update()
      medians.append([measure.median(values) for values in zip(*measured)])
  seconds, megabytes = zip(*medians)
  return seconds, megabytes
