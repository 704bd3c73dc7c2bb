"""The report's sections about scores: how good the run is, in figures and numbers."""

import numpy as np
from sklearn import metrics

from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.reporting import baselines, plots
from trax_twitter_sentiment.reporting.content import ReportContent, Variant
from trax_twitter_sentiment.reporting.markup import (
  Element,
  element,
  figure,
  grid,
  isolated,
  section,
)

# Of classes, that can be told apart in one figure.
_MAX_CURVES = 8

# Of the columns of `score_row`.
SCORE_TITLES = ('accuracy', '95% interval', 'macro F1', 'log-loss')


def headline(content: ReportContent) -> Element:
  remark = 'The accuracy without emoticons tells what the model makes of words.'
  if content.corpus.labels_from_emoticons:
    remark = (
        'This corpus got its labels from the emoticons in the tweets, so that a model '
        f'that sees them hardly needs a word. {remark}'
    )
  if len(content.variants) == 1:
    remark = 'The run itself leaves emoticons out, so there is one way to read a tweet.'
  cards = [
      element(
          'div',
          element('div', variant.title),
          element('div', f'{variant.evaluation.accuracy.value:.4f}', class_='figure'),
          element(
              'div',
              '95% interval {:.4f} to {:.4f}'.format(
                  *variant.evaluation.accuracy_interval
              )
              + f', n = {variant.evaluation.accuracy.n_examples:,}',
              class_='faint',
          ),
          class_='card',
      )
      for variant in content.variants
  ]
  return section(
      'Accuracy', element('p', remark), grid(*cards), _baselines(content)
  )


def _baselines(content: ReportContent) -> Element:
  """Returns the run's scores beside those of others."""
  header = element('tr', element('td', ''), *map(number_title, SCORE_TITLES))
  rows = []
  for variant in content.variants:
    title = element('th', variant.title, colspan='5', scope='rowgroup')
    rows.append(element('tr', title))
    for name, found in {'this run': variant.evaluation, **variant.baselines}.items():
      rows.append(score_row(name, found))
  remark = ''
  if len(content.corpus.train.texts) > baselines.MAX_TRAINING_TEXTS:
    remark = (
        f'TF-IDF was trained on {baselines.MAX_TRAINING_TEXTS:,} of the training texts.'
    )
  table = element('table', element('caption', 'Beside others'), header, *rows)
  faint = element('p', remark, class_='faint')
  return element('div', table, faint, class_='card scores')


def number_title(title: str) -> Element:
  return element('th', title, scope='col', class_='number')


def score_row(name: str, found: scores.Evaluation) -> Element:
  """Returns the row of a table: accuracy, its interval, macro F1, log-loss."""
  numbers = (
      _value(found.accuracy),
      '{:.4f} to {:.4f}'.format(*found.accuracy_interval),
      _value(found.macro_f1),
      _value(found.log_loss),
  )
  cells = (element('td', number, class_='number') for number in numbers)
  return element('tr', element('th', isolated(name), scope='row'), *cells)


def confusion_matrices(content: ReportContent) -> Element:
  return section('Confusion matrix', grid(*map(_confusion_matrix, content.variants)))


def _confusion_matrix(variant: Variant) -> Element:
  evaluation = variant.evaluation
  matrix, names = evaluation.confusion_matrix, list(evaluation.classes)
  if evaluation.precision and evaluation.recall and evaluation.f1:
    figures = (
        f'precision {_value(evaluation.precision)}, recall '
        f'{_value(evaluation.recall)}, F1 {_value(evaluation.f1)}'
    )
  else:
    figures = (
        f'macro F1 {_value(evaluation.macro_f1)}, macro recall '
        f'{_value(evaluation.macro_recall)}'
    )
  rows = (
      f'{truth} tweets: '
      + ', '.join(f'{n:,} called {name}' for name, n in zip(names, row, strict=True))
      for truth, row in zip(names, matrix, strict=True)
  )
  drawn = figure(
      variant.title,
      plots.confusion_matrix(matrix, names),
      'Confusion matrix. ' + '; '.join(rows),
      figures,
  )
  return element('div', drawn, _class_table(variant)) if len(names) > 2 else drawn


def _class_table(variant: Variant) -> Element:
  titles = ('class', 'precision', 'recall', 'F1', 'texts')
  header = element('tr', *(element('th', title, scope='col') for title in titles))
  rows = []
  for name, found in variant.evaluation.classes.items():
    cells = (_value(found.precision), _value(found.recall), _value(found.f1))
    numbers = (*cells, f'{found.support:,}')
    rows.append(
        element(
            'tr',
            element('td', isolated(name)),
            *(element('td', number, class_='number') for number in numbers),
        )
    )
  return element('div', element('table', header, *rows), class_='card scores')


def calibrations(content: ReportContent) -> Element:
  explanation = (
      'Of what is said with probability p (that a tweet is positive, or of several '
      'classes the one called), the fraction p should be true. Points above the broken '
      'line: the model is not sure enough; below: too sure.'
  )
  labels = content.corpus.validation.labels
  return section(
      'Calibration',
      element('p', explanation),
      grid(*(_calibration(variant, labels) for variant in content.variants)),
  )


def _calibration(variant: Variant, labels: np.ndarray) -> Element:
  names = list(variant.evaluation.classes)
  events = scores.calibration_events(variant.log_probabilities, labels)
  bins = scores.calibration_bins(*events)
  sought = names[1] if len(names) == 2 else 'the class called'
  return figure(
      variant.title,
      plots.calibration(bins, sought),
      'Calibration. '
      + '; '.join(
          f'{found.n_texts:,} tweets at mean probability {found.probability:.2f}, '
          f'{found.rate:.1%} of them true'
          for found in bins
      ),
      f'expected calibration error {_value(variant.evaluation.calibration_error)}, '
      f'log-loss {_value(variant.evaluation.log_loss)}',
  )


def operating_points(content: ReportContent) -> Element | str:
  labels = content.corpus.validation.labels
  if len(np.unique(labels)) < 2:
    return ''
  if len(content.corpus.class_names) > 2:
    explanation = (
        'Of each class against the others, by its probability: what is to be had by '
        'calling more texts so, or fewer.'
    )
    drawn = [
        drawing
        for variant in content.variants
        for drawing in _class_curves(variant, labels)
    ]
    return section('Thresholds', element('p', explanation), grid(*drawn))
  explanation = (
      'Who calls positive what has more, or less, than even odds, finds more of the '
      'positives, or errs less: each curve has what is to be had.'
  )
  return section(
      'Thresholds',
      element('p', explanation),
      grid(*(_operating_points(variant, labels) for variant in content.variants)),
  )


def _class_curves(variant: Variant, labels: np.ndarray) -> list[Element]:
  """Returns ROC and precision-recall curves of the most frequent classes."""
  counts = np.bincount(labels, minlength=len(variant.evaluation.classes))
  frequent = np.argsort(-counts, kind='stable')[:_MAX_CURVES]
  names = list(variant.evaluation.classes)
  roc, precision_recall, aucs, areas = {}, {}, {}, {}
  for i in sorted(i for i in frequent.tolist() if counts[i]):
    name, is_so, score = names[i], labels == i, variant.log_probabilities[:, i]
    roc[name] = metrics.roc_curve(is_so, score)[:2]
    precisions, recalls, _ = metrics.precision_recall_curve(is_so, score)
    precision_recall[name] = recalls, precisions
    aucs[name] = metrics.roc_auc_score(is_so, score)
    areas[name] = metrics.average_precision_score(is_so, score)
  drawn = []
  for title, curves, values, axes in (
      ('ROC', roc, aucs, ('false positive rate', 'true positive rate')),
      ('precision-recall', precision_recall, areas, ('recall', 'precision')),
  ):
    found = ', '.join(f'{name} {value:.4f}' for name, value in values.items())
    caption = f'{"AUC" if title == "ROC" else "average precision"}: {found}'
    if len(names) > len(curves):
      caption += f' (the {len(curves)} most frequent classes)'
    svg = plots.class_curves(curves, *axes)
    drawn.append(figure(f'{variant.title}, {title}', svg, f'{title} curves', caption))
  return drawn


def _operating_points(variant: Variant, labels: np.ndarray) -> Element:
  odds = scores.log_odds(variant.log_probabilities)
  false_rates, true_rates, _ = metrics.roc_curve(labels, odds)
  precisions, recalls, _ = metrics.precision_recall_curve(labels, odds)
  area = metrics.average_precision_score(labels, odds)
  positive = list(variant.evaluation.classes)[1]
  auc = variant.evaluation.roc_auc
  caption = f'average precision {area:.4f}'
  if auc:
    caption = f'ROC AUC {_value(auc)}, {caption}'
  figures = (false_rates, true_rates), (recalls, precisions)
  return figure(
      variant.title,
      plots.operating_points(*figures, positive),
      f'ROC and precision-recall curve: {caption}',
      caption,
  )


def histograms(content: ReportContent) -> Element | str:
  if len(content.corpus.class_names) > 2:
    return ''
  explanation = (
      'The log-odds of positive to negative, by what the tweets are. What lies on '
      'the wrong side of the line is a mistake.'
  )
  labels = content.corpus.validation.labels
  return section(
      'Scores',
      element('p', explanation),
      grid(*(_histogram(variant, labels) for variant in content.variants)),
  )


def _histogram(variant: Variant, labels: np.ndarray) -> Element:
  odds = scores.log_odds(variant.log_probabilities)
  names = list(variant.evaluation.classes)
  auc = variant.evaluation.roc_auc
  return figure(
      variant.title,
      plots.score_histogram(odds, labels, names),
      'Histogram of log-odds. '
      + '; '.join(
          f'{name} tweets: median log-odds {np.median(odds[labels == label]):.2f}'
          for label, name in enumerate(names)
          if (labels == label).any()
      ),
      f'ROC AUC {_value(auc)}' if auc else '',
  )


def _value(score: scores.Score) -> str:
  return 'undefined' if score.value is None else f'{score.value:.4f}'
