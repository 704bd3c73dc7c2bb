"""The figures of a report: each with its title, its description and its caption."""

import dataclasses
import math
from collections.abc import Mapping

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


@dataclasses.dataclass(frozen=True)
class Figure:
  """A figure: its title, its SVG, its description in words, and its caption."""

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
      best = _best(name, shown.get(f'eval {name}', {}))
      svg = plots.curves(shown, best)
      figures.append(Figure(name, svg, 'Curves over the steps.', _last_values(shown)))
  return figures


def single_values(content: ReportContent) -> list[str]:
  """Returns the curves of one point, in words."""
  groups = _grouped_curves(content).values()
  curves = {title: curve for group in groups for title, curve in group.items()}
  single = {title: curve for title, curve in curves.items() if len(curve) == 1}
  return _last_values(single).split('; ') if single else []


def _grouped_curves(content: ReportContent) -> dict[str, dict[str, Curve]]:
  """Returns the curves that belong into one figure, by the name of the metric."""
  groups: dict[str, dict[str, Curve]] = {}
  for name, curve in content.eval_curves.items():
    groups.setdefault(name, {})[f'eval {name}'] = curve
  for name, curve in content.train_curves.items():
    group = _LOSS_METRIC if name == _LOSS_LAYER else name
    groups.setdefault(group, {})[f'train {name}'] = curve
  return groups


def _last_values(curves: Mapping[str, Curve]) -> str:
  return '; '.join(
      f'{title} {curve[step]:.4g} at step {step:,}'
      for title, curve in curves.items()
      for step in [max(curve)]
  )


def _best(metric: str, curve: Curve) -> tuple[int, float] | None:
  """Returns the step of a metric's best value, the first of equals, and that value."""
  if len(curve) < 2 or not all(map(math.isfinite, curve.values())):
    return None
  choose = min if metric == _LOSS_METRIC or 'loss' in metric.lower() else max
  step = choose(curve, key=lambda step: curve[step])
  return step, curve[step]


def compared_curves(curves: Mapping[str, Mapping[int, Curve]]) -> list[Figure]:
  """Returns a figure of each metric, with the curves of several runs."""
  figures = []
  for name, of_runs in curves.items():
    titled = {f'run {number + 1}': curve for number, curve in of_runs.items()}
    svg = plots.curves(titled, None)
    figures.append(Figure(name, svg, 'Curves over the steps.', _last_values(titled)))
  return figures


def thresholds(content: ReportContent) -> list[Figure]:
  """Returns ROC and precision-recall curves; none for too many classes."""
  names, figures = content.class_names, []
  if len(names) > MAX_CURVES:
    return []
  if len(names) == 2:
    scored = {v.title or names[1]: _scored(v, 1) for v in content.variants}
    groups = {f'{names[1]} against {names[0]}': scored}
  else:
    groups = {
        variant.title or 'Each class against the others': {
            name: _scored(variant, i)
            for i, name in enumerate(names)
            if (variant.labels == i).any()
        }
        for variant in content.variants
    }
  if len(np.unique(content.variants[0].labels)) < 2:
    return []
  for title, scored in groups.items():
    for kind, plot in KINDS.items():
      alternative = f'{kind}: a curve for {", ".join(scored)}.'
      figures.append(Figure(f'{kind}: {title}', plot(scored), alternative, ''))
  return figures


def _scored(variant: Variant, label: int) -> tuple[np.ndarray, np.ndarray]:
  log_probabilities = variant.log_probabilities
  if log_probabilities.shape[1] == 2:
    return variant.labels == label, scores.log_odds(log_probabilities)
  return variant.labels == label, log_probabilities[:, label]


def calibrations(content: ReportContent) -> list[Figure]:
  """Returns calibration plots of the variants whose probabilities differ."""
  names, figures = content.class_names, []
  event = names[1] if len(names) == 2 else 'the predicted class'
  for variant in content.variants:
    pairs = scores.calibration_events(variant.log_probabilities, variant.labels)
    bins = scores.calibration_bins(*pairs)
    if len(bins) > 1:
      rows = (
          f'{each.n_texts:,} {content.unit} at mean probability '
          f'{each.probability:.2f}, {each.rate:.1%} of them right'
          for each in bins
      )
      error, loss = variant.evaluation.calibration_error, variant.evaluation.log_loss
      figures.append(
          Figure(
              variant.title or 'Calibration',
              plots.calibration(bins, event),
              f'Calibration. {"; ".join(rows)}',
              f'expected calibration error {error.value:.4f}, '
              f'log-loss {loss.value:.4f}',
          )
      )
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
    figures.append(
        Figure(
            variant.title or 'Log-odds',
            plots.score_histogram(odds, variant.labels, names, content.unit),
            f'Histogram of log-odds. {"; ".join(medians)}',
            '',
        )
    )
  return figures
