"""Predictions from a run's output directory, on NumPy alone."""

import dataclasses
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.model_file import MODEL_FILE, ModelInfo
from trax_twitter_sentiment.tokenizer import (
    PAD_ID,
    TOKENIZER_FILE,
    TweetTokenizer,
)
from trax_twitter_sentiment.weights_file import load_arrays

WEIGHTS_FILE = 'model.weights.npy.gz'
SENTIMENTS = ('negative', 'positive')  # By label.

# Products of two float32 don't get there; a float64 can add up very many of it.
_TOO_LARGE = 1e100


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
      return cls(tokenizer, _BagOfTokens(folder, tokenizer, info, weights))
    # Imported on use: it imports Trax, which takes long.
    from trax_twitter_sentiment.trax_model import TraxModel

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

  def explain(self, text: str) -> Explanation:
    """Returns the exact share of each token of a text in its log-odds.

    The classifier is linear in the mean of its token vectors, so the log-odds are
    a sum over tokens.

    Raises:
      UserError: if the model is not a `TwitterClassifier`.
    """
    if not isinstance(self.model, _BagOfTokens):
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
    if not isinstance(self.model, _BagOfTokens):
      raise UserError('Only the tokens of a TwitterClassifier have log-odds.')
    return self.model.token_log_odds


class _BagOfTokens:
  """A `TwitterClassifier`, each token's vector already multiplied by the dense layer.

  The mean and the dense layer are linear, so their order doesn't matter; two numbers
  a token remain.
  """

  def __init__(
      self,
      folder: str,
      tokenizer: TweetTokenizer,
      info: ModelInfo,
      weights: list[np.ndarray],
  ):
    if (
        [w.ndim for w in weights] != [2, 2, 1]
        or any(w.dtype.kind != 'f' for w in weights)
        or weights[0].shape[1] != weights[1].shape[0]
        or weights[1].shape[1] != len(weights[2])
    ):
      raise UserError(
          f'{os.path.join(folder, WEIGHTS_FILE)} does not hold the weights of a '
          f'TwitterClassifier, as {MODEL_FILE} says.'
      )
    with np.errstate(over='ignore', invalid='ignore'):  # Looked at below.
      embedding, kernel, bias = (w.astype(np.float64) for w in weights)
    if len(embedding) != len(tokenizer.vocabulary):
      raise UserError(
          f'{folder}: {TOKENIZER_FILE} has {len(tokenizer.vocabulary)} tokens, but '
          f'{WEIGHTS_FILE} has vectors for {len(embedding)}; they are not of one run.'
      )
    if len(bias) != len(SENTIMENTS):
      raise UserError(
          f'{folder} holds a classifier of {len(bias)} classes; predictions are for '
          'negative and positive alone.'
      )
    with np.errstate(over='ignore', invalid='ignore'):
      self._token_logits = embedding @ kernel
    self._bias = bias
    if not (_in_range(self._token_logits) and _in_range(self._bias)):
      raise UserError(
          f'{os.path.join(folder, WEIGHTS_FILE)} holds numbers that are too large: '
          'training diverged.'
      )
    self._info = info

  @property
  def token_log_odds(self) -> np.ndarray:
    return self._token_logits[:, 1] - self._token_logits[:, 0]

  def log_probabilities(self, id_lists: Sequence[np.ndarray]) -> np.ndarray:
    lengths = np.array([len(ids) for ids in id_lists])
    # A padding id ends each text, so that reduceat meets no empty one.
    ids = np.concatenate([np.append(ids, PAD_ID) for ids in id_lists])
    starts = np.cumsum(lengths + 1) - (lengths + 1)
    padding = self._token_logits[PAD_ID]
    sums = np.add.reduceat(self._token_logits[ids], starts, axis=0) - padding
    n_averaged = self._n_averaged(lengths)[:, None]
    if self._info.pooling == 'mean':
      sums += (n_averaged - lengths[:, None]) * padding
    logits = sums / n_averaged + self._bias
    # Of the difference, so that probabilities add up to one for large logits, too.
    odds = logits[:, 1] - logits[:, 0]
    return -np.logaddexp(0, np.stack([odds, -odds], axis=1))

  def shares(self, ids: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns <float64>[n_tokens] shares of the log-odds, and the rest of them."""
    n_averaged = float(self._n_averaged(np.array(len(ids))))
    rest = self._bias[1] - self._bias[0]
    if self._info.pooling == 'mean':
      n_padding = n_averaged - len(ids)
      rest += n_padding / n_averaged * self.token_log_odds[PAD_ID]
    return self.token_log_odds[ids] / n_averaged, float(rest)

  def _n_averaged(self, lengths: np.ndarray) -> np.ndarray:
    """Returns by how many positions a mean over texts of `lengths` divides."""
    least = self._info.padded_length if self._info.pooling == 'mean' else 1
    return np.maximum(lengths, least)


def _in_range(logits: np.ndarray) -> bool:
  """Returns whether any sum over a text's tokens stays finite."""
  return bool((np.abs(logits) < _TOO_LARGE).all())  # Which no NaN is.


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
