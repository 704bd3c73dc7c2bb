"""The report's figures, drawn by matplotlib as SVG.

No text of a tweet is in them.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trax_twitter_sentiment.prediction.scores import CalibrationBin
from trax_twitter_sentiment.run.history import Curve

# Okabe and Ito's palette, whose colours all eyes tell apart. By label, as the
# lines; the same as the page's.
_COLOURS = ('#d55e00', '#009e73')
_LINES = ('--', '-')
_CLASS_LINES = ('-', '--')
_OTHER_COLOURS = ('#0072b2', '#e69f00')
_MARKERS = ('o', 's')

_SETTINGS: dict[Any, Any] = {
    'font.family': 'DejaVu Sans',  # Comes with matplotlib.
    'font.size': 9,
    'axes.grid': True,
    'axes.axisbelow': True,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'grid.color': '#dddddd',
    'legend.frameon': False,
    'svg.hashsalt': 'trax_twitter_sentiment',  # The same figure, the same file.
    'text.parse_math': False,  # A metric's name is plain text.
}
_SIZE = (4.4, 3.1)  # In inches: legible on a phone.

# More points than these are a line, without a mark each.
_MAX_MARKS = 50
_N_BINS = 40
_MAX_POINTS = 400
# Whose names have room beside each other.
_FEW_CLASSES = 4
_MAX_LABEL = 40  # In characters.
_MAX_BESIDE = 22


def curves(curves: Mapping[str, Curve], best: tuple[int, float] | None) -> str:
  """Returns a figure of curves over the steps, by their titles.

  Args:
    curves: the curves.
    best: the step and the value that are marked as the best ones.
  """

  def draw(axes: Axes) -> None:
    for (title, curve), colour, marker in zip(
        curves.items(), _OTHER_COLOURS, _MARKERS
    ):
      steps, values = np.array([*curve]), np.array([*curve.values()])
      axes.plot(
          steps,
          values,
          label=_plain(title),
          color=colour,
          marker=marker if len(steps) <= _MAX_MARKS else None,
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


def confusion_matrix(matrix: list[list[int]], class_names: Sequence[str]) -> str:
  """Returns a figure of <int>[n_classes, n_classes], rows true, columns predicted."""
  names = [_plain(name) for name in class_names]

  def draw(axes: Axes) -> None:
    counts = np.array(matrix)
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(fractions, cmap='Blues', vmin=0, vmax=1, aspect='auto')
    for row, column in np.ndindex(*counts.shape):
      fraction = fractions[row, column]
      axes.text(
          column,
          row,
          f'{counts[row, column]:,}\n{fraction:.1%}',
          color='white' if fraction > 0.7 else 'black',
          ha='center',
          va='center',
          size=12 if len(names) < 4 else 8,
      )
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names, va='center')
    few = len(names) <= _FEW_CLASSES
    axes.tick_params(axis='y' if few else 'x', rotation=90)
    axes.set_xlabel('called')
    axes.set_ylabel('truth')
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)

  # Cells of many classes stay legible.
  width = max(_SIZE[0], 0.62 * len(names) + 0.8)
  return _draw(draw, (width, width * _SIZE[1] / _SIZE[0]))


def calibration(bins: Sequence[CalibrationBin], sought: str) -> str:
  """Returns a figure of how often what is said with probability p is true.

  Args:
    bins: of predictions.
    sought: what they are about: `'positive'`, or `'the class called'`.
  """

  def draw(axes: Axes) -> None:
    x = [found.probability for found in bins]
    y = np.array([found.rate for found in bins])
    low, high = np.array([found.interval for found in bins]).T
    axes.plot([0, 1], [0, 1], color='#777777', linestyle='--', label='perfect')
    axes.errorbar(
        x,
        y,
        # Rounding may put an end on the wrong side of the rate.
        yerr=np.maximum([y - low, high - y], 0),
        fmt='o',
        color=_OTHER_COLOURS[0],
        capsize=3,
        label='predictions, how many, 95% interval',
        clip_on=False,
    )
    for found in bins:
      axes.annotate(
          f'{found.n_texts:,}',
          (found.probability, found.rate),
          (5, -11),
          textcoords='offset points',
          size=7,
      )
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(f'mean probability of {_plain(sought)}')
    axes.set_ylabel('fraction where that is true')
    _legend_above(axes)

  return _draw(draw)


def operating_points(
    roc: tuple[np.ndarray, np.ndarray],
    precision_recall: tuple[np.ndarray, np.ndarray],
    positive: str,
) -> str:
  """Returns a figure of what any threshold gives, in two curves.

  Args:
    roc: false and true positive rates, <float>[n_points] each.
    precision_recall: recalls and precisions.
    positive: the name of the class.
  """

  def draw(axes: Axes) -> None:
    axes.plot(
        *_thinned(*roc),
        color=_OTHER_COLOURS[0],
        label='ROC',
    )
    axes.plot(
        *_thinned(*precision_recall),
        color=_OTHER_COLOURS[1],
        linestyle='--',
        label='precision-recall',
    )
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(f'false positive rate, or recall, of {_plain(positive)}')
    axes.set_ylabel('true positive rate, or precision')
    _legend_above(axes)

  return _draw(draw)


def class_curves(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], x_title: str, y_title: str
) -> str:
  """Returns a figure of curves from 0 to 1, <float>[n_points] each, of classes."""

  def draw(axes: Axes) -> None:
    for i, (name, curve) in enumerate(curves.items()):
      line = _CLASS_LINES[i % len(_CLASS_LINES)]
      x, y = _thinned(*curve)
      axes.plot(x, y, color=f'C{i}', linestyle=line, label=_plain(name))
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(x_title)
    axes.set_ylabel(y_title)
    _legend_above(axes)

  return _draw(draw)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns as many points of a curve as can be told apart."""
  chosen = np.unique(np.linspace(0, len(x) - 1, _MAX_POINTS).astype(int))
  return x[chosen], y[chosen]


def score_histogram(
    log_odds: np.ndarray, labels: np.ndarray, class_names: Sequence[str]
) -> str:
  """Returns a figure of <float>[n_texts] log-odds by <int>[n_texts] true labels."""

  def draw(axes: Axes) -> None:
    edges = np.histogram_bin_edges(log_odds, _N_BINS)
    for label, (sentiment, colour, line) in enumerate(
        zip(map(_plain, class_names), _COLOURS, _LINES, strict=True)
    ):
      axes.hist(
          log_odds[labels == label],
          edges.tolist(),
          histtype='stepfilled',
          facecolor=f'{colour}66',
          edgecolor=colour,
          linestyle=line,
          label=f'{sentiment} tweets',
      )
    axes.axvline(0, color='black', linewidth=1)
    negative, positive = map(_plain, class_names)
    axes.set_xlabel(f'called {negative}  ←  log-odds  →  called {positive}')
    axes.set_ylabel('tweets')
    _legend_above(axes)

  return _draw(draw)


def _legend_above(axes: Axes) -> None:
  """Puts the legend where it covers nothing."""
  # Two beside each other, as far as there is room.
  longest = max(map(len, axes.get_legend_handles_labels()[1]))
  n_columns = 2 if longest <= _MAX_BESIDE else 1
  axes.legend(
      loc='lower left', bbox_to_anchor=(0, 1), ncols=n_columns, borderaxespad=0.2
  )


def _plain(name: str) -> str:
  # Names come from files; the font has no others, nor the figure more room.
  return ascii(name)[1:-1][:_MAX_LABEL]


def _spans_orders(values: list[float]) -> bool:
  """Whether only a logarithmic axis shows all of `values`."""
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
