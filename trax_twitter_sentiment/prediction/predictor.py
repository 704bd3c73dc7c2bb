"""Predictions of a trained run."""

import functools
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS, Corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens, against_others
from trax_twitter_sentiment.prediction.encoder_model import EncoderModel
from trax_twitter_sentiment.prediction.explaining import explain
from trax_twitter_sentiment.prediction.results import (
    CHUNK_SIZE,
    Explanation,
    Prediction,
    Scores,
)
from trax_twitter_sentiment.prediction.word_sums import WordSums
from trax_twitter_sentiment.run.run import Run, open_runs
from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder
from trax_twitter_sentiment.text.text_encoder import TextEncoder

NOT_EXPLAINED = (
    'Only the predictions of a TwitterClassifier can be explained: they are sums over '
    'tokens, and those of other models are not.'
)


class Model(Protocol):
  """A function from token ids to log-probabilities."""

  def log_probabilities(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Returns <float>[n_texts, n_classes].

    Args:
      ids: <int32>[n_tokens], the ids of all texts, one text after the other.
      lengths: <int64>[n_texts], the number of ids of each text.
    """


class SentimentPredictor:
  """A predictor that gives each text the probability of each class.

  Args:
    encoder: turns texts into token ids.
    model: turns token ids into log-probabilities.
    class_names: the names of the classes, in the order of the model's outputs.

  Examples:
    >>> predictor = SentimentPredictor.load('runs/twitter')
    >>> predictor.predict(['what a lovely day :)'])[0].name
    'positive'
  """

  def __init__(
      self,
      encoder: TextEncoder | SubwordEncoder,
      model: Model,
      class_names: tuple[str, ...] = SENTIMENTS,
  ):
    self.encoder = encoder
    self.model = model
    self.class_names = class_names

  @functools.cached_property
  def _word_sums(self) -> WordSums | None:
    if not isinstance(self.encoder, TextEncoder):
      return None
    return WordSums.of(self.encoder, self.model)

  @classmethod
  def load(
      cls, model_dir: str | os.PathLike | Sequence[str | os.PathLike]
  ) -> 'SentimentPredictor':
    """Returns the predictor of a run's output directory, or of several directories.

    Several runs predict the mean of their log-probabilities, as `CombinedPredictor`.

    Args:
      model_dir: the directory; or several, as a list or separated by commas.

    Raises:
      UserError: if a directory is not that of a trained run, or is damaged, or if the
        runs have different classes.
    """
    return cls.from_runs(open_runs(model_dir))

  @classmethod
  def from_runs(cls, runs: Sequence[Run]) -> 'SentimentPredictor':
    """Returns the predictor of one or several runs, as `load` does."""
    if len(runs) == 1:
      return cls.from_run(runs[0])
    # A lazy import, since the module imports this one.
    from trax_twitter_sentiment.prediction.combined import CombinedPredictor

    return CombinedPredictor({run.folder: cls.from_run(run) for run in runs})

  @classmethod
  def from_run(cls, run: Run) -> 'SentimentPredictor':
    """Returns the predictor of a run.

    NumPy alone predicts with a `TwitterClassifier` or a `PretrainedEncoder`: no code of
    the directory runs, and Trax is not imported. Trax loads any other model by the
    run's `config.gin`, and a line on stderr says so.

    Raises:
      UserError: if a file of the run is missing or damaged, or if two files do not
        fit each other.
    """
    encoder, info = run.encoder, run.model_info
    if info.pooling is not None:
      return cls(encoder, BagOfTokens.of_run(run), info.class_names)
    if info.encoder is not None:
      return cls(encoder, EncoderModel.of_run(run), info.class_names)
    # A lazy import, since importing Trax is slow.
    from trax_twitter_sentiment.prediction.trax_model import TraxModel

    print(
        f'{run.folder} has no TwitterClassifier and no PretrainedEncoder, so Trax '
        'loads the model of its config.gin, which is slow.',
        file=sys.stderr,
    )
    return cls(encoder, TraxModel(run), info.class_names)

  @property
  def keep_emoticons(self) -> bool:
    """Whether emoticons count."""
    return self.encoder.keep_emoticons

  def without_emoticons(self) -> 'SentimentPredictor':
    """Returns a predictor that removes emoticons from its texts."""
    encoder = self.encoder.without_emoticons()
    return SentimentPredictor(encoder, self.model, self.class_names)

  def emoticon_variants(self) -> dict[str, 'SentimentPredictor']:
    """Returns the predictors `'as_is'` and `'without_emoticons'`.

    If the run itself removes emoticons, only the second one is returned.
    """
    variants = {'as_is': self} if self.keep_emoticons else {}
    return {**variants, 'without_emoticons': self.without_emoticons()}

  def predict(self, texts: Iterable[str | None]) -> list[Prediction]:
    """Returns a prediction for each text, in the order of the texts.

    Args:
      texts: a list of texts. `None` and NaN stand for a row without a text.

    Raises:
      UserError: if `texts` is a single text or a table, or contains other values.
    """
    checked = checked_texts('predict', texts)
    if not checked:
      return []
    token_lists, ids, lengths = self.encoder.tokenize_all(checked)
    scores = self._scores(checked, ids, lengths)
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

  def score(self, texts: Iterable[str | None]) -> Scores:
    """Returns the predictions for texts as arrays, which is faster than `predict`.

    Raises:
      UserError: if `texts` is a single text or a table, or contains other values.
    """
    checked = checked_texts('score', texts)
    if self._word_sums is not None:
      return self._word_sums.score(checked)
    return self._scores(checked, *self.encoder.encode_all(checked))

  def _scores(
      self, texts: Sequence[str], ids: np.ndarray, lengths: np.ndarray
  ) -> Scores:
    """Returns the predictions for texts, whose ids are those of `encode_all`."""
    del texts
    text_of_token = np.repeat(np.arange(len(lengths)), lengths)
    is_known = self.encoder.is_known(ids)
    n_known = np.bincount(text_of_token[is_known], minlength=len(lengths))
    return Scores(self.model.log_probabilities(ids, lengths), lengths, n_known)

  def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
    """Returns <float64>[n_texts, n_classes], with a progress bar on stderr."""
    return self._in_chunks(
        len(texts), lambda chunk: self.score(texts[chunk]).log_probabilities
    )

  def validation_log_probabilities(self, corpus: Corpus) -> np.ndarray:
    """Returns `log_probabilities` of a corpus's validation texts.

    Their tokens come from the token cache, if it contains them.
    """
    # A lazy import, since predictions of texts do not need the token cache.
    from trax_twitter_sentiment.encoding.encoded_corpus import encode_split

    encoded = encode_split(corpus, 'validation', self.encoder)
    return self._in_chunks(
        len(encoded.lengths),
        lambda chunk: self.model.log_probabilities(
            encoded.tokens(np.arange(chunk.start, chunk.stop)), encoded.lengths[chunk]
        ),
    )

  def _in_chunks(
      self, n_texts: int, score_chunk: Callable[[slice], np.ndarray]
  ) -> np.ndarray:
    import tqdm  # A lazy import, since a single prediction has no progress bar.

    scores = np.empty((n_texts, len(self.class_names)))
    with tqdm.tqdm(
        desc='Predicting', total=n_texts, unit=' texts', disable=None, delay=1
    ) as progress:
      for start in range(0, n_texts, CHUNK_SIZE):
        chunk = slice(start, min(start + CHUNK_SIZE, n_texts))
        scores[chunk] = score_chunk(chunk)
        progress.update(chunk.stop - chunk.start)
    return scores

  @property
  def explains(self) -> bool:
    """Whether `explain` works: the model is a `TwitterClassifier`."""
    return isinstance(self.model, BagOfTokens)

  def explain(self, text: str) -> Explanation:
    """Returns the exact share of each token of a text in its log-odds.

    The classifier is linear in the mean of its token vectors, so the log-odds are a
    sum over tokens. For more than two classes, they are the log-odds of the predicted
    class against the second most probable class.

    Raises:
      UserError: if the model is not a `TwitterClassifier`.
    """
    encoder, model = self.additive_model()
    (prediction,) = self.predict([text])
    return explain(encoder, model, prediction, text)

  def token_scores(self, label: int = 1) -> np.ndarray:
    """Returns the score of a text that consists of one token, without the bias.

    The score is the logit of a class minus the mean logit of the other classes. For
    two classes, it is the log-odds.

    Args:
      label: the class.

    Returns:
      <float64>[vocabulary_size].

    Raises:
      UserError: if the model is not a `TwitterClassifier`.
    """
    _, model = self.additive_model()
    return against_others(model.token_logits, label)

  def additive_model(self) -> tuple[TextEncoder, BagOfTokens]:
    """Returns the encoder and the model of a `TwitterClassifier`.

    Raises:
      UserError: if the model is any other.
    """
    if not isinstance(self.model, BagOfTokens):
      raise UserError(NOT_EXPLAINED)
    assert isinstance(self.encoder, TextEncoder)
    return self.encoder, self.model


def checked_texts(function: str, texts: Iterable[str | None]) -> Sequence[str]:
  """Returns texts as a list of str, in which `''` stands for a missing text.

  Args:
    function: the name of the function that received the texts, for messages.
    texts: the texts. `None` and NaN count as missing.

  Raises:
    UserError: if `texts` is a single text or a table, or contains other values.
  """
  if isinstance(texts, (str, bytes)):
    raise UserError(
        f'{function}() requires a list of texts, but got one '
        f"{type(texts).__name__}. Pass [text]."
    )
  if isinstance(texts, dict) or hasattr(texts, 'columns'):
    raise UserError(
        f'{function}() requires a list of texts, but got a {type(texts).__name__}. '
        "Pass one of its columns, such as table['text']."
    )
  checked: list[str] = []
  for i, text in enumerate(texts):
    if isinstance(text, str):
      checked.append(text)
    elif text is None or (isinstance(text, float) and math.isnan(text)):
      checked.append('')
    else:
      raise UserError(
          f'{function}() requires texts of type str, but text {i} is '
          f'{text!r:.60}, of type {type(text).__name__}.'
      )
  return checked
