"""Evaluations as tables of text, at most 80 columns wide."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from trax_twitter_sentiment.prediction.scores import Evaluation, Score

VARIANTS = {'as_is': 'as they are', 'without_emoticons': 'emoticons removed'}

TITLES = {
    'accuracy': 'accuracy',
    'precision': 'precision',
    'recall': 'recall',
    'f1': 'F1',
    'roc_auc': 'ROC AUC',
    'macro_f1': 'macro F1',
    'macro_recall': 'macro recall',
    'log_loss': 'log-loss',
    'calibration_error': 'calibration error',
}
_N_CONFUSIONS = 10  # The number of confusions in a table.
_NAME_WIDTH = 34  # The width of the column of class names.


def lines(evaluations: Mapping[str, Evaluation]) -> Iterator[str]:
  """Yields the lines of a table with a column for each of the `VARIANTS`."""
  results = [*evaluations.values()]
  yield _line('', (VARIANTS[variant] for variant in evaluations))
  for name, title in TITLES.items():
    if getattr(results[0], name) is None:
      continue
    yield _line(title, (_cell(getattr(result, name)) for result in results))
    if name == 'accuracy':
      intervals = ('{:.4f} to {:.4f}'.format(*r.accuracy_interval) for r in results)
      yield _line('  95% interval', intervals)
  names = [*results[0].classes]
  if len(names) == 2:
    for i, name in enumerate(names):
      counts = (' / '.join(map(str, r.confusion_matrix[i])) for r in results)
      yield _line(f'{name} texts', counts)
    yield _line('  predicted as', [' / '.join(names)] * len(results))
    return
  for variant, result in evaluations.items():
    yield ''
    yield f'Classes, texts {VARIANTS[variant]}:'
    yield from _class_lines(result)
    yield ''
    yield f'Most frequent confusions, texts {VARIANTS[variant]}:'
    yield from _confusion_lines(result, names)


def _class_lines(evaluation: Evaluation) -> Iterator[str]:
  """Yields a table like scikit-learn's `classification_report`."""
  columns = ''.join(f'{c:>10}' for c in ('precision', 'recall', 'f1-score', 'support'))
  yield f'{"":{_NAME_WIDTH}}{columns}'
  for name, scores in evaluation.classes.items():
    values = (_value(s) for s in (scores.precision, scores.recall, scores.f1))
    cells = ''.join(f'{cell:>10}' for cell in (*values, str(scores.support)))
    yield f'{_shortened(name):{_NAME_WIDTH}}{cells}'


def _confusion_lines(evaluation: Evaluation, names: list[str]) -> Iterator[str]:
  confusion = np.array(evaluation.confusion_matrix)
  np.fill_diagonal(confusion, 0)
  for index in np.argsort(-confusion, axis=None, kind='stable')[:_N_CONFUSIONS]:
    row, column = np.unravel_index(index, confusion.shape)
    if not confusion[row, column]:
      return
    pair = f'{_shortened(names[row])} predicted as {_shortened(names[column])}'
    yield f'{confusion[row, column]:6}  {pair}'


def _shortened(name: str) -> str:
  limit = _NAME_WIDTH - 6
  return name if len(name) <= limit else f'{name[: limit - 1]}…'


def _line(title: str, cells: Iterable[str]) -> str:
  return f'{title:18} {" ".join(f"{cell:>26}" for cell in cells)}'


def _cell(score: Score) -> str:
  value = 'undefined' if score.value is None else _value(score)
  return f'{value} (n={score.n_examples})'


def _value(score: Score) -> str:
  return '-' if score.value is None else f'{score.value:.4f}'
