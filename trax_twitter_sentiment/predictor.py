"""Predictions from a run's output directory, on NumPy alone."""

import dataclasses
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens
from trax_twitter_sentiment.run_directory.model_info import ModelInfo
from trax_twitter_sentiment.run_directory.weights import WEIGHTS_FILE, load_arrays
from trax_twitter_sentiment.tokenizer import TweetTokenizer

# Texts that are predicted together.
_CHUNK_SIZE = 512

SENTIMENTS = ('negative', 'positive')  # By label.


@dataclasses.dataclass(frozen=True)
class Prediction:
  """What a model says of one text.

  Attributes:
    label: 1 for positive and 0 for negative; a tie is negative.
    log_probabilities: of negative and of positive.
    tokens: those that the prediction rests on; without any, it rests on the
      model's bias alone.
  """

  label: int
  log_probabilities: tuple[float, float]
  tokens: tuple[str, ...]

  @property
  def sentiment(self) -> str:
    """`'positive'` or `'negative'`."""
    return SENTIMENTS[self.label]

  @property
  def log_odds(self) -> float:
    """The log-probability of positive less that of negative."""
    return self.log_probabilities[1] - self.log_probabilities[0]


@dataclasses.dataclass(frozen=True)
class Explanation:
  """How each token of a text moves the log-odds of positive to negative.

  Attributes:
    prediction: what is explained.
    shares: each token's share of the log-odds, in the tokens' order; positive
      numbers speak for positive.
    bias: what is left without any token; shares and bias add up to the log-odds.
  """

  prediction: Prediction
  shares: tuple[float, ...]
  bias: float


class Model(Protocol):
  """From token ids to log-probabilities."""

  def log_probabilities(self, id_lists: Sequence[np.ndarray]) -> np.ndarray:
    """Returns <float>[n_texts, 2] for the token ids, <int32>[n_tokens], of texts."""


class SentimentPredictor:
  """Says of texts whether they are positive or negative.

  Example:
    >>> predictor = SentimentPredictor.load('runs/twitter')
    >>> predictor.predict(['what a lovely day :)'])[0].sentiment
    'positive'
  """

  def __init__(self, tokenizer: TweetTokenizer, model: Model):
    self.tokenizer = tokenizer
    self.model = model

  @classmethod
  def load(cls, model_dir: str | os.PathLike) -> 'SentimentPredictor':
    """Returns the predictor of a run's output directory.

    A `TwitterClassifier` is read with NumPy: nothing in the directory is run, and
    Trax is not imported. Any other model trained on the plugin's stream is loaded
    through Trax, by the run's `config.gin`, which is said on stderr.

    Raises:
      UserError: if the directory, its tokenizer or its checkpoint is missing or
        damaged, or if they don't fit each other.
    """
    folder = os.fspath(model_dir)
    if not os.path.isdir(folder):
      raise UserError(f'model_dir={folder!r} is not a directory.')
    try:
      tokenizer = TweetTokenizer.load(folder)
      info = ModelInfo.load(folder)
    except FileNotFoundError as error:
      raise UserError(
          f'{folder} has no {os.path.basename(error.filename)}: it is not the '
          'output directory of a run with train.callbacks=[@SaveForPrediction].'
      ) from error
    weights = _load_weights(os.path.join(folder, WEIGHTS_FILE))
    if info.pooling is not None:
      return cls(tokenizer, BagOfTokens(folder, tokenizer, info, weights))
    # Imported on use: it imports Trax, which takes long.
    from trax_twitter_sentiment.prediction.trax_model import TraxModel

    print(
        f"{folder} holds no TwitterClassifier; loading its config.gin's model "
        'through Trax, which takes a while.',
        file=sys.stderr,
    )
    return cls(tokenizer, TraxModel(folder, info, weights))

  def without_emoticons(self) -> 'SentimentPredictor':
    """Returns this predictor, blind to emoticons in what it is given."""
    tokenizer = dataclasses.replace(self.tokenizer, keep_emoticons=False)
    return SentimentPredictor(tokenizer, self.model)

  def emoticon_variants(self) -> dict[str, 'SentimentPredictor']:
    """Returns the ways to read texts: `'as_is'`, and `'without_emoticons'`.

    A run that itself leaves emoticons out has but the latter.
    """
    variants = {'as_is': self} if self.tokenizer.keep_emoticons else {}
    return {**variants, 'without_emoticons': self.without_emoticons()}

  def predict(self, texts: Iterable[str]) -> list[Prediction]:
    """Returns a prediction for each of `texts`, in their order."""
    if isinstance(texts, str):
      raise UserError('predict() takes a list of texts; got a single str.')
    tokenizer = self.tokenizer
    token_lists = [tokenizer.without_dropped(tokenizer.tokenize(t)) for t in texts]
    if not token_lists:
      return []
    id_lists = [tokenizer.encode_tokens(tokens) for tokens in token_lists]
    scores = self.model.log_probabilities(id_lists)
    labels = (scores[:, 1] > scores[:, 0]).astype(int)
    return [
        Prediction(label, tuple(pair), tuple(tokens))
        for label, pair, tokens in zip(
            labels.tolist(), scores.tolist(), token_lists, strict=True
        )
    ]

  def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
    """Returns <float64>[n_texts, 2]; a bar on stderr shows the progress."""
    import tqdm  # Imported on use: a single prediction has no progress to show.

    scores = np.empty((len(texts), 2))
    with tqdm.tqdm(
        total=len(texts), unit=' texts', disable=None, file=sys.stderr
    ) as progress:
      for start in range(0, len(texts), _CHUNK_SIZE):
        chunk = texts[start : start + _CHUNK_SIZE]
        scores[start : start + len(chunk)] = [
            prediction.log_probabilities for prediction in self.predict(chunk)
        ]
        progress.update(len(chunk))
    return scores

  def explain(self, text: str) -> Explanation:
    """Returns the exact share of each token of a text in its log-odds.

    The classifier is linear in the mean of its token vectors, so the log-odds are
    a sum over tokens.

    Raises:
      UserError: if the model is not a `TwitterClassifier`.
    """
    if not isinstance(self.model, BagOfTokens):
      raise UserError('Only the predictions of a TwitterClassifier can be explained.')
    (prediction,) = self.predict([text])
    ids = self.tokenizer.encode_tokens(prediction.tokens)
    shares, bias = self.model.shares(ids)
    return Explanation(prediction, tuple(shares.tolist()), bias)

  def token_log_odds(self) -> np.ndarray:
    """Returns what each token of the vocabulary adds if it is all of a text.

    <float64>[vocabulary_size], in the log-odds of positive to negative.

    Raises:
      UserError: if the model is not a `TwitterClassifier`.
    """
    if not isinstance(self.model, BagOfTokens):
      raise UserError('Only the tokens of a TwitterClassifier have log-odds.')
    return self.model.token_log_odds


def _load_weights(path: str) -> list[np.ndarray]:
  """Returns the arrays of a weights file that Trax wrote, without unpickling."""
  try:
    arrays = load_arrays(path)
  except FileNotFoundError as error:
    raise UserError(
        f'{os.path.dirname(path)} has no checkpoint yet ({WEIGHTS_FILE}); train first.'
    ) from error
  except ValueError as error:
    raise UserError(f'{path} is not a whole weights file ({error}).') from error
  if any(a.dtype.kind == 'f' and not np.isfinite(a).all() for a in arrays):
    raise UserError(f'{path} holds numbers that are not finite: training diverged.')
  return arrays
