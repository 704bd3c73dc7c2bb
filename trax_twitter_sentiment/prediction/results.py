"""Predictions, their explanations, and decisions by the predicted probabilities."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.prediction.marked_text import Fragment

# The number of texts that are predicted together, and sent together to a process.
CHUNK_SIZE = 512

# The names in place of a class: for an empty or missing text, and for a text whose
# predicted class is not probable enough.
NO_TEXT, UNSURE = 'no text', 'unsure'


class Scores(NamedTuple):
  """The predictions of several texts, as arrays.

  `n_known` is the number of each text's tokens that are in the vocabulary.
  """

  log_probabilities: np.ndarray  # <float64>[n_texts, n_classes]
  n_tokens: np.ndarray  # <int64>[n_texts]
  n_known: np.ndarray  # <int64>[n_texts]

  @property
  def labels(self) -> np.ndarray:
    """<int64>[n_texts], the predicted classes. The first class wins a tie."""
    return self.log_probabilities.argmax(axis=1)


@dataclasses.dataclass(frozen=True)
class Prediction:
  """The prediction of one text.

  Attributes:
    label: the index of the predicted class: the first one with the highest probability,
      so a tie of two classes is negative.
    log_probabilities: the log-probability of each class.
    tokens: the tokens of the text. Without tokens, the prediction depends on the
      model's bias alone.
    class_names: the names of all classes.
    n_known: the number of tokens that are in the vocabulary.
  """

  label: int
  log_probabilities: tuple[float, ...]
  tokens: tuple[str, ...]
  class_names: tuple[str, ...] = SENTIMENTS
  n_known: int = 0

  @property
  def name(self) -> str:
    """The name of the predicted class."""
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
    """The log-odds of the first class of `contrast` against the second class."""
    first, second = self.contrast
    return self.log_probabilities[first] - self.log_probabilities[second]

  @property
  def contrast(self) -> tuple[int, int]:
    """The two classes that an explanation compares.

    For two classes, positive and negative. For more classes, the predicted class and
    the second most probable class.
    """
    if len(self.class_names) == 2:
      return 1, 0
    ranked = np.argsort(-np.array(self.log_probabilities), kind='stable')
    return self.label, int(ranked[1])

  def _repr_html_(self) -> str:
    # A lazy import, since only notebooks need HTML.
    from trax_twitter_sentiment.prediction.html import prediction_html

    return prediction_html(self)


@dataclasses.dataclass(frozen=True)
class Explanation:
  """The exact share of each token in the log-odds of a prediction.

  Attributes:
    prediction: the prediction that is explained.
    tokens: the tokens that have a share. The n-grams of a word are added to the word.
    shares: the share of each token in `prediction.log_odds`. A positive share supports
      the first class of `prediction.contrast`, a negative share the second.
    bias: the log-odds without any token. The sum of shares and bias is the log-odds.
    marked_text: the original text in fragments, with the share of each word. The shares
      of pairs, negations, lexicon tokens and n-grams are added to their words.
    source: the run with these shares, if the prediction is that of several runs; '' if
      it is that of one run.
  """

  prediction: Prediction
  tokens: tuple[str, ...]
  shares: tuple[float, ...]
  bias: float
  marked_text: tuple[Fragment, ...] = ()
  source: str = ''

  @property
  def log_odds(self) -> float:
    """The sum of shares and bias: the log-odds of the prediction, or of `source`."""
    return self.bias + sum(self.shares) if self.source else self.prediction.log_odds

  @property
  def rest(self) -> float:
    """The log-odds minus all shares in `marked_text`: the bias and unplaced tokens."""
    marked = sum(f.share for f in self.marked_text if f.share is not None)
    return self.log_odds - marked

  def _repr_html_(self) -> str:
    # A lazy import, since only notebooks need HTML.
    from trax_twitter_sentiment.prediction.html import explanation_html

    return explanation_html(self)


class Decision(NamedTuple):
  """The class of a text in the outputs."""

  label: int | None  # `None` without a decision.
  name: str  # `NO_TEXT` or `UNSURE` without a decision.


@dataclasses.dataclass(frozen=True)
class DecisionRule:
  """A rule that turns a prediction into a decision.

  Attributes:
    min_probability: the minimum probability of the predicted class. Below it, the
      decision is `UNSURE`.
  """

  min_probability: float = 0.0

  def decide(
      self, text: str | None, label: int, probability: float, class_names: Sequence[str]
  ) -> Decision:
    """Returns the decision about a text whose predicted class is `label`."""
    if not text or text.isspace():
      return Decision(None, NO_TEXT)
    if probability < self.min_probability:
      return Decision(None, UNSURE)
    return Decision(label, class_names[label])
