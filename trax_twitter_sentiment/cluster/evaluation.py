"""Evaluates a run on files of labelled texts, by adding the counts of their blocks."""

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from trax_twitter_sentiment.cluster import blocks, engine
from trax_twitter_sentiment.cluster.batch_predictor import model_bytes
from trax_twitter_sentiment.corpora.labelled_texts import rows_with_label
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import CHUNK_SIZE
from trax_twitter_sentiment.run.run import open_runs
from trax_twitter_sentiment.tables.labels import Classes
from trax_twitter_sentiment.tables.options import LabelledOptions
from trax_twitter_sentiment.tables.table_reader import Record, RowCounts

# (Variant of the predictor, label or class of the texts) -> counts.
_LabelCounts = dict[tuple[str, Any], scores.LabelCounts]


class Counts(NamedTuple):
  """The counts of predictions for labelled texts, which can be added for blocks."""

  read: RowCounts
  n_skipped_labels: int
  first_rows: dict[str, Record]  # Label -> its first row.
  of_labels: _LabelCounts

  def plus(self, other: 'Counts') -> 'Counts':
    """Returns the sums of the counts of both."""
    return Counts(
        self.read.plus(other.read),
        self.n_skipped_labels + other.n_skipped_labels,
        other.first_rows | self.first_rows,
        _sum(self.of_labels, other.of_labels),
    )


def evaluate_files(
    paths: Sequence[str],
    options: LabelledOptions,
    model_dir: str,
    address: str | None = None,
    trained: Mapping[str, int] | None = None,
) -> tuple[dict[str, scores.Evaluation], Counts]:
  """Evaluates a run on any number of labelled texts, on a cluster.

  `trained` contains the class of each label of the run's training files.

  Returns:
    The scores by variant of the predictor, without ROC AUC; and the counts.
  """
  model = model_bytes(model_dir)
  calls = [(block,) for block in blocks.cut(paths, options.columns, options.reading)]
  count = functools.partial(count_block, options=options)
  with engine.connected(address):
    total = functools.reduce(Counts.plus, engine.run(count, model, calls))
  class_names = open_runs(model_dir)[0].model_info.class_names
  return evaluate_counts(total, options, class_names, paths, trained)


def count_block(
    predictor: SentimentPredictor, block: blocks.Block, options: LabelledOptions
) -> Counts:
  """Counts the predictions of a block; raises `UserError` if it can't be read."""
  variants = predictor.emoticon_variants()
  reader = block.reader(options.columns, options.reading)
  rows = iter(rows_with_label(reader, options.columns))
  first_rows: dict[str, Record] = {}
  total: _LabelCounts = {}
  n_skipped = 0
  while chunk := [*itertools.islice(rows, CHUNK_SIZE)]:
    kept = [row for row in chunk if row[2] not in options.skip_labels]
    n_skipped += len(chunk) - len(kept)
    first_rows = {label: record for record, _, label in reversed(kept)} | first_rows
    labels = np.array([label for _, _, label in kept], object)
    for name, variant in variants.items():
      predictions = variant.score([text for _, text, _ in kept]).log_probabilities
      total = _sum(
          total, {(name, x): scores.count(predictions[labels == x]) for x in {*labels}}
      )
  return Counts(RowCounts().plus(reader), n_skipped, first_rows, total)


def evaluate_counts(
    total: Counts,
    options: LabelledOptions,
    class_names: tuple[str, ...],
    paths: Sequence[str],
    trained: Mapping[str, int] | None = None,
) -> tuple[dict[str, scores.Evaluation], Counts]:
  """Returns scores, and counts in which texts with unknown labels are skipped rows."""
  rows = total.first_rows.items()
  places = {label: f'{row.name}, line {row.line}' for label, row in rows}
  class_of = Classes(places, class_names, options.labels, trained)
  unknown = [label for label in places if class_of(label) is None]
  if unknown and options.reading.on_malformed == 'refuse':
    raise UserError(f'{places[unknown[0]]}: {class_of.problem(unknown[0])}.')
  nothing = scores.count(np.empty((0, len(class_names))))
  of_classes: _LabelCounts = {}
  for (name, label), counts in total.of_labels.items():
    of_classes = _sum(of_classes, {(name, class_of(label)): counts})
  evaluations, n_unknown = {}, 0
  # A dictionary keeps the order of the variants.
  for name in dict.fromkeys(name for name, label in of_classes if label is not None):
    counted = [of_classes.get((name, i), nothing) for i in range(len(class_names))]
    evaluations[name] = scores.evaluate_counts(counted, class_names)
    n_unknown = int(of_classes.get((name, None), nothing).n_predicted.sum())
  if not evaluations:
    raise UserError(f'{paths[0]} contains no labelled text.')
  read = total.read._replace(n_skipped=total.read.n_skipped + n_unknown)
  return evaluations, total._replace(read=read)


def _sum(one: _LabelCounts, other: _LabelCounts) -> _LabelCounts:
  return one | {k: one[k].plus(c) if k in one else c for k, c in other.items()}
