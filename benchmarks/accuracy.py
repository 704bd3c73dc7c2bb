"""Measures how well tweets are read, with their emoticons and without.

    python -m benchmarks.accuracy
    python -m benchmarks.accuracy --parts=usual,errors
    python -m benchmarks.accuracy --parts=

Run it in a checkout. What it finds goes to `benchmarks/accuracy.json`, and from there
into the tables of `docs/accuracy.md`, which need no measuring: `--parts=`. No tweet
goes anywhere. All of it takes 12 minutes on four idle cores, in two processes.
"""

import dataclasses
import importlib.metadata
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tqdm
from absl import app, flags

from benchmarks import accuracy_page, blind_reading, reading_errors
from benchmarks.accuracy_runs import (
    FOLDINGS,
    HARD,
    N_FOLDS,
    PACKAGE_MODELS,
    USUAL,
    Job,
    Run,
    first_near_duplicates,
    n_train,
    pack,
    run_jobs,
)
from benchmarks.baselines import BASELINES, LESS_REGULAR, LINEAR_CHARACTERS, Settings

RESULTS = os.path.join(os.path.dirname(__file__), 'accuracy.json')

ABLATED = tuple(name for name in PACKAGE_MODELS if name.endswith('=False'))
USUAL_BASELINES = (
    'logistic regression, words',
    'logistic regression, TF-IDF word 1-2',
)
RAWER_TASKS = ('with links', 'with handles', 'with links, handles')
N_SEEDS = 5
_CV_SEEDS = 3
_DISTRIBUTIONS = (
    'trax-twitter-sentiment',
    'trax',
    'jax',
    'numpy',
    'nltk',
    'scikit-learn',
    'fasttext-numpy2-wheel',
    'vaderSentiment',
)


# Parts: each returns its runs, of which later ones may need those of earlier ones.


def _cross_validation(task: str, baselines: Iterable[str]) -> list[Run]:
  jobs = [
      Job(name, task, split, settings=BASELINES[name].grid)
      for split in _cv_splits()
      for name in baselines
  ]
  return run_jobs(jobs, f'{task}: cross-validation of baselines')


def tune(runs: Iterable[Run]) -> dict[tuple[str, str], Settings]:
  """Returns the settings that did best in cross-validation, by model and task."""
  found: dict[tuple[str, str], dict[str, list[float]]] = {}
  for run in runs:
    if run.task in RAWER_TASKS:
      continue
    if run.split.split()[0] in FOLDINGS and run.model in BASELINES:
      of_settings = found.setdefault((run.model, run.task), {})
      of_settings.setdefault(json.dumps(run.settings), []).append(run.accuracy)
  return {
      key: json.loads(max(of_settings, key=lambda s: np.mean(of_settings[s])))
      for key, of_settings in found.items()
  }


def _baseline_jobs(
    tuned: Mapping[tuple[str, str], Settings], task: str, split: str
) -> list[Job]:
  return [
      Job(name, task, split, seed, (settings,))
      for (name, tuned_task), settings in tuned.items()
      if tuned_task == task
      for seed in range(N_SEEDS if BASELINES[name].seeded else 1)
  ]


def _package_jobs(task: str, split: str, *names: str) -> list[Job]:
  return [Job(n, task, split, seed) for n in names for seed in range(N_SEEDS)]


def _hard_baselines(_: Sequence[Run]) -> list[Run]:
  runs = _cross_validation('hard', BASELINES)
  jobs = _baseline_jobs(tune(runs), 'hard', 'validation')
  return runs + run_jobs(jobs, 'hard: baselines')


def _hard(_: Sequence[Run]) -> list[Run]:
  names = (HARD, f'{USUAL}, emoticons removed')
  jobs = [
      Job(name, 'hard', split, seed)
      for split in _cv_splits()
      for name in names
      for seed in range(_CV_SEEDS)
  ]
  jobs += _package_jobs('hard', 'validation', *names)
  return run_jobs(jobs, 'hard: the package')


def _rawer(runs: Sequence[Run]) -> list[Run]:
  settings = (tune(runs)[LINEAR_CHARACTERS, 'hard'], LESS_REGULAR)
  jobs = [
      Job(LINEAR_CHARACTERS, task, split, settings=settings)
      for task in RAWER_TASKS
      for split in (*_cv_splits(), 'validation')
  ]
  # Cross-validation has done the rest.
  jobs.append(
      Job(LINEAR_CHARACTERS, 'hard', 'validation', settings=(LESS_REGULAR,))
  )
  return run_jobs(jobs, 'rawer text')


def _grouped(runs: Sequence[Run]) -> list[Run]:
  jobs = _baseline_jobs(tune(runs), 'hard', 'grouped')
  return run_jobs(jobs + _package_jobs('hard', 'grouped', HARD), 'grouped')


def _usual(_: Sequence[Run]) -> list[Run]:
  runs = _cross_validation('usual', USUAL_BASELINES)
  jobs = _baseline_jobs(tune(runs), 'usual', 'validation')
  names = (USUAL, 'twitter_notebook.gin', f'{HARD}, emoticons kept')
  jobs += _package_jobs('usual', 'validation', *names)
  return runs + run_jobs(jobs, 'usual')


def _ablations(_: Sequence[Run]) -> list[Run]:
  jobs = [
      Job(name, 'hard', split, seed)
      for split in _cv_splits()
      for name in ABLATED
      for seed in range(_CV_SEEDS)
  ]
  return run_jobs(jobs, 'ablations')


def _cv_splits() -> list[str]:
  return [f'{folding} {k}' for folding in FOLDINGS for k in range(N_FOLDS)]


PARTS = {
    'hard_baselines': _hard_baselines,
    'hard': _hard,
    'rawer': _rawer,
    'grouped': _grouped,
    'usual': _usual,
    'ablations': _ablations,
}
# Parts that return counts.
STUDIES = {
    'errors': lambda _: reading_errors.measure_errors(N_SEEDS),
    'reading': lambda runs: blind_reading.measure_reading(tune(runs)),
}
_ALL_PARTS = [*PARTS, *STUDIES]

_CHOSEN = flags.DEFINE_list(
    'parts', _ALL_PARTS, f'What to measure: {", ".join(_ALL_PARTS)}.'
)
flags.register_validator('parts', lambda names: set(names) <= set(_ALL_PARTS))


def load() -> dict[str, Any]:
  """Returns what has been measured; runs by the name of their part."""
  with open(RESULTS, encoding='utf-8') as file:
    results = json.load(file)
  results['runs'] = {
      part: [Run(**fields) for fields in runs]
      for part, runs in results['runs'].items()
  }
  return results


def _save(results: dict[str, Any]) -> None:
  runs = {
      part: [dataclasses.asdict(run) for run in runs]
      for part, runs in results['runs'].items()
  }
  text = json.dumps({**results, 'runs': runs}, indent=1)
  # A run a line.
  text = re.sub(r'\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\}', _one_line, text)
  with open(RESULTS, 'w', encoding='utf-8') as file:
    file.write(text + '\n')


def _one_line(match: re.Match) -> str:
  return ' '.join(match[0].split())


def main(_) -> None:
  results = load() if os.path.exists(RESULTS) else {'runs': {}}
  for part in _ALL_PARTS:
    if part not in _CHOSEN.value:
      continue
    earlier = [run for runs in results['runs'].values() for run in runs]
    if part in PARTS:
      results['runs'][part] = PARTS[part](earlier)
    else:
      results[part] = STUDIES[part](earlier)
    runs = [run for of_part in results['runs'].values() for run in of_part]
    results['tuned'] = {
        f'{model} / {task}': found for (model, task), found in tune(runs).items()
    }
    results['versions'] = {n: importlib.metadata.version(n) for n in _DISTRIBUTIONS}
    near = first_near_duplicates()[n_train() :] < n_train()
    results['near_duplicates'] = pack(near)
    # After each part, so that none is lost with a later one.
    _save(results)
  accuracy_page.write(load())
  tqdm.tqdm.write('The tables of docs/accuracy.md are up to date.', file=sys.stderr)


if __name__ == '__main__':
  app.run(main)
