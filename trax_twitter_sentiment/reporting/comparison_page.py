"""The page that puts runs side by side."""

from trax_twitter_sentiment.reporting.comparison import N_DISAGREEMENTS, Comparison
from trax_twitter_sentiment.reporting.markup import (
    Element,
    contents,
    document,
    element,
    isolated,
    section,
)
from trax_twitter_sentiment.reporting.score_sections import (
    SCORE_TITLES,
    number_title,
    score_row,
)


def render(comparison: Comparison) -> str:
  """Returns the page about several runs."""
  sections = [
      _scores(comparison),
      _tests(comparison),
      _settings(comparison),
      _disagreements(comparison),
  ]
  title = f'{len(comparison.model_dirs)} runs compared'
  remark = (
      f'On the {len(comparison.validation.texts):,} validation texts of the corpus '
      f'{comparison.corpus!r}, each as the run reads it.'
  )
  return document(
      title,
      element('h1', title),
      element('p', remark, class_='faint'),
      contents(*sections),
      *sections,
  )


def _scores(comparison: Comparison) -> Element:
  header = element('tr', element('td', ''), *map(number_title, SCORE_TITLES))
  rows = [
      score_row(_title(comparison, i), found)
      for i, found in enumerate(comparison.evaluations)
  ]
  table = element('div', element('table', header, *rows), class_='card scores')
  return section('Scores', table)


def _tests(comparison: Comparison) -> Element:
  explanation = (
      'Of the texts that one of two runs alone calls rightly, how many are whose; and '
      'how probable it is that equally good runs differ so much (McNemar, exact).'
  )
  rows = []
  for pair in comparison.pairs:
    names = [_title(comparison, i) for i in (pair.first, pair.second)]
    sentence = f'{pair.only_first:,} to {pair.only_second:,}'
    rows.append(
        element(
            'tr',
            element('th', isolated(' and '.join(names)), scope='row'),
            element('td', sentence, class_='number'),
            element('td', f'p = {pair.p_value:.3g}', class_='number'),
        )
    )
  table = element('div', element('table', *rows), class_='card')
  return section('Tests', element('p', explanation), table)


def _settings(comparison: Comparison) -> Element:
  if not comparison.differing:
    return section('Settings', element('p', 'None differs, of those on record.'))
  header = _header(comparison, 'setting')
  rows = [
      element(
          'tr',
          element('th', name, scope='row'),
          *(element('td', isolated(value)) for value in values),
      )
      for name, values in comparison.differing.items()
  ]
  table = element('div', element('table', header, *rows), class_='card')
  remark = 'Those that differ; a run that has no such setting has an empty cell.'
  return section('Settings', element('p', remark), table)


def _disagreements(comparison: Comparison) -> Element:
  names = comparison.class_names
  header = _header(comparison, 'text', 'truth')
  rows = []
  for i in comparison.disagreements[:N_DISAGREEMENTS].tolist():
    label = int(comparison.validation.labels[i])
    calls = (
        element('td', ('✓ ' if called == label else '✗ ') + names[called])
        for called in comparison.called[:, i].tolist()
    )
    text = element('td', isolated(comparison.validation.texts[i]), class_='tweet')
    rows.append(element('tr', text, element('td', names[label]), *calls))
  n_all = len(comparison.disagreements)
  remark = f'{len(rows):,} of {n_all:,} texts that not all runs call the same.'
  table = element('div', element('table', header, *rows), class_='card')
  return section('Disagreements', element('p', remark), table if rows else '')


def _header(comparison: Comparison, *titles: str) -> Element:
  runs = (_title(comparison, i) for i in range(len(comparison.model_dirs)))
  cells = (element('th', isolated(title), scope='col') for title in (*titles, *runs))
  return element('tr', *cells)


def _title(comparison: Comparison, number: int) -> str:
  return f'{number + 1}: {comparison.model_dirs[number]}'
