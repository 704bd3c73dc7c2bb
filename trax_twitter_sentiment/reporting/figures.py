"""The figures of a report, each with a title, a description and a caption."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.reporting import plots
from trax_twitter_sentiment.reporting.content import ReportContent
from trax_twitter_sentiment.reporting.variants import Variant
from trax_twitter_sentiment.run.history import Curve

# Curves of more classes cannot be told apart in one figure.
MAX_CURVES = 6
KINDS = {'ROC': plots.roc, 'Precision and recall': plots.precision_recall}

# Trax names the loss after its layer; the gin files name the metric of the loss.
_LOSS_LAYER, _LOSS_METRIC = 'WeightedCategoryCrossEntropy', 'cross_entropy'


class Figure(NamedTuple):
  """A figure of a page. `alternative` describes the figure for screen readers."""

  title: str
  svg: str
  alternative: str
  caption: str


def curves(content: ReportContent) -> list[Figure]:
  """Returns the training curves that have more than one point."""
  figures = []
  for name, group in _grouped_curves(content).items():
    shown = {title: curve for title, curve in group.items() if len(curve) > 1}
    if shown:
      figures.append(_curves(name, shown, _best(name, shown.get(f'eval {name}', {}))))
  return figures


def compared_curves(curves: Mapping[str, Mapping[int, Curve]]) -> list[Figure]:
  """Returns a figure of each metric, with the curves of several runs."""
  return [
      _curves(name, {f'run {i + 1}': curve for i, curve in of_runs.items()}, None)
      for name, of_runs in curves.items()
  ]


def single_values(content: ReportContent) -> list[str]:
  """Returns the curves of one point, in words."""
  groups = _grouped_curves(content).values()
  curves = (item for group in groups for item in group.items())
  return [_last_value(title, curve) for title, curve in curves if len(curve) == 1]


def _curves(
    name: str, curves: Mapping[str, Curve], best: tuple[int, float] | None
) -> Figure:
  last_values = '; '.join(_last_value(*item) for item in curves.items())
  return Figure(name, plots.curves(curves, best), 'Curves over the steps.', last_values)


def _grouped_curves(content: ReportContent) -> dict[str, dict[str, Curve]]:
  """Returns the curves of each figure, by title, by the name of the metric."""
  groups: dict[str, dict[str, Curve]] = {}
  for name, curve in content.eval_curves.items():
    groups.setdefault(name, {})[f'eval {name}'] = curve
  for name, curve in content.train_curves.items():
    group = _LOSS_METRIC if name == _LOSS_LAYER else name
    groups.setdefault(group, {})[f'train {name}'] = curve
  return groups


def _last_value(title: str, curve: Curve) -> str:
  return f'{title} {curve[max(curve)]:.4g} at step {max(curve):,}'


def _best(metric: str, curve: Curve) -> tuple[int, float] | None:
  """Returns the step and the value of a metric's best point, the first of equals."""
  if len(curve) < 2 or not all(map(math.isfinite, curve.values())):
    return None
  choose = min if metric == _LOSS_METRIC or 'loss' in metric.lower() else max
  step = choose(curve, key=lambda step: curve[step])
  return step, curve[step]


def thresholds(content: ReportContent) -> list[Figure]:
  """Returns ROC and precision-recall curves; none for too many classes."""
  names, variants = content.class_names, content.variants
  if len(names) > MAX_CURVES or len(np.unique(variants[0].labels)) < 2:
    return []
  if len(names) == 2:
    scored = {variant.title or names[1]: _scored(variant, 1) for variant in variants}
    groups = {f'{names[1]} against {names[0]}': scored}
  else:
    groups = {
        variant.title or 'Each class against the others': {
            name: _scored(variant, i)
            for i, name in enumerate(names)
            if (variant.labels == i).any()
        }
        for variant in variants
    }
  return [
      Figure(f'{kind}: {title}', plot(scored), f'{kind}: a curve for {listed}.', '')
      for title, scored in groups.items()
      for listed in [', '.join(scored)]
      for kind, plot in KINDS.items()
  ]


def _scored(variant: Variant, label: int) -> tuple[np.ndarray, np.ndarray]:
  log_probabilities = variant.log_probabilities
  if log_probabilities.shape[1] == 2:
    return variant.labels == label, scores.log_odds(log_probabilities)
  return variant.labels == label, log_probabilities[:, label]


def calibration_event(class_names: Sequence[str]) -> tuple[str, str]:
  """Returns the event of `scores.calibration_events` in words: of what, and is what.

  Examples:
    >>> calibration_event(('ham', 'spam'))
    ('spam', 'spam')
    >>> calibration_event(('bad', 'fair', 'good'))
    ('the predicted class', 'right')
  """
  if len(class_names) == 2:
    return class_names[1], class_names[1]
  return 'the predicted class', 'right'


def calibrations(content: ReportContent) -> list[Figure]:
  """Returns calibration plots of the variants whose probabilities differ."""
  names, figures = content.class_names, []
  of_event, is_event = calibration_event(names)
  for variant in content.variants:
    pairs = scores.calibration_events(variant.log_probabilities, variant.labels)
    bins = scores.calibration_bins(*pairs)
    if len(bins) > 1:
      rows = (
          f'{each.n_texts:,} {content.unit} at mean probability '
          f'{each.probability:.2f}, {each.rate:.1%} of them {is_event}'
          for each in bins
      )
      error, loss = variant.evaluation.calibration_error, variant.evaluation.log_loss
      figures.append(Figure(
          variant.title or 'Calibration',
          plots.calibration(bins, of_event, is_event),
          f'Calibration. {"; ".join(rows)}',
          f'expected calibration error {error.value:.4f}, log-loss {loss.value:.4f}',
      ))  # fmt: skip
  return figures


def histograms(content: ReportContent) -> list[Figure]:
  """Returns histograms of the log-odds of two classes; none for more classes."""
  names, figures = content.class_names, []
  if len(names) > 2:
    return []
  for variant in content.variants:
    odds = scores.log_odds(variant.log_probabilities)
    medians = (
        f'{name} {content.unit}: median log-odds '
        f'{np.median(odds[variant.labels == label]):.2f}'
        for label, name in enumerate(names)
        if (variant.labels == label).any()
    )
    figures.append(Figure(
        variant.title or 'Log-odds',
        plots.score_histogram(odds, variant.labels, names, content.unit),
        f'Histogram of log-odds. {"; ".join(medians)}',
        '',
    ))  # fmt: skip
  return figures
