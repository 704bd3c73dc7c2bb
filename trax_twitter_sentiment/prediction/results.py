"""Predictions, their explanations, and the decision that each leads to."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.prediction.bag_of_tokens import against_others

# Texts that are predicted together, and travel together between processes.
CHUNK_SIZE = 512

# The names in place of a class: of a text that is empty or missing, and of a text whose
# most probable class is not probable enough.
NO_TEXT, UNSURE = 'no text', 'unsure'


class Scores(NamedTuple):
  """The predictions of several texts, as arrays.

  Attributes:
    log_probabilities: <float64>[n_texts, n_classes].
    n_tokens: <int64>[n_texts], how many tokens each prediction rests on.
    n_known: <int64>[n_texts], how many of these tokens are in the vocabulary.
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
  """The prediction of one text.

  Attributes:
    label: the index of the most probable class; of equals, the first (negative).
    log_probabilities: the log-probability of each class.
    tokens: the tokens that the prediction rests on. Without any, it rests on the
      model's bias alone.
    class_names: the names of all classes.
    n_known: how many of the tokens are in the vocabulary.
  """

  label: int
  log_probabilities: tuple[float, ...]
  tokens: tuple[str, ...]
  class_names: tuple[str, ...] = SENTIMENTS
  n_known: int = 0

  @property
  def name(self) -> str:
    """The name of the most probable class."""
    return self.class_names[self.label]

  @property
  def sentiment(self) -> str:
    """Another name for `name`: `'positive'` or `'negative'` for two classes."""
    return self.name

  @property
  def probabilities(self) -> dict[str, float]:
    """The probability of each class, by name."""
    probabilities = map(math.exp, self.log_probabilities)
    return dict(zip(self.class_names, probabilities, strict=True))

  @property
  def log_odds(self) -> float:
    """The log-odds of positive; for more than two classes, of the predicted class.

    The log-odds of a class are its log-probability minus the mean of the others'.
    """
    return float(against_others(np.array(self.log_probabilities), self.explained))

  @property
  def explained(self) -> int:
    """The class of `log_odds`: positive, or of several classes the predicted one."""
    return 1 if len(self.class_names) == 2 else self.label


@dataclasses.dataclass(frozen=True)
class Explanation:
  """How each token of a text moves the log-odds of a class against the others.

  Attributes:
    prediction: the prediction that is explained.
    tokens: the tokens that have a share: the prediction's tokens, where n-grams of
      characters count towards their word.
    shares: each token's share of the log-odds, in the order of the tokens. A positive
      share speaks for positive; for more than two classes, for the predicted class.
    bias: the log-odds without any token. Shares and bias add up to the log-odds.
  """

  prediction: Prediction
  tokens: tuple[str, ...]
  shares: tuple[float, ...]
  bias: float


class Decision(NamedTuple):
  """The class of a text in the outputs.

  Attributes:
    label: the index of the class; `None` without a decision.
    name: the name of the class; `NO_TEXT` or `UNSURE` without a decision.
  """

  label: int | None
  name: str


@dataclasses.dataclass(frozen=True)
class DecisionRule:
  """How a prediction leads to a decision.

  Attributes:
    min_probability: the probability that the most probable class requires; below it,
      the decision is `UNSURE`.
  """

  min_probability: float = 0.0

  def decide(
      self, text: str | None, label: int, probability: float, class_names: Sequence[str]
  ) -> Decision:
    """Returns the decision about a text.

    Args:
      text: the text; `None` if it is missing.
      label: its most probable class.
      probability: the probability of that class.
      class_names: the names of all classes.
    """
    if not text or text.isspace():
      return Decision(None, NO_TEXT)
    if probability < self.min_probability:
      return Decision(None, UNSURE)
    return Decision(label, class_names[label])
