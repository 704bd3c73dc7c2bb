"""What is done with a block of labelled texts: right and wrong calls are counted."""

import itertools
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.cluster.batch_predictor import BatchPredictor
from trax_twitter_sentiment.cluster.blocks import Block
from trax_twitter_sentiment.corpora.labelled_texts import rows_with_label
from trax_twitter_sentiment.prediction.scores import LabelCounts, count
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import Record, RowCounts

# Texts that are predicted together.
_CHUNK_SIZE = 512


class OfLabel(NamedTuple):
  """What is counted of the texts with a label as the files have it.

  Attributes:
    first: the first row that has it, for messages.
    counts: of the predictions, by the way that texts are read.
  """

  first: Record
  counts: dict[str, LabelCounts]

  @property
  def n_texts(self) -> int:
    return int(next(iter(self.counts.values())).n_predicted.sum())

  def plus(self, other: 'OfLabel') -> 'OfLabel':
    counts = {way: found.plus(other.counts[way]) for way, found in self.counts.items()}
    return OfLabel(self.first, counts)


class Counted(NamedTuple):
  """What is counted of a block, or of several.

  Attributes:
    read: its rows.
    labels: by label as the files have it.
    n_skipped_labels: how many rows were left out for their label.
  """

  read: RowCounts = RowCounts()
  labels: dict[str, OfLabel] = {}  # noqa: RUF012  Is never changed.
  n_skipped_labels: int = 0

  def plus(self, other: 'Counted') -> 'Counted':
    labels = {**self.labels}
    for label, found in other.labels.items():
      labels[label] = labels[label].plus(found) if label in labels else found
    n_skipped_labels = self.n_skipped_labels + other.n_skipped_labels
    return Counted(self.read.plus(other.read), labels, n_skipped_labels)


def count_block(
    predictor: BatchPredictor,
    block: Block,
    columns: tuple[str, str],
    options: ReadingOptions,
    skip_labels: frozenset[str],
) -> Counted:
  """Counts the predictions of a block, by label.

  Args:
    predictor: what predicts.
    block: the rows.
    columns: of texts and of labels.
    options: how to read the block.
    skip_labels: rows with these labels are left out.

  Raises:
    UserError: if the block can't be read.
  """
  variants = predictor.predictor.emoticon_variants()
  reader = block.reader(columns, options)
  rows = iter(rows_with_label(reader, columns))
  total = Counted()
  while chunk := [*itertools.islice(rows, _CHUNK_SIZE)]:
    kept = [row for row in chunk if row[2] not in skip_labels]
    texts = [text for _, text, _ in kept]
    labels = np.array([label for _, _, label in kept], object)
    first = {label: record for record, _, label in reversed(kept)}
    scores = {
        way: used.score(texts).log_probabilities for way, used in variants.items()
    }
    counted = {}
    for label, record in first.items():
      counts = {way: count(found[labels == label]) for way, found in scores.items()}
      counted[label] = OfLabel(record, counts)
    total = total.plus(Counted(RowCounts(), counted, len(chunk) - len(kept)))
  return total._replace(read=RowCounts().plus(reader))
