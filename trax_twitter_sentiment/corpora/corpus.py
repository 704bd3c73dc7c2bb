"""A corpus: labelled texts in two splits, and the recipe that makes them again."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.errors import UserError

# The class names of tweets, in the order of their labels.
SENTIMENTS = ('negative', 'positive')

SPLITS = ('train', 'validation')


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
  """The labelled texts of one split.

  Attributes:
    texts: the texts. NLTK's positive tweets come first, as in the notebook.
    labels: <int32>[n_texts], the class of each text. For tweets, 1 is positive and 0
      is negative.
    weights: <float32>[n_texts], the weight of each text in training. `None` for
      weights of one.
  """

  texts: tuple[str, ...]
  labels: np.ndarray
  weights: np.ndarray | None = None

  def part(self, rows: np.ndarray) -> 'Examples':
    """Returns the examples with some indices, or where a <bool>[n_texts] is true."""
    texts = np.array(self.texts, object)[rows]
    weights = None if self.weights is None else self.weights[rows]
    return Examples(tuple(texts), self.labels[rows], weights)


def refuse_weights(configurable: str, weights: np.ndarray | None) -> None:
  """Raises `UserError` if texts have weights, which a configurable does not yield."""
  if weights is not None:
    raise UserError(
        f'{configurable} gives each text the same weight; MixedCorpus.weights requires '
        'TwitterBatches or EncoderBatches.'
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Corpus:
  """Labelled texts in a training and a validation split.

  Attributes:
    name: a short description, such as `'nltk'` or `'file reviews.csv'`.
    train: the texts to train on.
    validation: the texts to validate on.
    stop_words: the words that the tokenizer removes by default.
    class_names: the names of the classes, in the order of their labels.
    recipe: the configurable that made the corpus, and its arguments. `None` if the
      corpus cannot be made again from a run's directory.
    labels_from_emoticons: whether the labels were derived from emoticons in the texts.
      If so, emoticons give the labels away.
    class_of_label: the labels of the files that the texts come from, each with its
      class. Empty for a corpus that is not read from files.
  """

  name: str
  train: Examples
  validation: Examples
  stop_words: frozenset[str]
  class_names: tuple[str, ...] = SENTIMENTS
  recipe: Recipe | None = None
  labels_from_emoticons: bool = False
  class_of_label: tuple[tuple[str, int], ...] = ()

  @functools.cached_property
  def digest(self) -> str:
    """The SHA-256 of all texts, labels and weights."""
    digest = hashlib.sha256()
    for examples in (self.train, self.validation):
      # The lengths distinguish the texts 'ab' and 'c' from 'a' and 'bc'.
      lengths = np.array([len(text) for text in examples.texts], np.int64)
      arrays: list[np.ndarray] = [lengths, np.asarray(examples.labels, np.int32)]
      if examples.weights is not None:
        arrays.append(examples.weights)
      for array in arrays:
        digest.update(np.int64(len(array)).tobytes() + array.tobytes())
      for text in examples.texts:
        digest.update(text.encode('utf-8', 'surrogatepass'))
    return digest.hexdigest()


def joined(parts: Sequence[Examples]) -> Examples:
  """Concatenates examples."""
  weights = None
  if any(part.weights is not None for part in parts):
    weights = np.concatenate([
        np.ones(len(part.labels), np.float32) if part.weights is None else part.weights
        for part in parts
    ])
  texts = tuple(text for part in parts for text in part.texts)
  return Examples(texts, np.concatenate([part.labels for part in parts]), weights)


def examples_of(pairs: Iterable[tuple[str, int]]) -> Examples:
  """Returns pairs of text and label as examples."""
  pairs = [*pairs]
  labels = np.array([label for _, label in pairs], np.int32)
  return Examples(tuple(text for text, _ in pairs), labels)
