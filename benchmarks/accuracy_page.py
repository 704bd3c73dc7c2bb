"""The tables of docs/accuracy.md, from what was measured.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; what is around them is
written by hand.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.accuracy_runs import (
    FOLDINGS,
    HARD,
    PACKAGE_MODELS,
    USUAL,
    Run,
    alone_right,
    unpack,
)
from benchmarks.baselines import (
    BASELINES,
    LESS_REGULAR,
    LINEAR_CHARACTERS,
    Settings,
)
from benchmarks.results import table

PAGE = os.path.join(os.path.dirname(__file__), os.pardir, 'docs', 'accuracy.md')

_TABLE = re.compile(r'(<!-- table: (\w+) -->\n).*?(<!-- end -->)', re.DOTALL)

_USUAL_REMOVED = f'{USUAL}, emoticons removed'
_OWN_TOKENS = "logistic regression, twitter_hard.gin's tokens"


class Measured:
  """All runs, and what they are looked up by."""

  def __init__(self, results: Mapping[str, Any]):
    self.runs = [run for runs in results['runs'].values() for run in runs]
    self.tuned = results['tuned']
    n_tests = self.on('validation', HARD)[0].n_tests
    self.near = unpack(results['near_duplicates'], n_tests)
    # Nothing, if the runs alone have been measured.
    self.errors = results.get('errors', {})
    self.reading = results.get('reading', {})

  def on(
      self,
      split: str,
      model: str,
      task: str = 'hard',
      settings: Settings | None = None,
  ) -> list[Run]:
    """Returns the runs of a model, one a seed; of a baseline by default the tuned."""
    if settings is None:
      settings = self.tuned.get(f'{model} / {task}', {})
    return [
        run
        for run in self.runs
        if (run.model, run.task, run.split) == (model, task, split)
        and run.settings == settings
    ]

  def folds(
      self,
      folding: str,
      model: str,
      task: str = 'hard',
      settings: Settings | None = None,
  ) -> np.ndarray:
    """Returns the accuracy in each fold, as a mean over seeds: <float>[n_folds]."""
    splits = sorted({r.split for r in self.runs if r.split.startswith(f'{folding} ')})
    runs = [self.on(split, model, task, settings) for split in splits]
    return np.array([mean(of_split) for of_split in runs])

  @property
  def best_baseline(self) -> str:
    """The best on validation of those that don't use the package's tokens."""
    names = [name for name in BASELINES if name != _OWN_TOKENS]
    return max(names, key=lambda name: mean(self.on('validation', name)))


def write(results: Mapping[str, Any]) -> None:
  """Makes the page's tables anew."""
  with open(PAGE, encoding='utf-8') as file:
    page = file.read()
  page = filled(page, results)
  with open(PAGE, 'w', encoding='utf-8') as file:
    file.write(page)


def filled(page: str, results: Mapping[str, Any]) -> str:
  """Returns a page with its tables made anew."""
  measured = Measured(results)
  return _TABLE.sub(
      lambda match: f'{match[1]}{TABLES[match[2]](measured)}{match[3]}', page
  )


def mean(runs: Iterable[Run]) -> float:
  return float(np.mean([run.accuracy for run in runs]))


def _hard(measured: Measured) -> str:
  names = [*BASELINES, _USUAL_REMOVED, HARD]
  rows = [
      [
          _bold(name),
          _in_words(measured.tuned.get(f'{name} / hard', {})),
          *(_fold_mean(measured, folding, name) for folding in FOLDINGS),
          *_accuracy(measured.on('validation', name)),
          *_costs(measured.on('validation', name)),
      ]
      for name in names
  ]
  titles = ('model', 'tuned to', *_CV, *_ACCURACY, *_COSTS)
  return table(titles, rows)


def _paired(measured: Measured) -> str:
  ours = measured.on('validation', HARD)
  majority = np.sum([run.bits for run in ours], axis=0) * 2 > len(ours)
  compared = [(f'seed {run.seed}', run.bits, measured.best_baseline) for run in ours]
  compared += [
      ('majority of the five', majority, name)
      for name in (measured.best_baseline, _OWN_TOKENS)
  ]
  rows = []
  for what, bits, name in compared:
    theirs = measured.on('validation', name)[0].bits
    n_ours, n_theirs = alone_right(bits, theirs)
    difference = float(bits.mean() - theirs.mean())
    rows.append([
        what,
        name,
        f'{bits.mean():.4f}',
        f'{difference:+.4f}',
        str(n_ours),
        str(n_theirs),
        _p_value(mcnemar(n_ours, n_theirs)),
    ])
  titles = (
      'twitter_hard.gin',
      'against',
      'accuracy',
      'difference',
      'it alone right',
      'the other alone right',
      'p',
  )
  return table(titles, rows)


def mcnemar(n_ours: int, n_theirs: int) -> float:
  """Returns McNemar's exact two-sided p, of how many either alone has right."""
  if not n_ours + n_theirs:
    return 1.0
  return float(stats.binomtest(n_ours, n_ours + n_theirs).pvalue)


def _rawer(measured: Measured) -> str:
  tasks = {
      'hard': 'the common text',
      'with links': 'with links',
      'with handles': 'with handles',
      'with links, handles': 'with both: `remove_emoticons` alone',
  }
  all_settings = (measured.tuned[f'{LINEAR_CHARACTERS} / hard'], LESS_REGULAR)
  rows = []
  for task, title in tasks.items():
    row = [title]
    for settings in all_settings:
      for folding in FOLDINGS:
        folds = measured.folds(folding, LINEAR_CHARACTERS, task, settings)
        row.append(f'{folds.mean():.4f}')
      runs = measured.on('validation', LINEAR_CHARACTERS, task, settings)
      row.append(f'{mean(runs):.4f}')
    rows.append(row)
  titles = ['text']
  for settings in all_settings:
    titles += [f'C = {settings["c"]}: {_CV[0]}', *_CV[1:], 'validation']
  return table(titles, rows)


def _leak(measured: Measured) -> str:
  rows = []
  for name in (HARD, measured.best_baseline, _OWN_TOKENS):
    runs = measured.on('validation', name)
    grouped = measured.on('grouped', name)
    bits = np.array([run.bits for run in runs])
    rows.append([
        _bold(name),
        f'{bits.mean():.4f}',
        f'{bits[:, measured.near].mean():.4f}',
        f'{bits[:, ~measured.near].mean():.4f}',
        f'{mean(grouped):.4f}',
    ])
  n_near = int(measured.near.sum())
  titles = (
      'model',
      f'all {len(measured.near):,}',
      f'the {n_near} with a near-duplicate',
      f'the {len(measured.near) - n_near:,} without',
      'these, trained on `GroupedCorpus`',
  )
  return table(titles, rows)


def _usual(measured: Measured) -> str:
  names = [run.model for run in measured.runs if run.task == 'usual']
  rows = [
      [
          name,
          *_accuracy(measured.on('validation', name, 'usual')),
          *_costs(measured.on('validation', name, 'usual')),
      ]
      for name in dict.fromkeys(names)
  ]
  return table(('model', *_ACCURACY, *_COSTS), rows)


def _ablations(measured: Measured) -> str:
  rows = []
  for name in (HARD, *(n for n in PACKAGE_MODELS if n.endswith('=False'))):
    row = [name]
    for folding in FOLDINGS:
      accuracies = measured.folds(folding, name)
      row.append(f'{accuracies.mean():.4f}')
      difference = accuracies - measured.folds(folding, HARD)
      row.append('' if name == HARD else f'{difference.mean():+.4f}')
    rows.append(row)
  return table(('model', *(cell for title in _CV for cell in (title, ''))), rows)


def _error_kinds(measured: Measured) -> str:
  if not measured.errors:
    return ''
  kinds = measured.errors['kinds']
  n_errors = kinds['all'][1]
  rows = [
      [kind, str(n), str(wrong), f'{wrong / n_errors:.0%}', f'{wrong / n:.0%}']
      for kind, (n, wrong) in kinds.items()
  ]
  return table(('tweets with', 'tweets', 'misread', 'of all misread', 'rate'), rows)


def _confidence(measured: Measured) -> str:
  if not measured.errors:
    return ''
  rows = [
      [f'{low:.1f} to {high:.1f}', str(n), str(wrong), f'{1 - wrong / n:.3f}']
      for low, high, n, wrong in measured.errors['confidence']
  ]
  return table(('probability given', 'tweets', 'misread', 'accuracy'), rows)


def _reading(measured: Measured) -> str:
  if not measured.reading:
    return ''
  emoticon, mood = measured.reading['emoticon'], measured.reading['mood']
  rows = [
      [
          _bold(name),
          *map(_share, emoticon[name].values()),
          *(_share(counts) for counts in mood.get(name, {}).values()),
      ]
      for name in emoticon
  ]
  n = {kind: f'{n:,}' for kind, (n, _) in emoticon['readers'].items()}
  titles = (
      'called by',
      f'emoticon, all {n["all"]}',
      f'the {n["plain"]} of plain mood',
      f'the {n["other"]} others',
      *(f'the plain moods, {folding}s' for folding in measured.reading['paired']),
  )
  return table(titles, rows)


def _reading_paired(measured: Measured) -> str:
  if not measured.reading:
    return ''
  rows = [
      [what, f'{folding}s', *map(str, alone), _p_value(mcnemar(*alone))]
      for folding, found in measured.reading['paired'].items()
      for what, alone in found.items()
  ]
  titles = ('called', 'CV', 'twitter_hard.gin alone right', 'n-grams alone right', 'p')
  return table(titles, rows)


def _share(counts: tuple[int, int]) -> str:
  n, n_right = counts
  return f'{n_right / n:.3f}'


TABLES: dict[str, Callable[[Measured], str]] = {
    'hard': _hard,
    'paired': _paired,
    'rawer': _rawer,
    'leak': _leak,
    'usual': _usual,
    'ablations': _ablations,
    'error_kinds': _error_kinds,
    'confidence': _confidence,
    'reading': _reading,
    'reading_paired': _reading_paired,
}

_CV = tuple(f'CV, {folding}s' for folding in FOLDINGS)
_ACCURACY = ('validation', 'sd', '95% interval')
_COSTS = ('training', 'size')


def _accuracy(runs: Sequence[Run]) -> list[str]:
  """Returns the mean over seeds, their spread and Wilson's interval of the mean."""
  accuracy, n_tests = mean(runs), runs[0].n_tests
  interval = stats.binomtest(round(accuracy * n_tests), n_tests).proportion_ci(
      method='wilson'
  )
  spread = np.std([run.accuracy for run in runs], ddof=1) if len(runs) > 1 else None
  return [
      f'{accuracy:.4f}',
      '' if spread is None else f'{spread:.4f}',
      f'{interval.low:.3f} to {interval.high:.3f}',
  ]


def _costs(runs: Sequence[Run]) -> list[str]:
  seconds = np.median([run.seconds for run in runs])
  return [f'{seconds:.1f} s', f'{runs[0].n_bytes / 1e6:.1f} MB']


def _fold_mean(measured: Measured, folding: str, model: str) -> str:
  return f'{measured.folds(folding, model).mean():.4f}'


def _in_words(settings: Mapping[str, Any]) -> str:
  return ', '.join(f'{name} {value}' for name, value in settings.items())


def _p_value(p: float) -> str:
  return f'{p:.2g}' if p >= 0.001 else 'below 0.001'


def _bold(name: str) -> str:
  return f'**{name}**' if name == HARD else name
