"""Several runs as one predictor: the mean of their log-probabilities."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import (
    SentimentPredictor,
    checked_texts,
)
from trax_twitter_sentiment.prediction.results import Explanation, Scores


class CombinedPredictor(SentimentPredictor):
  """A predictor that averages the log-probabilities of several predictors.

  The mean is renormalized, so the probabilities of a text sum to 1. Tokens and
  explanations come from the first predictor that explains its predictions, or from the
  first predictor if none does.

  Args:
    predictors: the predictors by the names of their runs.

  Raises:
    UserError: if the predictors have different classes.
  """

  def __init__(self, predictors: dict[str, SentimentPredictor]):
    names = [*predictors]
    class_names = predictors[names[0]].class_names
    for name, predictor in predictors.items():
      if predictor.class_names != class_names:
        raise UserError(
            f'{names[0]} and {name} have different classes ({", ".join(class_names)}; '
            f'{", ".join(predictor.class_names)}), so they have no common predictions.'
        )
    self._predictors = predictors
    self._leading = next((n for n in names if predictors[n].explains), names[0])
    leading = predictors[self._leading]
    super().__init__(leading.encoder, leading.model, class_names)

  @property
  def keep_emoticons(self) -> bool:
    return any(predictor.keep_emoticons for predictor in self._predictors.values())

  def without_emoticons(self) -> 'CombinedPredictor':
    return CombinedPredictor(
        {name: each.without_emoticons() for name, each in self._predictors.items()}
    )

  def validation_log_probabilities(self, corpus: Corpus) -> np.ndarray:
    return self._mean(lambda each: each.validation_log_probabilities(corpus))

  def explain(self, text: str) -> Explanation:
    """Returns the explanation of the run that has explanations, and names the run.

    Raises:
      UserError: if no run has explanations.
    """
    return dataclasses.replace(super().explain(text), source=self._leading)

  def score(self, texts: Iterable[str | None]) -> Scores:
    checked = checked_texts('score', texts)
    return self._averaged(self._predictors[self._leading].score(checked), checked)

  def _scores(
      self, texts: Sequence[str], ids: np.ndarray, lengths: np.ndarray
  ) -> Scores:
    return self._averaged(super()._scores(texts, ids, lengths), texts)

  def _averaged(self, scores: Scores, texts: Sequence[str]) -> Scores:
    """Returns the scores of the leading predictor with the mean of all predictors."""
    leading = self._predictors[self._leading]

    def log_probabilities(predictor: SentimentPredictor) -> np.ndarray:
      result = scores if predictor is leading else predictor.score(texts)
      return result.log_probabilities

    return scores._replace(log_probabilities=self._mean(log_probabilities))

  def _mean(self, score: Callable[[SentimentPredictor], np.ndarray]) -> np.ndarray:
    mean = np.mean([score(each) for each in self._predictors.values()], axis=0)
    return mean - np.logaddexp.reduce(mean, axis=1, keepdims=True)
