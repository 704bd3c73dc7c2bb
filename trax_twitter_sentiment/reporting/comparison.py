"""Several runs on the same texts: their scores, settings and predictions."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.reporting import content, slices, variants
from trax_twitter_sentiment.run.history import Curve
from trax_twitter_sentiment.run.run import Run

# Texts that are shown of those on which runs disagree.
N_DISAGREEMENTS = 100

_AS_IS, _WITHOUT = 'as_is', 'without_emoticons'


@dataclasses.dataclass(frozen=True)
class Pair:
  """Two runs, by their numbers from 0, and McNemar's test of both."""

  first: int
  second: int
  test: slices.McNemar


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
  """The runs on texts that are read in one way.

  Attributes:
    title: how they are read; '' where there is one way.
    predicted: <int>[n_runs, n_texts], the class that each run predicts.
    evaluations: the scores of each run.
    pairs: each run with each run after it.
  """

  title: str
  predicted: np.ndarray
  evaluations: list[scores.Evaluation]
  pairs: list[Pair]


@dataclasses.dataclass(frozen=True)
class Disagreement:
  """A text, its class, and the class that each run predicts."""

  text: str
  label: int
  predicted: list[int]


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
  """The content of a page about several runs.

  Attributes:
    model_dirs: their output directories.
    class_names: the classes of all of them.
    title: the title of the validation texts.
    warnings: sentences on what the runs read differently.
    differing: the settings that differ, by name, each with its value in each run.
    validation: the texts.
    readings: the results with emoticons and without, or once if both are alike.
    curves: the curve of each run, by number from 0, by the name of the metric.
    n_disagreements: how many texts the runs predict differently, in the last reading.
    disagreements: some of these texts.
  """

  model_dirs: Sequence[str]
  class_names: tuple[str, ...]
  title: str
  warnings: list[str]
  differing: dict[str, list[str]]
  validation: Examples
  readings: list[Reading]
  curves: dict[str, dict[int, Curve]]
  n_disagreements: int
  disagreements: list[Disagreement]


def gather(
    runs: Sequence[Run], examples: Examples | None = None, source: str = ''
) -> Comparison:
  """Returns the comparison of runs on the first run's validation texts.

  Args:
    runs: the runs.
    examples: other texts to compare them on.
    source: the name of `examples`, for people.

  Raises:
    UserError: if a run can't be read, or has other classes or validation texts.
  """
  corpora = [content.corpus_of(run, examples) for run in runs]
  _check_same(runs, corpora)
  readings = _readings(runs, corpora[0])
  predicted = readings[-1].predicted
  differing = np.flatnonzero((predicted != predicted[0]).any(axis=0))
  validation = corpora[0].validation
  return Comparison(
      model_dirs=[run.folder for run in runs],
      class_names=corpora[0].class_names,
      title=source or content.title_of(corpora[0]),
      warnings=_warnings(runs, corpora),
      differing=_differing(runs),
      validation=validation,
      readings=readings,
      curves=_curves(runs),
      n_disagreements=len(differing),
      disagreements=[
          Disagreement(
              validation.texts[i], int(validation.labels[i]), predicted[:, i].tolist()
          )
          for i in differing[:N_DISAGREEMENTS]
      ],
  )


def _check_same(runs: Sequence[Run], corpora: Sequence[Corpus]) -> None:
  first = corpora[0]
  for run, corpus in zip(runs, corpora, strict=True):
    both = f'{runs[0].folder} and {run.folder}'
    if corpus.class_names != first.class_names:
      raise UserError(
          f'{both} have different classes: {", ".join(first.class_names)}, and '
          f'{", ".join(corpus.class_names)}.'
      )
    if corpus.validation.texts != first.validation.texts or not np.array_equal(
        corpus.validation.labels, first.validation.labels
    ):
      raise UserError(
          f'{both} have different validation texts, so their figures cannot be '
          'compared. --input compares runs on labelled texts of your own.'
      )


def _readings(runs: Sequence[Run], corpus: Corpus) -> list[Reading]:
  """Returns both readings, or one if emoticons hardly matter to any run."""
  predictions: dict[str, list[np.ndarray]] = {_AS_IS: [], _WITHOUT: []}
  for run in runs:
    readers = SentimentPredictor.from_run(run).emoticon_variants()
    results = {n: r.validation_log_probabilities(corpus) for n, r in readers.items()}
    predictions[_AS_IS].append(results.get(_AS_IS, results[_WITHOUT]))
    predictions[_WITHOUT].append(results[_WITHOUT])
  as_is, without = (
      _reading(title, predictions[name], corpus)
      for title, name in ((variants.WITH, _AS_IS), (variants.WITHOUT, _WITHOUT))
  )
  pairs = zip(as_is.evaluations, without.evaluations, strict=True)
  if any(variants.emoticons_matter(first, second) for first, second in pairs):
    return [as_is, without]
  return [dataclasses.replace(as_is, title='')]


def _reading(
    title: str, log_probabilities: Sequence[np.ndarray], corpus: Corpus
) -> Reading:
  labels = corpus.validation.labels
  predicted = np.stack([each.argmax(axis=1) for each in log_probabilities])
  right = predicted == labels
  return Reading(
      title=title,
      predicted=predicted,
      evaluations=[
          scores.evaluate(each, labels, corpus.class_names)
          for each in log_probabilities
      ],
      pairs=[
          Pair(i, j, slices.mcnemar(right[i], right[j]))
          for i, j in itertools.combinations(range(len(right)), 2)
      ],
  )


def _warnings(runs: Sequence[Run], corpora: Sequence[Corpus]) -> list[str]:
  """Returns a sentence for each way in which a run's input differs from the first's."""
  sentences = []
  for number, (run, corpus) in enumerate(zip(runs, corpora, strict=True), start=1):
    ours, theirs = run.tokenizer, runs[0].tokenizer
    if ours.keep_emoticons != theirs.keep_emoticons:
      reader, other = (1, number) if theirs.keep_emoticons else (number, 1)
      sentences.append(f'Run {reader} reads emoticons, run {other} does not.')
    if steps := theirs.differing_settings(ours):
      # A setting reads 'TweetTokenizer.stem True → False'.
      names = [step.split()[0].removeprefix('TweetTokenizer.') for step in steps]
      sentences.append(
          f'Runs 1 and {number} turn the same text into different tokens: their '
          f'TweetTokenizer differs in {", ".join(names)}.'
      )
    if corpus.train.texts != corpora[0].train.texts:
      sentences.append(f'Runs 1 and {number} were trained on different texts.')
  return sentences


def _differing(runs: Sequence[Run]) -> dict[str, list[str]]:
  names = sorted({name for run in runs for name in run.settings})
  values = {name: [run.settings.get(name, '') for run in runs] for name in names}
  return {name: of_runs for name, of_runs in values.items() if len({*of_runs}) > 1}


def _curves(runs: Sequence[Run]) -> dict[str, dict[int, Curve]]:
  """Returns the curves of evaluation that have more than a point."""
  curves: dict[str, dict[int, Curve]] = {}
  for number, run in enumerate(runs):
    for name, curve in run.history.eval_curves.items():
      if len(curve) > 1:
        curves.setdefault(name, {})[number] = curve
  return curves
