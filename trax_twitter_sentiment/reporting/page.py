"""The report of a run as one HTML page that needs nothing else."""

import importlib.resources
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment.corpus import Examples
from trax_twitter_sentiment.near_duplicates import GROUPED
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.reporting import plots, token_sections
from trax_twitter_sentiment.reporting.content import ReportContent, Variant
from trax_twitter_sentiment.reporting.markup import (
    Element,
    element,
    fact_table,
    figure,
    grid,
    isolated,
    section,
)
from trax_twitter_sentiment.run_directory.curves import Curve

# Nothing is loaded, whatever the page holds; styles are the page's own.
_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

# The loss goes by the name of its layer, the metric by its name in the gin files.
_LOSS_LAYER, _LOSS_METRIC = 'WeightedCategoryCrossEntropy', 'cross_entropy'

_CORPORA = {
    'nltk': "NLTK's twitter_samples",
    'sample': "the package's made-up tweets: no figure here tells of real tweets",
}

_STYLE = importlib.resources.files(__package__) / 'style.css'


def render(content: ReportContent) -> str:
  """Returns the page about a run."""
  title = f'Report of {content.model_dir}'
  head = element(
      'head',
      element('meta', charset='utf-8'),
      element(
          'meta', http_equiv='Content-Security-Policy', content=_SECURITY_POLICY
      ),
      element(
          'meta', name='viewport', content='width=device-width, initial-scale=1'
      ),
      element('title', title),
      Element('<style>\n' + _STYLE.read_text('utf-8') + '</style>'),
  )
  body = element(
      'body',
      element('h1', 'Report of ', isolated(content.model_dir)),
      element('p', _overview(content), class_='faint'),
      _headline(content),
      _curves(content),
      _confusion_matrices(content),
      _calibrations(content),
      _histograms(content),
      token_sections.weighty_tokens(content),
      token_sections.mistakes(content),
      _settings(content),
      _origins(content),
  )
  return f'<!DOCTYPE html>\n{element("html", head, body, lang="en")}\n'


def _overview(content: ReportContent) -> str:
  corpus = content.corpus
  return (
      f'Tweet sentiment, on the {_sizes(corpus.validation, corpus.class_names)} of '
      f'validation of the corpus {corpus.name!r}{_origin(corpus.name)}.'
  )


def _sizes(examples: Examples, class_names: Sequence[str]) -> str:
  """Returns how many texts there are, and of each class."""
  counts = np.bincount(examples.labels, minlength=len(class_names)).tolist()
  of_classes = ', '.join(
      f'{count:,} {name}' for name, count in zip(class_names, counts, strict=True)
  )
  return f'{len(examples.texts):,} texts ({of_classes})'


def _origin(corpus: str) -> str:
  """Returns where a corpus of the package comes from, by its name, or ''."""
  source, grouped, _ = corpus.partition(GROUPED)
  origin = f': {_CORPORA[source]}' if source in _CORPORA else ''
  return origin + (', near-duplicates in one split' if grouped else '')


def _headline(content: ReportContent) -> Element:
  remark = (
      'This corpus got its labels from the emoticons in the tweets, so that a model '
      'that sees them hardly needs a word. The accuracy without them tells what the '
      'model makes of words.'
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
  return section('Accuracy', element('p', remark), grid(*cards))


def _curves(content: ReportContent) -> Element:
  groups: dict[str, dict[str, Curve]] = {}
  for name, curve in content.eval_curves.items():
    groups.setdefault(name, {})[f'eval {name}'] = curve
  for name, curve in content.train_curves.items():
    group = _LOSS_METRIC if name == _LOSS_LAYER else name
    groups.setdefault(group, {})[f'train {name}'] = curve
  if not groups:
    sentence = (
        "There are none: the run's directory holds no event files (train/, eval/)."
    )
    return section('Training curves', element('p', sentence))
  figures = []
  for name, curves in groups.items():
    last = '; '.join(
        f'{title} {curve[step]:.4g} at step {step:,}'
        for title, curve in curves.items()
        for step in [max(curve)]
    )
    figures.append(
        figure(name, plots.curves(curves), 'Curves over the steps.', last)
    )
  return section('Training curves', grid(*figures))


def _confusion_matrices(content: ReportContent) -> Element:
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
  return element('div', element('table', header, *rows), class_='card')


def _calibrations(content: ReportContent) -> Element:
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
  probabilities, hits = scores.sought(variant.log_probabilities, labels)
  counts, mean, positive = scores.calibration_bins(probabilities, hits)
  sought = names[1] if len(names) == 2 else 'the class called'
  return figure(
      variant.title,
      plots.calibration(probabilities, hits, sought),
      'Calibration curve. '
      + '; '.join(
          f'{count:,} tweets at mean probability {probability:.2f}, '
          f'{fraction:.1%} of them true'
          for count, probability, fraction in zip(counts, mean, positive, strict=True)
          if count
      ),
      f'expected calibration error {_value(variant.evaluation.calibration_error)}, '
      f'log-loss {_value(variant.evaluation.log_loss)}',
  )


def _histograms(content: ReportContent) -> Element | str:
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


def _settings(content: ReportContent) -> Element:
  if content.config is None:
    sentence = "The run's directory holds no config.gin."
    return section('Settings', element('p', sentence))
  return section(
      'Settings',
      element(
          'details',
          element('summary', 'config.gin, all settings in effect'),
          # Browsers drop the first line end of a pre.
          element('pre', '\n' + content.config, tabindex='0'),
          class_='card',
      ),
  )


def _origins(content: ReportContent) -> Element:
  corpus, tokenizer = content.corpus, content.tokenizer
  facts = {
      'name': f'{corpus.name}{_origin(corpus.name)}',
      **{
          split: _sizes(examples, corpus.class_names)
          for split, examples in (
              ('training', corpus.train),
              ('validation', corpus.validation),
          )
      },
      'vocabulary': f'{len(tokenizer.vocabulary):,} tokens',
  }
  remark = 'Those of the environment that made this report.'
  return element(
      'div',
      section('Corpus', fact_table(facts)),
      section('Versions', element('p', remark), fact_table(content.versions)),
  )


def _value(score: scores.Score) -> str:
  return 'undefined' if score.value is None else f'{score.value:.4f}'
