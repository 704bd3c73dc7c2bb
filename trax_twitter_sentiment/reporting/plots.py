"""The report's figures, drawn by matplotlib as SVG. They show no text of the corpus."""

import functools
import io
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trax_twitter_sentiment.trax_support import fast_imports

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trax_twitter_sentiment.prediction.scores import CalibrationBin
from trax_twitter_sentiment.run.history import Curve

# scikit-learn imports pandas, which it does not need here. Without pandas, its import
# is a third faster.
with fast_imports.left_out('pandas'):
  from sklearn import metrics

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
    'svg.hashsalt': 'trax_twitter_sentiment',  # Otherwise, ids in SVG are random.
    'text.parse_math': False,  # The name of a metric is plain text.
}
# Inches: legible on a phone. Axes from 0 to 1 have equal lengths.
_SIZE, _SQUARE = (4.4, 3.1), (3.9, 3.7)

# A curve of more points is drawn without a marker at each point.
_MAX_MARKERS = 50
_N_BINS = 40
# More points of a curve cannot be told apart.
_MAX_POINTS = 400
_MAX_LABEL = 40  # Characters of a label in a legend.
_MAX_BESIDE = 22  # Characters of a label that leaves room for a second one beside it.

# The name of a curve -> <bool>[n_texts], whether each text is of the class, and
# <float>[n_texts], its score.
Scored = Mapping[str, tuple[np.ndarray, np.ndarray]]


def _as_svg(
    size: tuple[float, float],
) -> Callable[[Callable[..., None]], Callable[..., str]]:
  """Makes a function that draws on axes a function that returns the SVG."""

  def decorate(draw: Callable[..., None]) -> Callable[..., str]:
    @functools.wraps(draw)
    def drawn(*arguments: Any) -> str:
      file = io.BytesIO()
      with matplotlib.rc_context(_SETTINGS):
        figure = Figure(size, layout='constrained')
        draw(figure.add_subplot(), *arguments)
        figure.savefig(file, format='svg', metadata={'Date': None})
      return file.getvalue().decode('utf-8')

    return drawn

  return decorate


@_as_svg(_SIZE)
def curves(
    axes: Axes, curves: Mapping[str, Curve], best: tuple[int, float] | None
) -> None:
  """Draws curves over the steps, by title, and marks the best step and its value."""
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
  values = [value for curve in curves.values() for value in curve.values()]
  finite = [value for value in values if np.isfinite(value)]
  if finite and 0 < 50 * min(finite) < max(finite):
    # Only a logarithmic axis shows all values.
    axes.set_yscale('log')
    axes.yaxis.set_major_formatter('{x:g}')
    axes.yaxis.set_minor_formatter('')
  axes.set_xlabel('step')
  _legend_above(axes)


@_as_svg(_SIZE)
def calibration(
    axes: Axes, bins: Sequence[CalibrationBin], of_event: str, is_event: str
) -> None:
  """Draws how often an event occurred over its predicted probability.

  scikit-learn's CalibrationDisplay shows neither intervals nor numbers of texts.

  `of_event` and `is_event` are the event in words: 'the predicted class', 'right'.
  """
  x, y = np.array([(each.probability, each.rate) for each in bins]).T
  low, high = np.array([each.interval for each in bins]).T
  axes.plot([0, 1], [0, 1], color='#777777', linestyle='--', label='perfect')
  # Rounding may put an end of the interval on the wrong side of the rate.
  errors = np.maximum([y - low, high - y], 0)
  label = 'predictions: number, 95% interval'
  axes.errorbar(
      x, y, errors, fmt='o', color=_COLOURS[0], capsize=3, label=label, clip_on=False
  )
  for each in bins:
    place, n_texts = (each.probability, each.rate), f'{each.n_texts:,}'
    axes.annotate(n_texts, place, (5, -11), textcoords='offset points', size=7)
  axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
  axes.set_xlabel(f'mean probability of {_plain(of_event)}')
  axes.set_ylabel(f'share that is {_plain(is_event)}')
  _legend_above(axes)


@_as_svg(_SQUARE)
def roc(axes: Axes, scored: Scored) -> None:
  """Draws ROC curves, with the area under each."""
  for name, (is_class, score) in scored.items():
    false_rates, true_rates, _ = metrics.roc_curve(is_class, score)
    x, y = _thinned(false_rates, true_rates)
    area = metrics.auc(false_rates, true_rates)
    metrics.RocCurveDisplay(fpr=x, tpr=y, roc_auc=area).plot(axes, name=_plain(name))
  axes.set(xlabel='false positive rate', ylabel='true positive rate')


@_as_svg(_SQUARE)
def precision_recall(axes: Axes, scored: Scored) -> None:
  """Draws precision-recall curves, with each average precision."""
  for name, (is_class, score) in scored.items():
    precisions, recalls, _ = metrics.precision_recall_curve(is_class, score)
    recalls, precisions = _thinned(recalls, precisions)
    display = metrics.PrecisionRecallDisplay(
        precision=precisions,
        recall=recalls,
        average_precision=metrics.average_precision_score(is_class, score),
    )
    display.plot(axes, name=_plain(name))
  axes.set(xlabel='recall', ylabel='precision')


@_as_svg(_SIZE)
def score_histogram(
    axes: Axes,
    log_odds: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    unit: str,
) -> None:
  """Draws a histogram of <float>[n_texts] log-odds by <int>[n_texts] true labels."""
  edges = np.histogram_bin_edges(log_odds, _N_BINS).tolist()
  negative, positive = names = [*map(_plain, class_names)]
  for label, (name, colour) in enumerate(zip(names, (_NEGATIVE, _POSITIVE))):
    axes.hist(
        log_odds[labels == label],
        edges,
        histtype='stepfilled',
        facecolor=f'{colour}66',
        edgecolor=colour,
        linestyle='-' if label else '--',
        label=f'{name} {unit}',
    )
  axes.axvline(0, color='black', linewidth=1)
  axes.set_xlabel(f'predicted {negative}  ←  log-odds  →  predicted {positive}')
  axes.set_ylabel(unit)
  _legend_above(axes)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns `_MAX_POINTS` points of a curve, or all of fewer."""
  rows = np.unique(np.linspace(0, len(x) - 1, _MAX_POINTS).astype(int))
  return x[rows], y[rows]


def _legend_above(axes: Axes) -> None:
  """Puts the legend above the axes, where it covers nothing."""
  longest = max(map(len, axes.get_legend_handles_labels()[1]))
  n_columns = 2 if longest <= _MAX_BESIDE else 1
  axes.legend(
      loc='lower left', bbox_to_anchor=(0, 1), ncols=n_columns, borderaxespad=0.2
  )


def _plain(name: str) -> str:
  """Returns a name in ASCII, which the font contains, and cut to fit the figure."""
  return ascii(name)[1:-1][:_MAX_LABEL]
