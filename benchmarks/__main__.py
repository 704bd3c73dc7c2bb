"""Measures how fast the package is and writes it to `benchmarks/RESULTS.md`.

    python -m benchmarks
    python -m benchmarks --figures=cold_start,tokenizing

Run it in a checkout. NLTK's tweets are downloaded unless they are at hand. Rows that
aren't measured stay as they are, unless all are. All of it takes some 25 minutes.
"""

import datetime
import os
import re
import sys
import tempfile

import tqdm
from absl import app, flags

from benchmarks import machine, processes
from benchmarks.figures import FIGURES, Run

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
# A row of the table, but for its head; and a run's date and machine.
_ROW = re.compile(r'^\| (.*) \| (\d{4}-\d\d-\d\d) \|$', re.M)
_RUN = re.compile(r'^- (\d{4}-\d\d-\d\d): (.*)$', re.M)

_INTRODUCTION = f"""\
# Results

Written by `make bench`. A ratio is ours / theirs, of the medians of things that were
measured in turn, {processes.ROUNDS} times unless a figure's function says otherwise;
it is bold where it misses what is aimed at. Absolute times mean little on a shared
machine. What each figure measures exactly is said by its function in `figures.py` and,
where it runs in a process of its own, `tasks.py`.
"""

_CHOSEN = flags.DEFINE_list(
    'figures', list(FIGURES), f'What to measure: {", ".join(FIGURES)}.'
)
_OUTPUT = flags.DEFINE_string('output', _RESULTS, 'The file to write.')
flags.register_validator('figures', lambda names: set(names) <= set(FIGURES))


def page(rows: dict[tuple[str, ...], list[str]], runs: dict[str, str]) -> str:
  """Returns the page of rows, by figure and what it is measured against, and runs."""
  dates = {row[-1] for row in rows.values()}
  machines = ''.join(
      f'- {date}: {text}\n' for date, text in sorted(runs.items()) if date in dates
  )
  return '\n'.join([_INTRODUCTION, machine.table(_TITLES, rows.values()), machines])


def main(_) -> None:
  # Files are compiled before they are measured, and stay so.
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
        name, against, *rest = line.split(' | ')
        rows[name, against] = [name, against, *rest, date]
  today = f'{datetime.date.today()}'
  loads = [os.getloadavg()[0]]
  with tempfile.TemporaryDirectory() as folder:
    os.environ |= processes.with_cache(os.path.join(folder, 'cache'))
    # Whose cache of fonts is not to be made anew with each of the others.
    os.environ['MPLCONFIGDIR'] = os.path.join(folder, 'matplotlib')
    run = Run(folder)
    for name in _CHOSEN.value:
      for row in FIGURES[name](run):
        rows[row[0], row[1]] = [*row, today]
        tqdm.tqdm.write(' | '.join(row), file=sys.stderr)
      loads.append(os.getloadavg()[0])
      runs[today] = machine.description(_DISTRIBUTIONS, loads)
      # After each figure, so that none is lost with a later one.
      with open(_OUTPUT.value, 'w', encoding='utf-8') as file:
        file.write(page(rows, runs))


if __name__ == '__main__':
  app.run(main)
