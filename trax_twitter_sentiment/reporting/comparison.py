"""Runs side by side: what differs, how good each is, and where they disagree."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
from scipy import stats

from trax_twitter_sentiment.corpora.corpus import Examples
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.run.run import Run

# Texts on which runs disagree that are shown.
N_DISAGREEMENTS = 100


@dataclasses.dataclass(frozen=True)
class Pair:
  """Two runs on the same texts.

  Attributes:
    first: the number of one run, from 0.
    second: that of the other.
    only_first: how many texts the first alone calls rightly.
    only_second: how many the second alone does.
    p_value: of McNemar's exact test: how probable a difference as large is between
      runs that are as good as each other.
  """

  first: int
  second: int
  only_first: int
  only_second: int
  p_value: float


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
  """What is to be told of several runs.

  Attributes:
    model_dirs: their output directories.
    class_names: of all of them.
    differing: the settings that differ, by name, each with its value in each run.
    corpus: the name of the validation texts.
    validation: these texts.
    evaluations: the scores of each run.
    pairs: each run with each that comes after it.
    called: <int>[n_runs, n_texts], the class that each run calls a text.
    disagreements: the texts that runs call differently, as indices.
  """

  model_dirs: Sequence[str]
  class_names: tuple[str, ...]
  differing: dict[str, list[str]]
  corpus: str
  validation: Examples
  evaluations: list[scores.Evaluation]
  pairs: list[Pair]
  called: np.ndarray
  disagreements: np.ndarray


def gather(model_dirs: Sequence[str]) -> Comparison:
  """Returns what is to be told of runs, on the first one's validation texts.

  Raises:
    UserError: if a run can't be read, or has other classes or validation texts.
  """
  predictors = [SentimentPredictor.load(folder) for folder in model_dirs]
  corpora = [Run(folder).corpus() for folder in model_dirs]
  validation, names = corpora[0].validation, corpora[0].class_names
  for folder, corpus in zip(model_dirs, corpora, strict=True):
    if corpus.class_names != names:
      raise UserError(f'{model_dirs[0]} and {folder} have other classes.')
    if corpus.validation.texts != validation.texts or not np.array_equal(
        corpus.validation.labels, validation.labels
    ):
      raise UserError(
          f'{model_dirs[0]} and {folder} have other validation texts, so that their '
          'figures tell of the texts as well.'
      )
  found = [each.validation_log_probabilities(corpora[0]) for each in predictors]
  called = np.stack([log_probabilities.argmax(axis=1) for log_probabilities in found])
  right = called == validation.labels
  return Comparison(
      model_dirs=model_dirs,
      class_names=names,
      differing=_differing(model_dirs),
      corpus=corpora[0].name,
      validation=validation,
      evaluations=[scores.evaluate(each, validation.labels, names) for each in found],
      pairs=[
          _pair(right, first, second)
          for first in range(len(right))
          for second in range(first + 1, len(right))
      ],
      called=called,
      disagreements=np.flatnonzero((called != called[0]).any(axis=0)),
  )


def _pair(right: np.ndarray, first: int, second: int) -> Pair:
  only_first = int((right[first] & ~right[second]).sum())
  only_second = int((right[second] & ~right[first]).sum())
  n_differing = only_first + only_second
  test = stats.binomtest(only_first, n_differing) if n_differing else None
  p_value = float(test.pvalue) if test else 1.0
  return Pair(first, second, only_first, only_second, p_value)


def _differing(model_dirs: Sequence[str]) -> dict[str, list[str]]:
  recorded = [settings.recorded(os.fspath(folder)) for folder in model_dirs]
  names = sorted({name for of_run in recorded for name in of_run})
  values = {name: [of_run.get(name, '') for of_run in recorded] for name in names}
  return {name: of_runs for name, of_runs in values.items() if len({*of_runs}) > 1}
