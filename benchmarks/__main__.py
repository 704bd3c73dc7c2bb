"""Measures the speed and memory of the package and writes `benchmarks/RESULTS.md`.

    python -m benchmarks
    python -m benchmarks --figures=cold_start,tokenizing

Run this module in a checkout. It downloads NLTK's tweets if they are missing. With
--figures, the rows of other figures stay in the file. All figures together take about
25 minutes.
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
_TITLES = ('figure', 'measured baseline', 'ours', 'theirs', 'ratio', 'aimed at', 'date')
# A row of the table without the header, and a line with the date and machine of a run.
_ROW = re.compile(r'^\| (.*) \| (\d{4}-\d\d-\d\d) \|$', re.M)
_RUN = re.compile(r'^- (\d{4}-\d\d-\d\d): (.*)$', re.M)

_INTRODUCTION = f"""\
# Results

`make bench` writes this page. A ratio is ours / theirs. Both are medians of
{processes.ROUNDS} measurements in turn, unless the function of the figure says
otherwise. A ratio that misses its aim is bold. Absolute times mean little on a
shared machine. The functions in `figures.py` and `tasks.py` document each
figure.
"""

_CHOSEN = flags.DEFINE_list(
    'figures', list(FIGURES), f'What to measure: {", ".join(FIGURES)}.'
)
_OUTPUT = flags.DEFINE_string('output', _RESULTS, 'The file to write.')
flags.register_validator('figures', lambda names: set(names) <= set(FIGURES))


def page(rows: dict[tuple[str, ...], list[str]], runs: dict[str, str]) -> str:
  """Returns the page.

  Args:
    rows: maps a figure and its baseline to a row of the table.
    runs: maps a date to a description of the machine.
  """
  dates = {row[-1] for row in rows.values()}
  machines = ''.join(
      f'- {date}: {text}\n' for date, text in sorted(runs.items()) if date in dates
  )
  return '\n'.join([_INTRODUCTION, machine.table(_TITLES, rows.values()), machines])


def main(_) -> None:
  # Python saves bytecode, so no measurement includes the compilation of files.
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
    # Matplotlib builds its font cache once here, not again for each empty cache folder.
    os.environ['MPLCONFIGDIR'] = os.path.join(folder, 'matplotlib')
    run = Run(folder)
    for name in _CHOSEN.value:
      for row in FIGURES[name](run):
        rows[row[0], row[1]] = [*row, today]
        tqdm.tqdm.write(' | '.join(row), file=sys.stderr)
      loads.append(os.getloadavg()[0])
      runs[today] = machine.description(_DISTRIBUTIONS, loads)
      # The file is written after each figure, so an error in a later one loses nothing.
      with open(_OUTPUT.value, 'w', encoding='utf-8') as file:
        file.write(page(rows, runs))


if __name__ == '__main__':
  app.run(main)
