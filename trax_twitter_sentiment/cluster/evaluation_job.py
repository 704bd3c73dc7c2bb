"""A job on a Ray cluster: files of labelled texts become the scores of a run."""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tqdm

from trax_twitter_sentiment.cluster import blocks as file_blocks
from trax_twitter_sentiment.cluster import counting, engine
from trax_twitter_sentiment.cluster.batch_predictor import model_bytes
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.tables.labels import Classes
from trax_twitter_sentiment.tables.options import LabelledOptions
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
    options: LabelledOptions,
    model_dir: str,
    address: str | None = None,
    trained: Mapping[str, int] | None = None,
) -> Evaluated:
  """Evaluates a run on labelled texts of any number: counts of blocks add up.

  Args:
    paths: of the files.
    options: how to read them.
    model_dir: a run's output directory.
    address: of the cluster, as `engine.connected` takes it.
    trained: the class of each label of the run's training files.

  Raises:
    UserError: if a file can't be read, a row is malformed or a label unknown.
  """
  model = model_bytes(model_dir)
  class_names = SentimentPredictor.load(model_dir).class_names
  blocks = file_blocks.cut(paths, options.columns, options.reading)
  function = functools.partial(counting.count_block, options=options)
  total = counting.Counted()
  with engine.connected(address):
    done = engine.run(function, model, [(block,) for block in blocks])
    for counted in tqdm.tqdm(done, total=len(blocks), unit=' blocks', disable=None):
      total = total.plus(counted)
  return evaluated(total, options, class_names, paths, trained)


def evaluated(
    total: counting.Counted,
    options: LabelledOptions,
    class_names: tuple[str, ...],
    paths: Sequence[str],
    trained: Mapping[str, int] | None = None,
) -> Evaluated:
  """Returns the scores of what was counted; arguments and errors as before."""
  places = {
      label: f'{of_label.first.name}, line {of_label.first.line}'
      for label, of_label in total.labels.items()
  }
  class_of = Classes(places, class_names, options.labels, trained)
  n_unknown = 0
  of_classes: dict[int, counting.OfLabel] = {}
  for label, found in total.labels.items():
    if (class_ := class_of(label)) is None:
      if options.reading.on_malformed == 'refuse':
        raise UserError(f'{places[label]}: {class_of.problem(label)}.')
      n_unknown += found.n_texts
    elif class_ in of_classes:
      of_classes[class_] = of_classes[class_].plus(found)
    else:
      of_classes[class_] = found
  if not of_classes:
    raise UserError(f'{paths[0]} contains no labelled text.')
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
