"""The words that weigh most for each class."""

from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.encoding.encoded_corpus import encode_split
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.vocabulary import SPECIAL_TOKENS

N_WORDS = 12  # The number of words of each class.
MAX_CLASSES = 20  # Words are shown for this many classes, the most frequent ones.

# The weight of a word in fewer texts describes these texts alone.
MIN_TEXTS = 5

# A word such as "the" is in most texts and hardly weighs. A word is shown if it weighs
# at least this share of the class's strongest word.
_MIN_STRENGTH = 0.1

_CHARACTERS = '<chars '


class WeightyWord(NamedTuple):
  """A word that speaks strongly for a class.

  `weight` is what the word, with its character n-grams, adds to the log-odds of the
  class against the nearest class, in a text of the median length. `n_texts` texts
  contain the word.
  """

  word: str
  weight: float
  n_texts: int

  @property
  def impact(self) -> float:
    """The influence of the word on all texts together."""
    return self.weight * self.n_texts


def is_word(token: str) -> bool:
  """Returns whether a token stands for one word, emoticon or punctuation mark.

  Examples:
    >>> [is_word(token) for token in ('good', '<3', 'not good', '<chars _goo>')]
    [True, True, False, False]
  """
  return ' ' not in token and not (token.startswith('<') and token.endswith('>'))


def weighty_words(
    predictor: SentimentPredictor, corpus: Corpus, split: str
) -> dict[int, list[WeightyWord]]:
  """Returns the words of the most frequent classes, the weightiest first.

  The predictor requires a `TwitterClassifier`. The texts of `split` are counted.
  """
  encoder, model = predictor.additive_model()
  vocabulary = encoder.vocabulary.tokens
  encoded = encode_split(corpus, split, encoder)
  n_classes = len(corpus.class_names)
  n_texts = encoded.document_frequencies(len(vocabulary), n_classes).sum(axis=0)
  n_texts[: len(SPECIAL_TOKENS)] = 0
  ids = np.flatnonzero(n_texts >= MIN_TEXTS)
  tokens = [vocabulary[i] for i in ids]
  ids = ids[[not token.startswith(_CHARACTERS) for token in tokens]]
  logits = _folded_logits(encoder, model.token_logits, ids)
  # The model divides the sum over a text's tokens by this number.
  logits /= model.divisors(np.median(encoded.lengths))
  nearest, highest = np.sort(logits, axis=1)[:, -2:].T
  classes, weights = logits.argmax(axis=1), highest - nearest
  order = np.argsort(-weights * n_texts[ids], kind='stable')
  strongest = np.zeros(logits.shape[1])
  np.maximum.at(strongest, classes, weights)
  order = order[(weights >= _MIN_STRENGTH * strongest[classes])[order]]
  return {
      label: [
          WeightyWord(vocabulary[ids[i]], float(weights[i]), int(n_texts[ids[i]]))
          for i in order[classes[order] == label][:N_WORDS]
      ]
      for label in most_frequent(corpus.validation.labels, len(strongest), MAX_CLASSES)
  }


def most_frequent(labels: np.ndarray, n_classes: int, n_kept: int) -> list[int]:
  """Returns the most frequent classes, in the order of their labels."""
  supports = np.bincount(labels, minlength=n_classes)
  return sorted(np.argsort(-supports, kind='stable')[:n_kept].tolist())


def _folded_logits(
    encoder: TextEncoder, token_logits: np.ndarray, ids: np.ndarray
) -> np.ndarray:
  """Returns <float64>[n_ids, n_classes], the logits of words with their n-grams."""
  logits = token_logits[ids]
  for row, token in enumerate(encoder.vocabulary.tokens[i] for i in ids):
    if is_word(token):
      n_grams = encoder.vocabulary.encode(encoder.tokenizer.character_ngrams(token))
      n_grams = n_grams[encoder.is_known(n_grams)]
      logits[row] += token_logits[n_grams].sum(axis=0)
  return logits
