"""RESULTS.md: what was measured, on what machine, and when."""

import dataclasses
import datetime
import importlib.metadata
import os
import platform
from collections.abc import Iterable, Iterator, Sequence

import psutil

from benchmarks import measure
from benchmarks.figures import Row
from benchmarks.growth import QUANTITIES, SIZES, TOLERANCE, Growth, plot
from benchmarks.peers import Measured

# Hand-written, and copied into RESULTS.md each time.
_NOTES = os.path.join(os.path.dirname(__file__), 'NOTES.md')

_DISTRIBUTIONS = (
    'trax-twitter-sentiment',
    'trax',
    'jax',
    'tensorflow',
    'numpy',
    'nltk',
    'scikit-learn',
    'keras',
    'fasttext-numpy2-wheel',
)

_INTRODUCTION = f"""\
# Results

Written by `make bench`, but for the notes at the end. Absolute times mean little on a
shared machine: a figure is the ratio of two medians of {measure.ROUNDS} or more, of
things measured in turn in one run. What each figure measures exactly is said by its
function in `figures.py` and, where it runs in a process of its own, `tasks.py`.
"""

_GROWTH = f"""\
Made-up tweets of 30,000 words by Zipf's law, {SIZES[-1]:,} at the most, in a CSV file.
*Encoding* goes from the file to the encoded corpus, imports aside, with an empty
cache; *training an epoch* is `text_file.gin` in batches of 512, imports aside, with
the corpus found in the cache; *predicting* is the whole
`predict --input=tweets.csv --format=tsv` in one process. The vocabulary is the 10,000
most frequent tokens, so that all sizes train the same model. Memory is the peak of
the process and its workers together, imports included. Ratios are by how much ten
times the tweets raise a value; they hold if at most {TOLERANCE - 1:.0%} above what is
asked for, which is what measuring varies by. The two smaller sizes are medians of
three, the largest is measured once.
"""

_PEERS = """\
The notebook's 8,000 training and 2,000 validation tweets, as strings in memory.
Training includes tokenization and compilation; predicting is all 10,000 tweets in
one call, by a model that has predicted before. This package trains `twitter.gin`
without evaluations. The emoticons give the labels away, so accuracy is given three
times: on the tweets as they are, on the same tweets with emoticons removed, and of a
model that was trained without them too, for which this package has `twitter_hard.gin`:
see docs/accuracy.md. Imports are whole processes that import what training or
predicting needs.
"""


@dataclasses.dataclass
class Results:
  """What has been measured so far.

  Attributes:
    load_before: the machine's load average before anything was.
    rows: the figures.
    growths: how what grows does.
    peers: by name; `None` for one that is not installed.
  """

  load_before: str
  rows: list[Row] = dataclasses.field(default_factory=list)
  growths: list[Growth] = dataclasses.field(default_factory=list)
  peers: dict[str, Measured | None] = dataclasses.field(default_factory=dict)

  def write(self, path: str) -> None:
    """Writes the page, and the plots beside it."""
    parts = [_INTRODUCTION, _machine(self.load_before)]
    if self.rows:
      parts += ['## Figures\n', figures(self.rows)]
    if self.growths:
      parts += ['## Growth\n', _GROWTH, _growths(self.growths)]
      for quantity in QUANTITIES:
        plot_name = f'growth_{quantity}.png'
        plot(self.growths, quantity, os.path.join(os.path.dirname(path), plot_name))
        parts.append(f'![{quantity}]({plot_name})\n')
    if self.peers:
      parts += ['## Peers\n', _PEERS, _peers(self.peers)]
    with open(_NOTES, encoding='utf-8') as file:
      parts.append(file.read())
    with open(path, 'w', encoding='utf-8') as file:
      file.write('\n'.join(parts))


def figures(rows: Sequence[Row]) -> str:
  """Returns the table of figures."""
  return table(
      ('figure', 'measured against', 'required', 'ratio', 'ours', 'theirs', 'holds'),
      (
          (
              row.name,
              row.against,
              row.required,
              f'{row.ratio:.3g}',
              *(f'{measure.median(v):,.4g} {row.unit}' for v in (row.ours, row.theirs)),
              _yes(row.holds),
          )
          for row in rows
      ),
  )


def load() -> str:
  """Returns how many processes wanted to run, in the last 1, 5 and 15 minutes."""
  return ', '.join(f'{value:.1f}' for value in os.getloadavg())


def _machine(load_before: str) -> str:
  now = datetime.datetime.now(datetime.timezone.utc)
  memory = psutil.virtual_memory().total / 2**30
  versions = (f'{name} {_version(name)}' for name in _DISTRIBUTIONS)
  return table(
      ('', ''),
      [
          ('date', f'{now:%Y-%m-%d %H:%M} UTC'),
          ('processor', _processor()),
          (
              'cores',
              f'{len(os.sched_getaffinity(0))} of {os.cpu_count()}, on which all '
              'processes are kept',
          ),
          ('memory', f'{memory:.0f} GiB'),
          ('load average', f'{load_before} before, {load()} after'),
          ('system', f'{platform.system()} {platform.release()}'),
          ('Python', platform.python_version()),
          ('versions', ', '.join(versions)),
      ],
  )


def _growths(growths: Sequence[Growth]) -> str:
  return table(
      ('work', *(f'{n:,} tweets' for n in SIZES), 'ratios', 'at most', 'holds'),
      (
          (
              f'{growth.work}, {growth.quantity}',
              *(f'{value:,.1f} {growth.unit}' for value in growth.values),
              ', '.join(f'{ratio:.2f}' for ratio in growth.ratios),
              f'{growth.most:g}',
              _yes(growth.holds),
          )
          for growth in growths
      ),
  )


def _peers(peers: dict[str, Measured | None]) -> str:
  titles = (
      'library',
      'training',
      'predicting',
      'accuracy',
      'emoticons removed',
      'trained so too',
      'import to train',
      'import to predict',
  )
  return table(titles, (_peer(*item) for item in peers.items()))


def _peer(name: str, measured: Measured | None) -> Iterator[str]:
  yield name
  if measured is None:
    yield 'not installed'
    return
  yield f'{measured.train_seconds:.2f} s'
  yield f'{measured.predictions_per_second:,.0f} tweets/s'
  yield f'{measured.accuracy:.4f}'
  yield f'{measured.accuracy_removed:.4f}'
  yield f'{measured.accuracy_trained_removed:.4f}'
  yield f'{measured.train_import_seconds:.2f} s'
  yield f'{measured.predict_import_seconds:.2f} s'


def table(titles: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
  """Returns a Markdown table."""
  lines: list[Iterable[str]] = [titles, ['---'] * len(titles), *rows]
  return ''.join(f'| {" | ".join(line)} |\n' for line in lines)


def _yes(holds: bool) -> str:
  return 'yes' if holds else '**no**'


def _version(distribution: str) -> str:
  try:
    return importlib.metadata.version(distribution)
  except importlib.metadata.PackageNotFoundError:
    return 'not installed'


def _processor() -> str:
  with open('/proc/cpuinfo', encoding='utf-8') as file:
    for line in file:
      if line.startswith('model name'):
        return line.split(':', 1)[1].strip()
  return platform.machine()
