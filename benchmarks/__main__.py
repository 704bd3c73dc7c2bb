"""Measures the speed of the package, and writes the figures to `benchmarks/RESULTS.md`.

    python -m benchmarks
    python -m benchmarks --figures=cold_start,tokenizing

Run this command in a checkout. NLTK's tweets are downloaded if they are not on NLTK's
data path. With `--figures`, the other rows of the table stay unchanged. All figures
take about 25 minutes, without those that require environment variables: `millions` and
`encoders`, whose modules name the variables.
"""

import datetime
import os
import re
import sys
import tempfile

import tqdm
from absl import app, flags

from benchmarks import encoders, figures, machine, millions, processes
from benchmarks.figures import Run

FIGURES = {
    **figures.FIGURES,
    'millions': millions.millions,
    'encoders': encoders.encoders,
}
# The environment variables that a figure requires.
_VARIABLES = {'millions': {'TWEETEVAL'}, 'encoders': {'ENCODER', 'PYTORCH'}}
_RESULTS = os.path.join(os.path.dirname(__file__), 'RESULTS.md')
_DISTRIBUTIONS = (
    'trax-twitter-sentiment',
    'trax',
    'jax',
    'tensorflow',
    'numpy',
    'nltk',
    'scikit-learn',
    'fasttext-numpy2-wheel',
)
_TITLES = ('figure', 'measured against', 'ours', 'theirs', 'ratio', 'aimed at', 'date')
# A row of the table below its head, and the line of a date and its machine.
_ROW = re.compile(r'^\| (.*) \| (\d{4}-\d\d-\d\d) \|$', re.M)
_RUN = re.compile(r'^- (\d{4}-\d\d-\d\d): (.*)$', re.M)

_INTRODUCTION = f"""\
# Results

The speed and memory of the package, compared with others.

`make bench` writes this page. *Ours* and *theirs* are medians: both are measured in
turn, {processes.ROUNDS} times each unless the function of the figure says otherwise.
The ratio is ours / theirs, in bold if it misses its aim. Absolute times say little on a
shared machine. The functions in `figures.py`, `millions.py` and `encoders.py` define
the figures, and `tasks.py` contains the code that runs in separate processes.
"""


def _can_be_measured(name: str) -> bool:
  return _VARIABLES.get(name, set()) <= os.environ.keys()


_CHOSEN = flags.DEFINE_list(
    'figures',
    [*filter(_can_be_measured, FIGURES)],
    f'The figures to measure: {", ".join(FIGURES)}.',
)
_OUTPUT = flags.DEFINE_string('output', _RESULTS, 'The file to write.')
flags.register_validator('figures', lambda names: set(names) <= set(FIGURES))
flags.register_validator(
    'figures',
    lambda names: all(map(_can_be_measured, names)),
    f'Some figures require environment variables: {_VARIABLES}.',
)


def page(rows: dict[tuple[str, ...], list[str]], runs: dict[str, str]) -> str:
  """Returns the page.

  Args:
    rows: the rows of the table, by figure and what it is measured against.
    runs: the description of the machine, by date.
  """
  dates = {row[-1] for row in rows.values()}
  machines = ''.join(
      f'- {date}: {text}\n' for date, text in sorted(runs.items()) if date in dates
  )
  return '\n'.join([_INTRODUCTION, machine.table(_TITLES, rows.values()), machines])


def main(_) -> None:
  # Python saves compiled modules, so their compilation is not measured.
  os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
  processes.pin_to_cores()
  rows: dict[tuple[str, ...], list[str]] = {}
  runs: dict[str, str] = {}
  if os.path.exists(_OUTPUT.value):
    with open(_OUTPUT.value, encoding='utf-8') as file:
      text = file.read()
    runs = dict(_RUN.findall(text))
    if set(_CHOSEN.value) != set(FIGURES):
      for line, date in _ROW.findall(text):
        name, baseline, *rest = line.split(' | ')
        rows[name, baseline] = [name, baseline, *rest, date]
  today = f'{datetime.date.today()}'
  loads = [os.getloadavg()[0]]
  with tempfile.TemporaryDirectory() as folder:
    os.environ |= processes.with_cache(os.path.join(folder, 'cache'))
    # Matplotlib makes its cache of fonts once, not once for each new cache folder.
    os.environ['MPLCONFIGDIR'] = os.path.join(folder, 'matplotlib')
    run = Run(folder)
    for name in _CHOSEN.value:
      for row in FIGURES[name](run):
        rows[row[0], row[1]] = [*row, today]
        tqdm.tqdm.write(' | '.join(row), file=sys.stderr)
      loads.append(os.getloadavg()[0])
      runs[today] = machine.description(_DISTRIBUTIONS, loads)
      # The page is written after each figure, so a later failure loses no figure.
      with open(_OUTPUT.value, 'w', encoding='utf-8') as file:
        file.write(page(rows, runs))


if __name__ == '__main__':
  app.run(main)
