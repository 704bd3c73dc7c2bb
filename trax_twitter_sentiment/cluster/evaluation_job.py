"""A job on a Ray cluster: files of labelled texts become the scores of a run."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tqdm

from trax_twitter_sentiment.cluster import blocks as file_blocks
from trax_twitter_sentiment.cluster import counting, engine
from trax_twitter_sentiment.cluster.batch_predictor import model_bytes
from trax_twitter_sentiment.corpora.labelled_texts import Classes
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import RowCounts


class Evaluated(NamedTuple):
  """What a run is found to be on files of labelled texts.

  Attributes:
    n_texts: how many have a class.
    evaluations: by the way that texts are read, as of
      `SentimentPredictor.emoticon_variants`; without ROC AUC.
    read: counts of rows.
    n_skipped_labels: how many rows were left out for their label.
  """

  n_texts: int
  evaluations: dict[str, scores.Evaluation]
  read: RowCounts
  n_skipped_labels: int


def evaluate_files(
    paths: Sequence[str],
    columns: tuple[str, str],
    options: ReadingOptions,
    model_dir: str,
    labels: tuple[str, ...] | None = None,
    skip_labels: frozenset[str] = frozenset(),
    address: str | None = None,
) -> Evaluated:
  """Evaluates a run on labelled texts of any number: counts of blocks add up.

  Args:
    paths: of the files.
    columns: of texts and of labels.
    options: how to read them.
    model_dir: a run's output directory.
    labels: what labels are called in the files, in the order of their classes;
      `None` for the class names, or another way to write them.
    skip_labels: rows with these labels are left out.
    address: of the cluster, as `engine.connected` takes it.

  Raises:
    UserError: if a file can't be read, a row is malformed or a label unknown.
  """
  model = model_bytes(model_dir)
  class_names = SentimentPredictor.load(model_dir).class_names
  blocks = [(block,) for block in file_blocks.cut(paths, columns, options)]
  function = functools.partial(
      counting.count_block, columns=columns, options=options, skip_labels=skip_labels
  )
  total = counting.Counted()
  with engine.connected(address):
    done = engine.run(function, model, blocks)
    for counted in tqdm.tqdm(done, total=len(blocks), unit=' blocks', disable=None):
      total = total.plus(counted)
  return evaluated(total, labels, class_names, options, paths)


def evaluated(
    total: counting.Counted,
    labels: tuple[str, ...] | None,
    class_names: tuple[str, ...],
    options: ReadingOptions,
    paths: Sequence[str],
) -> Evaluated:
  """Returns the scores of what was counted; arguments and errors as before."""
  class_of = Classes(total.labels, labels, class_names)
  n_unknown = 0
  of_classes: dict[int, counting.OfLabel] = {}
  for label, found in total.labels.items():
    if (class_ := class_of(label)) is None:
      if options.on_malformed == 'refuse':
        where = f'{found.first.name}, line {found.first.line}'
        raise UserError(f'{where}: {class_of.problem(label)}.')
      n_unknown += found.n_texts
    elif class_ in of_classes:
      of_classes[class_] = of_classes[class_].plus(found)
    else:
      of_classes[class_] = found
  if not of_classes:
    raise UserError(f'{paths[0]} holds no labelled text.')
  nothing = scores.count(np.empty((0, len(class_names))))
  evaluations = {}
  for way in next(iter(of_classes.values())).counts:
    counts = [
        of_classes[i].counts[way] if i in of_classes else nothing
        for i in range(len(class_names))
    ]
    evaluations[way] = scores.evaluate_counts(counts, class_names)
  return Evaluated(
      sum(found.n_texts for found in of_classes.values()),
      evaluations,
      total.read._replace(n_skipped=total.read.n_skipped + n_unknown),
      total.n_skipped_labels,
  )
