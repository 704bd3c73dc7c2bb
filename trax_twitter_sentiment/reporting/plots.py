"""The report's figures, drawn by matplotlib as SVG.

No text of the corpus is in a figure.
"""

import io
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn import metrics

from trax_twitter_sentiment.prediction.scores import CalibrationBin
from trax_twitter_sentiment.run.history import Curve

# Okabe and Ito's palette, which people with colour blindness can tell apart.
_NEGATIVE, _POSITIVE = '#d55e00', '#009e73'
_COLOURS = ('#0072b2', '#e69f00', '#009e73', '#d55e00', '#56b4e9', '#cc79a7')
_LINES = ('-', '--', '-.', ':', '-', '--')
_MARKERS = ('o', 's', '^', 'v', 'D', 'P')

_SETTINGS: dict[Any, Any] = {
    'font.family': 'DejaVu Sans',  # matplotlib contains this font.
    'font.size': 9,
    'axes.grid': True,
    'axes.axisbelow': True,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.prop_cycle': cycler(color=_COLOURS, linestyle=_LINES),
    'grid.color': '#dddddd',
    'legend.frameon': False,
    'svg.hashsalt': 'trax_twitter_sentiment',  # Equal figures are equal files.
    'text.parse_math': False,  # The name of a metric is plain text.
}
# Inches: legible on a phone. Curves from 0 to 1 have axes of equal lengths.
_SIZE, _SQUARE = (4.4, 3.1), (3.9, 3.7)

# A curve of more points is drawn without a marker at each point.
_MAX_MARKERS = 50
_N_BINS = 40
_MAX_POINTS = 400
_MAX_LABEL = 40  # Characters of a label in a legend.
_MAX_BESIDE = 22  # Characters of a label that leaves room for a second one beside it.


def curves(curves: Mapping[str, Curve], best: tuple[int, float] | None) -> str:
  """Returns a figure of curves over the steps.

  Args:
    curves: the curves, by their titles.
    best: the step and the value that are marked as the best ones.
  """

  def draw(axes: Axes) -> None:
    for (title, curve), marker in zip(curves.items(), itertools.cycle(_MARKERS)):
      axes.plot(
          [*curve],
          [*curve.values()],
          label=_plain(title),
          marker=marker if len(curve) <= _MAX_MARKERS else None,
          markersize=4,
      )
    if best:
      label = f'best, step {best[0]:,}'
      axes.plot(*best, '*', color='black', markersize=11, label=label)
    if _spans_orders([v for curve in curves.values() for v in curve.values()]):
      axes.set_yscale('log')
      axes.yaxis.set_major_formatter('{x:g}')
      axes.yaxis.set_minor_formatter('')
    axes.set_xlabel('step')
    _legend_above(axes)

  return _draw(draw)


def calibration(bins: Sequence[CalibrationBin], event: str) -> str:
  """Returns a figure of how often predictions of a probability are right.

  scikit-learn's CalibrationDisplay shows neither intervals nor numbers of texts.

  Args:
    bins: the predictions, grouped by probability.
    event: what is predicted: `'positive'`, or `'the predicted class'`.
  """

  def draw(axes: Axes) -> None:
    x = [each.probability for each in bins]
    y = np.array([each.rate for each in bins])
    low, high = np.array([each.interval for each in bins]).T
    axes.plot([0, 1], [0, 1], color='#777777', linestyle='--', label='perfect')
    axes.errorbar(
        x,
        y,
        # Rounding may put an end of the interval on the wrong side of the rate.
        yerr=np.maximum([y - low, high - y], 0),
        fmt='o',
        color=_COLOURS[0],
        capsize=3,
        label='predictions: number, 95% interval',
        clip_on=False,
    )
    for each in bins:
      axes.annotate(
          f'{each.n_texts:,}',
          (each.probability, each.rate),
          (5, -11),
          textcoords='offset points',
          size=7,
      )
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    axes.set_xlabel(f'mean probability of {_plain(event)}')
    axes.set_ylabel('share that is right')
    _legend_above(axes)

  return _draw(draw)


# The name of a curve -> <bool>[n_texts], whether each text is of the class, and
# <float>[n_texts], its score.
Scored = Mapping[str, tuple[np.ndarray, np.ndarray]]


def roc(scored: Scored) -> str:
  """Returns a figure of ROC curves, with the area under each."""

  def draw(axes: Axes) -> None:
    for name, (is_class, score) in scored.items():
      false_rates, true_rates, _ = metrics.roc_curve(is_class, score)
      x, y = _thinned(false_rates, true_rates)
      area = metrics.auc(false_rates, true_rates)
      display = metrics.RocCurveDisplay(fpr=x, tpr=y, roc_auc=area)
      display.plot(axes, name=_plain(name))
    axes.set_xlabel('false positive rate')
    axes.set_ylabel('true positive rate')

  return _draw(draw, _SQUARE)


def precision_recall(scored: Scored) -> str:
  """Returns a figure of precision-recall curves, with each average precision."""

  def draw(axes: Axes) -> None:
    for name, (is_class, score) in scored.items():
      precisions, recalls, _ = metrics.precision_recall_curve(is_class, score)
      recalls, precisions = _thinned(recalls, precisions)
      display = metrics.PrecisionRecallDisplay(
          precision=precisions,
          recall=recalls,
          average_precision=metrics.average_precision_score(is_class, score),
      )
      display.plot(axes, name=_plain(name))
    axes.set_xlabel('recall')
    axes.set_ylabel('precision')

  return _draw(draw, _SQUARE)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns as many points of a curve as the eye can tell apart."""
  rows = np.unique(np.linspace(0, len(x) - 1, _MAX_POINTS).astype(int))
  return x[rows], y[rows]


def score_histogram(
    log_odds: np.ndarray, labels: np.ndarray, class_names: Sequence[str], unit: str
) -> str:
  """Returns a figure of <float>[n_texts] log-odds by <int>[n_texts] true labels."""

  def draw(axes: Axes) -> None:
    edges = np.histogram_bin_edges(log_odds, _N_BINS)
    for label, (name, colour) in enumerate(
        zip(map(_plain, class_names), (_NEGATIVE, _POSITIVE), strict=True)
    ):
      axes.hist(
          log_odds[labels == label],
          edges.tolist(),
          histtype='stepfilled',
          facecolor=f'{colour}66',
          edgecolor=colour,
          linestyle='-' if label else '--',
          label=f'{name} {unit}',
      )
    axes.axvline(0, color='black', linewidth=1)
    negative, positive = map(_plain, class_names)
    axes.set_xlabel(f'predicted {negative}  ←  log-odds  →  predicted {positive}')
    axes.set_ylabel(unit)
    _legend_above(axes)

  return _draw(draw)


def _legend_above(axes: Axes) -> None:
  """Puts the legend above the axes, where it covers nothing."""
  longest = max(map(len, axes.get_legend_handles_labels()[1]))
  n_columns = 2 if longest <= _MAX_BESIDE else 1
  axes.legend(
      loc='lower left', bbox_to_anchor=(0, 1), ncols=n_columns, borderaxespad=0.2
  )


def _plain(name: str) -> str:
  """Returns a name in ASCII, cut: the font and the figure have room for no more."""
  return ascii(name)[1:-1][:_MAX_LABEL]


def _spans_orders(values: list[float]) -> bool:
  """Returns whether only a logarithmic axis shows all of `values`."""
  finite = [value for value in values if np.isfinite(value)]
  return bool(finite) and 0 < 50 * min(finite) < max(finite)


def _draw(
    draw: Callable[[Axes], None], size: tuple[float, float] = _SIZE
) -> str:
  """Returns the SVG of a figure that `draw` draws."""
  file = io.BytesIO()
  with matplotlib.rc_context(_SETTINGS):
    figure = Figure(size, layout='constrained')
    draw(figure.add_subplot())
    figure.savefig(file, format='svg', metadata={'Date': None})
  return file.getvalue().decode('utf-8')
