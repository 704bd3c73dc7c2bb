"""The report's tables of classes: confusions and the scores of each class."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn import metrics

from trax_twitter_sentiment.prediction.scores import ClassScores
from trax_twitter_sentiment.reporting.variants import Variant

# The page shows at most this many classes, the most frequent ones.
MAX_CONFUSED = 20
MAX_CLASSES = 100


class ConfusionTable(NamedTuple):
  """The number of texts of each true class that are predicted as each class."""

  names: list[str]  # The last row and column may be all other classes.
  counts: list[list[int]]  # True classes are rows.
  shares: list[list[float]]  # Each count's share of its row.
  n_others: int  # The number of classes that the last row and column stand for.


class ClassRow(NamedTuple):
  """The scores of one class."""

  name: str
  scores: ClassScores
  areas: tuple[float, float] | None  # ROC AUC and average precision.


def confusion_table(variant: Variant, class_names: Sequence[str]) -> ConfusionTable:
  """Returns the confusions of the most frequent classes, in the order of their F1."""
  counts = np.array(variant.evaluation.confusion_matrix)
  chosen = by_f1(variant, MAX_CONFUSED)
  names = [class_names[i] for i in chosen]
  n_others = len(class_names) - len(chosen)
  if n_others:
    names.append(f'{n_others:,} other classes')
  # The row and column of each class; all other classes share the last one.
  places = np.full(len(class_names), len(chosen))
  places[chosen] = np.arange(len(chosen))
  folded = np.zeros((len(names), len(names)), int)
  np.add.at(folded, (places[:, None], places), counts)
  shares = folded / np.maximum(folded.sum(axis=1, keepdims=True), 1)
  return ConfusionTable(names, folded.tolist(), shares.tolist(), n_others)


def class_rows(
    variant: Variant, class_names: Sequence[str], with_areas: bool
) -> list[ClassRow]:
  """Returns the scores of the most frequent classes, in the order of their F1."""
  rows = []
  for i in by_f1(variant, MAX_CLASSES):
    is_class = variant.labels == i
    areas = None
    if with_areas and 0 < is_class.sum() < len(is_class):
      score = variant.log_probabilities[:, i]
      areas = (
          float(metrics.roc_auc_score(is_class, score)),
          float(metrics.average_precision_score(is_class, score)),
      )
    name = class_names[i]
    rows.append(ClassRow(name, variant.evaluation.classes[name], areas))
  return rows


def by_f1(variant: Variant, max_classes: int) -> list[int]:
  """Returns the most frequent classes, the best F1 first; two classes unsorted."""
  classes = [*variant.evaluation.classes.values()]
  if len(classes) == 2:
    return [0, 1]
  frequent = sorted(range(len(classes)), key=lambda i: -classes[i].support)
  # An undefined F1 counts as 0.
  return sorted(frequent[:max_classes], key=lambda i: -(classes[i].f1.value or 0))
