"""The configured corpus as token ids: the vocabulary and the arrays behind streams."""

import dataclasses
import functools

import gin
import numpy as np

from trax_twitter_sentiment.corpus import Corpus, Examples, TwitterCorpus
from trax_twitter_sentiment.errors import check_choice
from trax_twitter_sentiment.tokenizer import (
    PAD_ID,
    TweetTokenizer,
    configured_tokenizer,
)


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedExamples:
  """The tweets of one split as token ids.

  Attributes:
    ids: <int32>[n_tokens], the ids of all tweets, one after the other.
    lengths: <int64>[n_tweets], how many of them each tweet has.
    labels: <int32>[n_tweets], 1 for positive and 0 for negative.
  """

  ids: np.ndarray
  lengths: np.ndarray
  labels: np.ndarray

  def padded(self, max_length: int) -> np.ndarray:
    """Returns <int32>[n_tweets, max_length]: cut off, or filled with `PAD_ID`."""
    starts = np.cumsum(self.lengths) - self.lengths
    columns = np.arange(len(self.ids)) - np.repeat(starts, self.lengths)
    rows = np.repeat(np.arange(len(self.lengths)), self.lengths)
    kept = columns < max_length
    inputs = np.full((len(self.lengths), max_length), PAD_ID, np.int32)
    inputs[rows[kept], columns[kept]] = self.ids[kept]
    return inputs


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedCorpus:
  """A corpus as token ids, with the tokenizer whose vocabulary they refer to."""

  tokenizer: TweetTokenizer
  train: EncodedExamples
  validation: EncodedExamples

  def split(self, setting: str, name: str) -> EncodedExamples:
    """Returns the split called `name`, or raises `UserError` about `setting`."""
    check_choice(setting, name, ('train', 'validation'))
    return self.train if name == 'train' else self.validation

  @property
  def max_length(self) -> int:
    """The number of tokens of the longest tweet of both splits, at least 1."""
    return max(1, self.train.lengths.max(), self.validation.lengths.max())


def encoded_corpus() -> EncodedCorpus:
  """Returns the configured corpus, encoded once by the configured tokenizer."""
  return _encode_corpus(TwitterCorpus(), configured_tokenizer())


@gin.configurable(module='trax_twitter_sentiment')
def vocabulary_size() -> int:
  """Returns the number of tokens with an id, the three special ones included.

  In gin: `TwitterClassifier.vocab_size = @vocabulary_size()`.
  """
  return len(encoded_corpus().tokenizer.vocabulary)


@functools.lru_cache(maxsize=2)
def _encode_corpus(corpus: Corpus, tokenizer: TweetTokenizer) -> EncodedCorpus:
  train, validation = (
      [tokenizer.tokenize(text) for text in examples.texts]
      for examples in (corpus.train, corpus.validation)
  )
  tokenizer = tokenizer.with_vocabulary_of(train, corpus.name)
  return EncodedCorpus(
      tokenizer=tokenizer,
      train=_encode(tokenizer, train, corpus.train),
      validation=_encode(tokenizer, validation, corpus.validation),
  )


def _encode(
    tokenizer: TweetTokenizer, token_lists: list[list[str]], examples: Examples
) -> EncodedExamples:
  return EncodedExamples(
      ids=tokenizer.encode_tokens(t for tokens in token_lists for t in tokens),
      lengths=np.array([len(tokens) for tokens in token_lists], np.int64),
      labels=examples.labels,
  )
