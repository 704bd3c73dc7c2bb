"""Several runs on the same texts: their scores, settings and predictions."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.reporting import content, slices, variants
from trax_twitter_sentiment.run.history import Curve
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder
from trax_twitter_sentiment.text.text_encoder import TextEncoder

# The page shows this many of the texts on which the runs disagree.
_N_DISAGREEMENTS = 100


class Pair(NamedTuple):
  """Two runs, by their numbers from 0, and McNemar's test of both."""

  first: int
  second: int
  test: slices.McNemar


class Reading(NamedTuple):
  """The results of the runs, with or without emoticons."""

  title: str  # `variants.WITH` or `variants.WITHOUT`; '' if there is one reading.
  predicted: np.ndarray  # <int>[n_runs, n_texts]
  evaluations: list[scores.Evaluation]  # One for each run.
  pairs: list[Pair]  # One for every two runs.


class Disagreement(NamedTuple):
  """A text, its class, and the class that each run predicts."""

  text: str
  label: int
  predicted: list[int]


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
  """The content of a page about several runs."""

  model_dirs: Sequence[str]
  class_names: tuple[str, ...]
  title: str  # The title of the validation texts.
  warnings: list[str]  # Sentences about differences of the runs' inputs.
  differing: dict[str, list[str]]  # Name of a setting -> its value in each run.
  validation: Examples
  readings: list[Reading]  # One if emoticons hardly matter, otherwise two.
  curves: dict[str, dict[int, Curve]]  # Metric -> number of a run, from 0 -> curve.
  n_disagreements: int  # The number of texts with different predictions.
  disagreements: list[Disagreement]  # Some of these texts.


def gather(
    runs: Sequence[Run], examples: Examples | None = None, source: str = ''
) -> Comparison:
  """Compares runs on the first run's validation texts, or on `examples`.

  Args:
    runs: the runs.
    examples: labelled texts to compare the runs on.
    source: the title of `examples`.

  Raises:
    UserError: if a run can't be read, or has other classes or validation texts.
  """
  corpora = [content.corpus_of(run, examples) for run in runs]
  _check_same(runs, corpora)
  readings = _readings(runs, corpora[0])
  predicted = readings[-1].predicted
  disagreements = np.flatnonzero((predicted != predicted[0]).any(axis=0))
  texts, labels = corpora[0].validation.texts, corpora[0].validation.labels
  return Comparison(
      model_dirs=[run.folder for run in runs],
      class_names=corpora[0].class_names,
      title=source or content.title_of(corpora[0]),
      warnings=_warnings(runs),
      differing=_differing(runs),
      validation=corpora[0].validation,
      readings=readings,
      curves=_curves(runs),
      n_disagreements=len(disagreements),
      disagreements=[
          Disagreement(texts[i], int(labels[i]), predicted[:, i].tolist())
          for i in disagreements[:_N_DISAGREEMENTS]
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
  """Returns readings with and without emoticons, or one if they hardly matter."""
  pairs_of_results = []
  for run in runs:
    readers = SentimentPredictor.from_run(run).emoticon_variants().values()
    results = [reader.validation_log_probabilities(corpus) for reader in readers]
    # A run that removes emoticons itself has one result.
    pairs_of_results.append((results[0], results[-1]))
  as_is, without = (
      _reading(title, log_probabilities, corpus)
      for title, log_probabilities in zip(
          (variants.WITH, variants.WITHOUT), zip(*pairs_of_results)
      )
  )
  pairs = zip(as_is.evaluations, without.evaluations, strict=True)
  if any(variants.emoticons_matter(first, second) for first, second in pairs):
    return [as_is, without]
  return [as_is._replace(title='')]


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


def _warnings(runs: Sequence[Run]) -> list[str]:
  """Returns a sentence for each way in which a run's input differs from the first's."""
  sentences = []
  for number, run in enumerate(runs, start=1):
    ours, theirs = run.encoder, runs[0].encoder
    if ours.keep_emoticons != theirs.keep_emoticons:
      reader, other = (1, number) if theirs.keep_emoticons else (number, 1)
      sentences.append(f'Run {reader} reads emoticons, run {other} does not.')
    if difference := _difference_of_tokens(theirs, ours):
      sentences.append(
          f'Runs 1 and {number} turn the same text into different tokens: {difference}.'
      )
    # With --input, a run's own texts may be missing, but their checksum is not.
    if run.corpus_record.digest != runs[0].corpus_record.digest:
      sentences.append(f'Runs 1 and {number} were trained on different corpora.')
  return sentences


def _difference_of_tokens(
    first: TextEncoder | SubwordEncoder, second: TextEncoder | SubwordEncoder
) -> str:
  """Returns why two encoders have different tokens, or '' if they have the same."""
  if isinstance(first, SubwordEncoder) or isinstance(second, SubwordEncoder):
    return '' if first == second else 'one has the tokens of a pretrained encoder'
  # A setting reads 'TweetTokenizer.stem True → False'.
  steps = first.tokenizer.differing_settings(second.tokenizer)
  names = [step.split()[0].removeprefix('TweetTokenizer.') for step in steps]
  return f'their TweetTokenizer differs in {", ".join(names)}' if names else ''


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
