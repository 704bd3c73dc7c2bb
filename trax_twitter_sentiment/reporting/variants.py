"""The results of a run on its texts, with and without emoticons."""

import dataclasses
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.reporting import baselines, mistakes, slices
from trax_twitter_sentiment.reporting.mistakes import Confusion, Mistake
from trax_twitter_sentiment.reporting.slices import Coverage, Slice

# Emoticons matter if removing them changes one of these figures by this much.
_COMPARED = ('accuracy', 'macro_f1')
_MIN_CHANGE = 0.005

# With more training texts, the baseline would take longer than the run's own training.
MAX_BASELINE_TEXTS = 20_000

WITH, WITHOUT = 'With emoticons', 'Without emoticons'


class Baseline(NamedTuple):
  """A simple model on the same texts."""

  name: str
  evaluation: scores.Evaluation
  p_value: float  # McNemar's exact test of the run against this baseline.


@dataclasses.dataclass(frozen=True, eq=False)
class Variant:
  """The results of a run on its validation texts, with or without emoticons."""

  title: str  # `WITH` or `WITHOUT`; '' if there is one variant.
  log_probabilities: np.ndarray  # <float64>[n_texts, n_classes]
  labels: np.ndarray  # <int>[n_texts], the true classes.
  evaluation: scores.Evaluation
  # The learned baseline, if there are training texts, and the most frequent class.
  baselines: list[Baseline]
  confusions: list[Confusion]  # The commonest ones, the commonest first.
  mislabelled: list[Mistake]  # The most probable mistakes.
  # The next mistakes. A mistake of the variant before is not repeated.
  mistakes: list[Mistake]
  coverage: list[Coverage]
  slices: dict[str, list[Slice]]  # Title of a table -> its rows.

  @property
  def predicted(self) -> np.ndarray:
    """<int>[n_texts], the predicted classes."""
    return self.log_probabilities.argmax(axis=1)

  @property
  def n_mistakes(self) -> int:
    return int((self.predicted != self.labels).sum())


def variants_of(
    predictor: SentimentPredictor, corpus: Corpus
) -> tuple[list[Variant], str]:
  """Returns the variants that a report shows, and a sentence on emoticons.

  The `validation` split of the corpus is evaluated. If the `train` split is empty,
  there is no learned baseline.
  """
  readers = list(predictor.emoticon_variants().values())
  labels, names = corpus.validation.labels, corpus.class_names
  predictions = [reader.validation_log_probabilities(corpus) for reader in readers]
  evaluations = [scores.evaluate(each, labels, names) for each in predictions]
  remark, titles = '', ['']
  if len(readers) == 1:
    remark = 'The run itself does not read emoticons.'
  elif emoticons_matter(*evaluations):
    titles = [WITH, WITHOUT]
  else:
    remark = 'Emoticons hardly matter: accuracy is {:.4f} with them and {:.4f} without.'
    remark = remark.format(*(each.accuracy.value for each in evaluations))
  shown: set[int] = set()
  variants = [
      _variant(title, reader, corpus, evaluation, log_probabilities, shown)
      for title, reader, evaluation, log_probabilities in zip(
          titles, readers, evaluations, predictions
      )
  ]
  return variants, remark


def emoticons_matter(as_is: scores.Evaluation, without: scores.Evaluation) -> bool:
  """Returns whether removing emoticons changes a figure noticeably."""
  pairs = ((getattr(e, n).value for e in (as_is, without)) for n in _COMPARED)
  return any(abs(first - second) >= _MIN_CHANGE for first, second in pairs)


def _variant(
    title: str,
    predictor: SentimentPredictor,
    corpus: Corpus,
    evaluation: scores.Evaluation,
    log_probabilities: np.ndarray,
    shown: set[int],
) -> Variant:
  """Returns a variant, and adds the indices of its mistakes to `shown`."""
  labels = corpus.validation.labels
  read = predictor.encoder.without_removed_emoticons
  texts = [*map(read, corpus.validation.texts)]
  surest = mistakes.surest(log_probabilities, labels)
  parts = mistakes.split(surest, log_probabilities, shown)
  shown.update(*parts)
  mislabelled, others = (
      [
          mistakes.mistake(predictor, texts[i], int(labels[i]), log_probabilities[i])
          for i in part
      ]
      for part in parts
  )
  right = log_probabilities.argmax(axis=1) == labels
  return Variant(
      title=title,
      log_probabilities=log_probabilities,
      labels=labels,
      evaluation=evaluation,
      baselines=_baselines(predictor, corpus, texts, right),
      confusions=mistakes.confusions(texts, labels, log_probabilities),
      mislabelled=mislabelled,
      mistakes=others,
      coverage=slices.coverage(log_probabilities, labels),
      slices=slices.slices(predictor, texts, right),
  )


def _baselines(
    predictor: SentimentPredictor, corpus: Corpus, texts: list[str], right: np.ndarray
) -> list[Baseline]:
  """Returns the baselines, with tests against the run's <bool>[n_texts] results."""
  labels, names, train = corpus.validation.labels, corpus.class_names, corpus.train
  classifiers = {}
  if train.texts:
    if (n_texts := len(train.texts)) > MAX_BASELINE_TEXTS:
      rng = np.random.default_rng(0)
      train = train.part(rng.choice(n_texts, MAX_BASELINE_TEXTS, replace=False))
    read = predictor.encoder.without_removed_emoticons
    classifiers[baselines.learner_name(len(names))] = baselines.tf_idf(
        [*map(read, train.texts)], train.labels, len(names)
    )
  classifiers[baselines.MOST_FREQUENT] = baselines.most_frequent_class(
      corpus.train.labels if train.texts else labels, len(names)
  )
  results = []
  for name, classify in classifiers.items():
    theirs = classify(texts)
    test = slices.mcnemar(right, theirs.argmax(axis=1) == labels)
    evaluation = scores.evaluate(theirs, labels, names)
    results.append(Baseline(name, evaluation, test.p_value))
  return results
