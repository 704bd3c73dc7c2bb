"""What a model says of a text, and why."""

import dataclasses
import math
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.prediction.bag_of_tokens import against_others


class Scores(NamedTuple):
  """What a model says of several texts.

  Attributes:
    log_probabilities: <float64>[n_texts, n_classes].
    n_tokens: <int64>[n_texts], how many tokens each rests on.
    n_known: <int64>[n_texts], how many of them the model has learned.
  """

  log_probabilities: np.ndarray
  n_tokens: np.ndarray
  n_known: np.ndarray

  @property
  def labels(self) -> np.ndarray:
    """<int64>[n_texts], the most probable class of each; of equals, the first."""
    return self.log_probabilities.argmax(axis=1)


@dataclasses.dataclass(frozen=True)
class Prediction:
  """What a model says of one text.

  Attributes:
    label: the class, as an index; of two, a tie is 0, negative.
    log_probabilities: of each class.
    tokens: those that the prediction rests on; without any, it rests on the
      model's bias alone.
    class_names: of all classes.
    n_known: how many of the tokens the model has learned.
  """

  label: int
  log_probabilities: tuple[float, ...]
  tokens: tuple[str, ...]
  class_names: tuple[str, ...] = SENTIMENTS
  n_known: int = 0

  @property
  def name(self) -> str:
    """The name of the class."""
    return self.class_names[self.label]

  @property
  def sentiment(self) -> str:
    """The name of the class: `'positive'` or `'negative'`, of two."""
    return self.name

  @property
  def probabilities(self) -> dict[str, float]:
    """The probability of each class, by name."""
    probabilities = map(math.exp, self.log_probabilities)
    return dict(zip(self.class_names, probabilities, strict=True))

  @property
  def log_odds(self) -> float:
    """The log-odds of positive; of more than two classes, of the one predicted.

    That is its log-probability less the mean of the others'.
    """
    return float(against_others(np.array(self.log_probabilities), self.explained))

  @property
  def explained(self) -> int:
    """The class that log-odds are of: positive, or of several the one predicted."""
    return 1 if len(self.class_names) == 2 else self.label


@dataclasses.dataclass(frozen=True)
class Explanation:
  """How each token of a text moves the log-odds of a class against the others.

  Attributes:
    prediction: what is explained.
    tokens: what has a share: the prediction's tokens, of which n-grams of characters
      count towards their word.
    shares: each token's share of the log-odds, in the tokens' order; positive
      numbers speak for positive, or of several classes for the one predicted.
    bias: what is left without any token; shares and bias add up to the log-odds.
  """

  prediction: Prediction
  tokens: tuple[str, ...]
  shares: tuple[float, ...]
  bias: float
