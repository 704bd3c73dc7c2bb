"""How a run does on its texts, which are read with and without emoticons."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
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


@dataclasses.dataclass(frozen=True)
class Baseline:
  """A simple model on the same texts.

  Attributes:
    name: its name.
    evaluation: its scores.
    p_value: McNemar's exact test of the run against this baseline: how probable so
      large a difference is between equally good models.
  """

  name: str
  evaluation: scores.Evaluation
  p_value: float


@dataclasses.dataclass(frozen=True, eq=False)
class Variant:
  """How a run does on its validation texts, which are read in one way.

  Attributes:
    title: how they are read; '' where there is one way.
    log_probabilities: <float64>[n_texts, n_classes].
    labels: <int>[n_texts], the true classes.
    evaluation: the scores.
    baselines: the most frequent class and, with training texts, a learned baseline.
    confusions: the commonest confusions, the commonest first.
    mislabelled: the surest mistakes, whose labels may be wrong.
    mistakes: the other mistakes, the surest first. A mistake of the variant before is
      not repeated.
    coverage: what is left and right if only sure predictions count.
    slices: the accuracy by length and by share of unknown words, by title.
  """

  title: str
  log_probabilities: np.ndarray
  labels: np.ndarray
  evaluation: scores.Evaluation
  baselines: list[Baseline]
  confusions: list[Confusion]
  mislabelled: list[Mistake]
  mistakes: list[Mistake]
  coverage: list[Coverage]
  slices: dict[str, list[Slice]]

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

  Args:
    predictor: the run's predictor.
    corpus: its `validation` split is evaluated. If the `train` split is empty, there
      is no learned baseline.
  """
  readers = list(predictor.emoticon_variants().values())
  labels, names = corpus.validation.labels, corpus.class_names
  predictions = [reader.validation_log_probabilities(corpus) for reader in readers]
  evaluations = [scores.evaluate(each, labels, names) for each in predictions]
  if len(readers) == 1:
    remark, titles = 'The run itself does not read emoticons.', ['']
  elif emoticons_matter(*evaluations):
    remark, titles = '', [WITH, WITHOUT]
  else:
    as_is, without = (each.accuracy.value for each in evaluations)
    remark, titles = (
        f'Emoticons hardly matter: accuracy is {as_is:.4f} with them and '
        f'{without:.4f} without.'
    ), ['']
  variants: list[Variant] = []
  shown: set[int] = set()
  for title, reader, scored in zip(titles, readers, predictions):
    variants.append(_variant(title, reader, corpus, scored, shown))
  return variants, remark


def emoticons_matter(as_is: scores.Evaluation, without: scores.Evaluation) -> bool:
  """Returns whether removing emoticons changes a figure noticeably."""
  pairs = ((getattr(e, n).value for e in (as_is, without)) for n in _COMPARED)
  return any(abs(first - second) >= _MIN_CHANGE for first, second in pairs)


def _variant(
    title: str,
    predictor: SentimentPredictor,
    corpus: Corpus,
    log_probabilities: np.ndarray,
    shown: set[int],
) -> Variant:
  labels = corpus.validation.labels
  right = log_probabilities.argmax(axis=1) == labels
  surest = mistakes.surest(log_probabilities, labels)
  mislabelled, others = mistakes.split(surest, log_probabilities, shown)
  shown.update(mislabelled, others)
  read = predictor.encoder.tokenizer.without_removed_emoticons
  texts = [*map(read, corpus.validation.texts)]
  explain = mistakes.Explainer(predictor, texts, labels, log_probabilities)
  return Variant(
      title=title,
      log_probabilities=log_probabilities,
      labels=labels,
      evaluation=scores.evaluate(log_probabilities, labels, corpus.class_names),
      baselines=_baselines(predictor, corpus, texts, log_probabilities),
      confusions=mistakes.confusions(texts, labels, log_probabilities),
      mislabelled=[*map(explain, mislabelled)],
      mistakes=[*map(explain, others)],
      coverage=slices.coverage(log_probabilities, labels),
      slices=slices.slices(predictor, texts, right),
  )


def _sample(examples: Examples) -> Examples:
  n_texts = len(examples.texts)
  if n_texts <= MAX_BASELINE_TEXTS:
    return examples
  rng = np.random.default_rng(0)
  return examples.part(rng.choice(n_texts, MAX_BASELINE_TEXTS, replace=False))


def _baselines(
    predictor: SentimentPredictor,
    corpus: Corpus,
    texts: Sequence[str],
    log_probabilities: np.ndarray,
) -> list[Baseline]:
  labels, names = corpus.validation.labels, corpus.class_names
  read = predictor.encoder.tokenizer.without_removed_emoticons
  classifiers = {}
  if corpus.train.texts:
    train = _sample(corpus.train)
    classifiers[baselines.learner_name(len(names))] = baselines.tf_idf(
        [*map(read, train.texts)], train.labels, len(names)
    )
  classifiers[baselines.MOST_FREQUENT] = baselines.most_frequent_class(
      corpus.train.labels if corpus.train.texts else labels, len(names)
  )
  right = log_probabilities.argmax(axis=1) == labels
  results = []
  for name, classify in classifiers.items():
    theirs = classify(texts)
    pair = slices.mcnemar(right, theirs.argmax(axis=1) == labels)
    evaluation = scores.evaluate(theirs, labels, names)
    results.append(Baseline(name, evaluation, pair.p_value))
  return results
