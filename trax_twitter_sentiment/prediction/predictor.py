"""Predictions from a run's output directory, on NumPy alone."""

import dataclasses
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens, against_others
from trax_twitter_sentiment.prediction.results import Explanation, Prediction, Scores
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.weights import WEIGHTS_FILE, load_arrays
from trax_twitter_sentiment.text.tokenizer import UNK_ID, TweetTokenizer

if TYPE_CHECKING:
  from trax_twitter_sentiment.corpora.corpus import Corpus

# Texts that are predicted together.
_CHUNK_SIZE = 512


class Model(Protocol):
  """From token ids to log-probabilities."""

  def log_probabilities(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Returns <float>[n_texts, n_classes].

    Args:
      ids: <int32>[n_tokens], those of all texts, one after the other.
      lengths: <int64>[n_texts], how many of them each text has.
    """


class SentimentPredictor:
  """Says of texts which class they are of: whether positive or negative, mostly.

  Examples:
    >>> predictor = SentimentPredictor.load('runs/twitter')
    >>> predictor.predict(['what a lovely day :)'])[0].sentiment
    'positive'
  """

  def __init__(
      self,
      tokenizer: TweetTokenizer,
      model: Model,
      class_names: tuple[str, ...] = SENTIMENTS,
  ):
    self.tokenizer = tokenizer
    self.model = model
    self.class_names = class_names

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
      model = BagOfTokens(folder, tokenizer, info, weights)
      return cls(tokenizer, model, info.class_names)
    # Imported on use: it imports Trax, which takes long.
    from trax_twitter_sentiment.prediction.trax_model import TraxModel

    print(
        f"{folder} holds no TwitterClassifier; loading its config.gin's model "
        'through Trax, which takes a while.',
        file=sys.stderr,
    )
    return cls(tokenizer, TraxModel(folder, info, weights), info.class_names)

  def without_emoticons(self) -> 'SentimentPredictor':
    """Returns this predictor, blind to emoticons in what it is given."""
    tokenizer = dataclasses.replace(self.tokenizer, keep_emoticons=False)
    return SentimentPredictor(tokenizer, self.model, self.class_names)

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
    ids = tokenizer.encode_tokens(itertools.chain.from_iterable(token_lists))
    scores = self._score(ids, np.array([len(tokens) for tokens in token_lists]))
    rows = zip(
        scores.labels.tolist(),
        scores.log_probabilities.tolist(),
        token_lists,
        scores.n_known.tolist(),
        strict=True,
    )
    return [
        Prediction(label, tuple(row), tuple(tokens), self.class_names, n_known)
        for label, row, tokens, n_known in rows
    ]

  def score(self, texts: Sequence[str]) -> Scores:
    """Returns what `predict` says of texts as arrays: the fastest way, for many."""
    return self._score(*self.tokenizer.encode_all(texts))

  def _score(self, ids: np.ndarray, lengths: np.ndarray) -> Scores:
    text_of_token = np.repeat(np.arange(len(lengths)), lengths)
    n_known = np.bincount(text_of_token[ids != UNK_ID], minlength=len(lengths))
    return Scores(self.model.log_probabilities(ids, lengths), lengths, n_known)

  def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
    """Returns <float64>[n_texts, n_classes]; a bar on stderr shows the progress."""
    return self._in_chunks(
        len(texts), lambda chunk: self.score(texts[chunk]).log_probabilities
    )

  def validation_log_probabilities(self, corpus: 'Corpus') -> np.ndarray:
    """Returns `log_probabilities` of a corpus's validation texts.

    Their tokens come from the user's cache folder if it has them.
    """
    from trax_twitter_sentiment.encoding.encoded_corpus import (
      encode_split,  # Texts alone need none.
    )

    encoded = encode_split(corpus, 'validation', self.tokenizer)
    ids, lengths = encoded.ids, encoded.lengths
    bounds = np.append(0, np.cumsum(lengths))
    return self._in_chunks(
        len(lengths),
        lambda chunk: self.model.log_probabilities(
            ids[bounds[chunk.start] : bounds[chunk.stop]], lengths[chunk]
        ),
    )

  def _in_chunks(
      self, n_texts: int, of_chunk: Callable[[slice], np.ndarray]
  ) -> np.ndarray:
    import tqdm  # Imported on use: a single prediction has no progress to show.

    found = np.empty((n_texts, len(self.class_names)))
    with tqdm.tqdm(
        total=n_texts, unit=' texts', disable=None, file=sys.stderr
    ) as progress:
      for start in range(0, n_texts, _CHUNK_SIZE):
        chunk = slice(start, min(start + _CHUNK_SIZE, n_texts))
        found[chunk] = of_chunk(chunk)
        progress.update(chunk.stop - chunk.start)
    return found

  @property
  def explains(self) -> bool:
    """Whether its predictions have shares: the model is a `TwitterClassifier`."""
    return isinstance(self.model, BagOfTokens)

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
    groups = [
        (shown, known)
        for shown, tokens in self.tokenizer.grouped(text)
        if (known := self.tokenizer.without_dropped(tokens))
    ]
    ids = self.tokenizer.encode_tokens(t for _, tokens in groups for t in tokens)
    shares, bias = self.model.shares(ids, prediction.explained)
    if groups:
      sizes = [len(tokens) for _, tokens in groups]
      shares = np.add.reduceat(shares, np.cumsum([0, *sizes[:-1]]))
    shown_tokens = tuple(shown for shown, _ in groups)
    return Explanation(prediction, shown_tokens, tuple(shares.tolist()), bias)

  def token_log_odds(self, sought: int = 1) -> np.ndarray:
    """Returns what each token of the vocabulary adds if it is all of a text.

    <float64>[vocabulary_size], in the log-odds of the class sought to the others.

    Raises:
      UserError: if the model is not a `TwitterClassifier`.
    """
    if not isinstance(self.model, BagOfTokens):
      raise UserError('Only the tokens of a TwitterClassifier have log-odds.')
    return against_others(self.model.token_logits, sought)


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
