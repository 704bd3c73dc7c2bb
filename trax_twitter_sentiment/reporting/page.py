"""The report of a run as one HTML page that needs nothing else."""

import math
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Examples
from trax_twitter_sentiment.reporting import plots, score_sections, token_sections
from trax_twitter_sentiment.reporting.content import ReportContent
from trax_twitter_sentiment.reporting.markup import (
    Element,
    contents,
    document,
    element,
    fact_table,
    figure,
    grid,
    isolated,
    section,
)
from trax_twitter_sentiment.run.curves import Curve

# The loss goes by the name of its layer, the metric by its name in the gin files.
_LOSS_LAYER, _LOSS_METRIC = 'WeightedCategoryCrossEntropy', 'cross_entropy'

_CORPORA = {
    'nltk': "NLTK's twitter_samples",
    'sample': "the package's made-up tweets: no figure here tells of real tweets",
}


def render(content: ReportContent) -> str:
  """Returns the page about a run."""
  sections = [
      score_sections.headline(content),
      _curves(content),
      score_sections.confusion_matrices(content),
      score_sections.operating_points(content),
      score_sections.calibrations(content),
      score_sections.histograms(content),
      token_sections.weighty_tokens(content),
      token_sections.mistakes(content),
      _settings(content),
      _corpus(content),
      _versions(content),
  ]
  return document(
      f'Report of {content.model_dir}',
      element('h1', 'Report of ', isolated(content.model_dir)),
      element('p', _overview(content), class_='faint'),
      fact_table(content.facts),
      contents(*sections),
      *sections,
  )


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
  source, grouped, _ = corpus.partition(', grouped')
  origin = f': {_CORPORA[source]}' if source in _CORPORA else ''
  return origin + (', near-duplicates in one split' if grouped else '')


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
    best = _best(name, curves.get(f'eval {name}', {}))
    figures.append(
        figure(name, plots.curves(curves, best), 'Curves over the steps.', last)
    )
  return section('Training curves', grid(*figures))


def _best(metric: str, curve: Curve) -> tuple[int, float] | None:
  """Returns the step of a metric's best value, the first of equals, and that value."""
  if len(curve) < 2 or not all(map(math.isfinite, curve.values())):
    return None
  choose = min if metric == _LOSS_METRIC or 'loss' in metric.lower() else max
  step = choose(curve, key=lambda step: curve[step])
  return step, curve[step]


def _settings(content: ReportContent) -> Element:
  if content.config is None:
    sentence = "The run's directory holds no config.gin."
    return section('Settings', element('p', sentence))
  differing = 'They are those of ' if content.like else ''
  if content.like:
    differing += content.like + (', but for these:' if content.differing else '.')
  return section(
      'Settings',
      element('p', differing),
      fact_table(content.differing) if content.differing else '',
      element(
          'details',
          element('summary', 'config.gin, all settings in effect'),
          # Browsers drop the first line end of a pre.
          element('pre', '\n' + content.config, tabindex='0'),
          class_='card',
      ),
  )


def _corpus(content: ReportContent) -> Element:
  corpus, encoder = content.corpus, content.encoder
  facts = {
      'name': f'{corpus.name}{_origin(corpus.name)}',
      **{
          split: _sizes(examples, corpus.class_names)
          for split, examples in (
              ('training', corpus.train),
              ('validation', corpus.validation),
          )
      },
      'vocabulary': f'{len(encoder.vocabulary):,} tokens',
  }
  return section('Corpus', fact_table(facts))


def _versions(content: ReportContent) -> Element:
  remark = 'Those of the environment that made this report.'
  return section('Versions', element('p', remark), fact_table(content.versions))
