"""What a run's report tells, as plain data."""

import dataclasses
import importlib.metadata
import os
import platform

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.encoding.encoded_corpus import encode_split
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import open_regular
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import Explanation, SentimentPredictor
from trax_twitter_sentiment.reporting import baselines, run_facts
from trax_twitter_sentiment.run.curves import Curve, read_curves
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.vocabulary import SPECIAL_TOKENS

N_TOKENS = 20  # Of each class.
N_MISTAKES = 50

# The vector of a token seen in fewer training tweets tells of those tweets alone.
MIN_TWEETS = 5

_VARIANTS = {
    'as_is': 'Tweets as they are',
    'without_emoticons': 'Emoticons removed',
}

_PACKAGES = ('trax_twitter_sentiment', 'trax', 'jax', 'numpy', 'nltk')


@dataclasses.dataclass(frozen=True)
class WeightyToken:
  """A token that speaks strongly for a class.

  Attributes:
    token: the token.
    log_odds: of the class to the others, of positive where there are two, of a text
      that is this token alone, without the bias.
    n_tweets: how many training tweets hold it.
  """

  token: str
  log_odds: float
  n_tweets: int


@dataclasses.dataclass(frozen=True)
class Mistake:
  """A validation tweet that is called what it is not, as it was read."""

  text: str
  label: int
  explanation: Explanation


@dataclasses.dataclass(frozen=True, eq=False)
class Variant:
  """How the run does on the validation tweets, read in one way.

  Attributes:
    title: in which way.
    log_probabilities: <float64>[n_tweets, n_classes].
    evaluation: the scores.
    baselines: the scores of others on the same texts, by their names.
    mistakes: the worst ones, the worst first; empty where nothing can be explained.
  """

  title: str
  log_probabilities: np.ndarray
  evaluation: scores.Evaluation
  baselines: dict[str, scores.Evaluation]
  mistakes: list[Mistake]


@dataclasses.dataclass(frozen=True, eq=False)
class ReportContent:
  """What a run's report tells.

  Attributes:
    model_dir: the run's output directory, as the user names it.
    corpus: the tweets that the run was trained and is validated on.
    encoder: the run's.
    train_curves: of the training loss, by its name.
    eval_curves: of the metrics in evaluation, by their names.
    variants: with the tweets as they are, and without emoticons; only the latter
      where the run itself leaves emoticons out.
    weighty_tokens: for each class, by name, the weightiest first.
    not_explained: why there are neither mistakes nor weighty tokens, or ''.
    facts: when and by what the run was trained, and how large it is, by name.
    like: the gin file of the package that the run's settings are most like, or ''.
    differing: the settings that differ from that file's, as `'theirs → its own'`.
    config: the run's `config.gin`; `None` if it has none.
    versions: of Python and packages, here and now.
  """

  model_dir: str
  corpus: Corpus
  encoder: TextEncoder
  train_curves: dict[str, Curve]
  eval_curves: dict[str, Curve]
  variants: list[Variant]
  weighty_tokens: dict[str, list[WeightyToken]]
  not_explained: str
  facts: dict[str, str]
  like: str
  differing: dict[str, str]
  config: str | None
  versions: dict[str, str]


def gather(predictor: SentimentPredictor, model_dir: str) -> ReportContent:
  """Returns the report's content for the run in `model_dir`.

  Raises:
    UserError: if the corpus that the run was trained on can't be had.
  """
  encoder = predictor.encoder
  corpus = Run(model_dir).corpus()
  not_explained = _why_not_explained(predictor)
  like, differing = run_facts.differing_settings(model_dir)
  return ReportContent(
      model_dir=model_dir,
      corpus=corpus,
      encoder=encoder,
      train_curves=read_curves(os.path.join(model_dir, 'train')),
      eval_curves=read_curves(os.path.join(model_dir, 'eval')),
      variants=[
          _variant(
              _VARIANTS[variant],
              used,
              corpus,
              explain=not not_explained,
          )
          for variant, used in predictor.emoticon_variants().items()
      ],
      weighty_tokens=(
          {} if not_explained else _weighty_tokens(predictor, corpus)
      ),
      not_explained=not_explained,
      facts=run_facts.facts(model_dir),
      like=like,
      differing=differing,
      config=_read_config(os.path.join(model_dir, 'config.gin')),
      versions=_versions(),
  )


def _why_not_explained(predictor: SentimentPredictor) -> str:
  try:
    predictor.token_scores()
  except UserError as error:
    return error.message
  return ''


def _variant(
    title: str, predictor: SentimentPredictor, corpus: Corpus, explain: bool
) -> Variant:
  examples = corpus.validation
  log_probabilities = predictor.validation_log_probabilities(corpus)
  return Variant(
      title=title,
      log_probabilities=log_probabilities,
      evaluation=scores.evaluate(
          log_probabilities, examples.labels, predictor.class_names
      ),
      baselines=baselines.evaluate(corpus, *_as_read(predictor, corpus)),
      mistakes=[
          Mistake(
              predictor.encoder.tokenizer.without_removed_emoticons(examples.texts[i]),
              int(examples.labels[i]),
              predictor.explain(examples.texts[i]),
          )
          for i in _worst_mistakes(log_probabilities, examples.labels)
      ]
      if explain
      else [],
  )


def _as_read(predictor: SentimentPredictor, corpus: Corpus) -> list[list[str]]:
  """Returns the texts of training and of validation, as a predictor reads them."""
  read = predictor.encoder.tokenizer.without_removed_emoticons
  return [[*map(read, part.texts)] for part in (corpus.train, corpus.validation)]


def _worst_mistakes(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Returns <int>[at most N_MISTAKES] indices, what is most wrong first."""
  called = log_probabilities.argmax(axis=1)
  wrong = np.flatnonzero(called != labels)
  margins = (
      log_probabilities[wrong, called[wrong]] - log_probabilities[wrong, labels[wrong]]
  )
  return wrong[np.argsort(-margins, kind='stable')][:N_MISTAKES]


def _weighty_tokens(
    predictor: SentimentPredictor, corpus: Corpus
) -> dict[str, list[WeightyToken]]:
  encoder = predictor.encoder
  train = encode_split(corpus, 'train', encoder)
  # A number for each tweet and token, so that a tweet counts once.
  vocabulary_size = len(encoder.vocabulary)
  tweet_of_token = np.repeat(np.arange(len(train.lengths)), train.lengths)
  different = np.unique(tweet_of_token * vocabulary_size + train.ids)
  n_tweets = np.bincount(different % vocabulary_size, minlength=vocabulary_size)
  n_tweets[: len(SPECIAL_TOKENS)] = 0
  frequent = np.flatnonzero(n_tweets >= MIN_TWEETS)

  def weightiest(odds: np.ndarray, sign: int) -> list[WeightyToken]:
    order = frequent[np.argsort(-sign * odds[frequent], kind='stable')][:N_TOKENS]
    return [
        WeightyToken(encoder.vocabulary.tokens[i], float(odds[i]), int(n_tweets[i]))
        for i in order
        if sign * odds[i] > 0
    ]

  names = predictor.class_names
  if len(names) == 2:
    odds = predictor.token_scores()
    return {names[0]: weightiest(odds, -1), names[1]: weightiest(odds, 1)}
  return {
      name: weightiest(predictor.token_scores(i), 1) for i, name in enumerate(names)
  }


def _read_config(path: str) -> str | None:
  try:
    with open_regular(path) as file:
      return file.read().decode('utf-8', errors='replace')
  except OSError:
    return None


def _versions() -> dict[str, str]:
  versions = {'Python': platform.python_version()}
  for package in _PACKAGES:
    try:
      versions[package] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
      versions[package] = 'not installed'
  return versions
