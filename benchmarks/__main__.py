"""Measures the package and writes what it finds to `benchmarks/RESULTS.md`.

    python -m benchmarks
    python -m benchmarks --parts=cold_start,growth --output=/tmp/benchmarks/RESULTS.md

Run it in a checkout. NLTK's tweets are downloaded unless they are at hand. All of it
takes some 25 minutes.
"""

import os
import sys
import tempfile

import tqdm
from absl import app, flags

from benchmarks import growth, measure, peers, results
from benchmarks.figures import FIGURES, Run

_PARTS = [*FIGURES, 'growth', 'peers']

_CHOSEN = flags.DEFINE_list('parts', _PARTS, f'What to measure: {", ".join(_PARTS)}.')
_OUTPUT = flags.DEFINE_string(
    'output',
    os.path.join(os.path.dirname(__file__), 'RESULTS.md'),
    'The file to write; plots go beside it.',
)
flags.register_validator('parts', lambda names: set(names) <= set(_PARTS))


def main(_) -> None:
  # Files are compiled before they are measured, and stay so.
  os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
  measure.pin_to_cores()
  measured = results.Results(results.load())
  path = os.path.abspath(_OUTPUT.value)
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with tempfile.TemporaryDirectory() as folder:
    os.environ |= measure.with_cache(os.path.join(folder, 'cache'))
    # Whose cache of fonts is not to be made anew with each of the others.
    os.environ['MPLCONFIGDIR'] = os.path.join(folder, 'matplotlib')
    run = Run(folder)
    run.prepare()
    for part in _PARTS:
      if part not in _CHOSEN.value:
        continue
      if part == 'growth':
        measured.growths = growth.measure_growth(run)
      elif part == 'peers':
        measured.peers = peers.measure_peers()
      else:
        rows = FIGURES[part](run)
        measured.rows += rows
        tqdm.tqdm.write(results.figures(rows), file=sys.stderr)
      # After each part, so that none is lost with a later one.
      measured.write(path)
  tqdm.tqdm.write(f'Written to {path}.', file=sys.stderr)


if __name__ == '__main__':
  app.run(main)
