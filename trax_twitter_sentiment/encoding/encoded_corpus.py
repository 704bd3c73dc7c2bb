"""The configured corpus as token ids: the vocabulary and the arrays behind streams."""

import dataclasses
import functools
import hashlib

import gin
import numpy as np

from trax_twitter_sentiment.corpora.corpus import (
  SPLITS,
  Corpus,
  Examples,
  configured_corpus,
)
from trax_twitter_sentiment.encoding.tokenized_texts import TokenIndex, token_index
from trax_twitter_sentiment.errors import UserError, check_positive
from trax_twitter_sentiment.text import extra_tokens
from trax_twitter_sentiment.text.lexicon import load_lexicon, tokens_of
from trax_twitter_sentiment.text.tokenizer import (
  PAD_ID,
  SPECIAL_TOKENS,
  UNK_ID,
  TweetTokenizer,
  shared_tokenizer,
)

# As many words as 280 characters can hold, and as many n-grams of their characters. It
# keeps a single text that is no tweet from making every batch as long as itself.
_MAX_LENGTH, _MAX_LENGTH_OF_CHARACTERS = 140, 1400


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedExamples:
  """The tweets of one split as token ids.

  Attributes:
    ids: <int32>[n_tokens], the ids of all tweets, one after the other.
    lengths: <int64>[n_tweets], how many of them each tweet has.
    labels: <int32>[n_tweets], the class of each.
    weights: <float32>[n_tweets], how much each counts in training; `None` for one.
  """

  ids: np.ndarray
  lengths: np.ndarray
  labels: np.ndarray
  weights: np.ndarray | None = None

  def padded(self, length: int, rows: np.ndarray | None = None) -> np.ndarray:
    """Returns <int32>[n_rows, length]: cut off, or filled up with `PAD_ID`.

    Args:
      length: tokens a tweet.
      rows: the indices of the tweets; `None` for all.
    """
    if rows is None:
      rows = np.arange(len(self.lengths))
    if not len(self.ids):
      return np.full((len(rows), length), PAD_ID, np.int32)
    columns = np.arange(length)
    indices = self._starts[rows, None] + columns
    is_token = columns < self.lengths[rows, None]
    return np.where(is_token, self.ids.take(indices, mode='clip'), PAD_ID)

  @functools.cached_property
  def _starts(self) -> np.ndarray:
    return np.cumsum(self.lengths) - self.lengths


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedCorpus:
  """A corpus as token ids, with the tokenizer whose vocabulary they refer to.

  Attributes:
    tokenizer: the tokenizer, with the vocabulary.
    train: the texts to train on.
    validation: the texts to validate on.
    lexicon: the lexicon whose words are in the vocabulary; `None` for none.
    further_tokens_from: the run whose tokens are in the vocabulary; `None` for none.
  """

  tokenizer: TweetTokenizer
  train: EncodedExamples
  validation: EncodedExamples
  lexicon: str | None = None
  further_tokens_from: str | None = None

  @property
  def max_length(self) -> int:
    """The number of tokens of the longest text of both splits, from 1 to 140.

    To 1,400 where the characters' n-grams are tokens.
    """
    longest = max(1, self.train.lengths.max(), self.validation.lengths.max())
    has_characters = self.tokenizer.add_characters
    limit = _MAX_LENGTH_OF_CHARACTERS if has_characters else _MAX_LENGTH
    return int(min(longest, limit))

  def digest(self) -> str:
    """Returns what tells apart corpora that one tokenizer encoded."""
    digest = hashlib.sha256()
    for examples in (self.train, self.validation):
      arrays = (examples.lengths, examples.ids, examples.labels, examples.weights)
      for array in arrays:
        if array is not None:
          digest.update(np.int64(len(array)).tobytes() + array.tobytes())
    return digest.hexdigest()


def configured_tokenizer() -> TweetTokenizer:
  """Returns the tokenizer of gin's bindings, still without a vocabulary."""
  tokenizer = TweetTokenizer(stop_words=configured_corpus().stop_words)
  _check_steps(tokenizer)
  if not tokenizer.add_lexicon:
    return tokenizer
  return dataclasses.replace(tokenizer, lexicon=extra_tokens.vader_lexicon())


def _check_steps(tokenizer: TweetTokenizer) -> None:
  """Raises `UserError` for steps of which one leaves the other nothing to do."""
  for feature, step, why in (
      ('add_negated', 'remove_stop_words', 'not and no are stop words'),
      ('add_lexicon', 'stem', 'the lexicon has whole words'),
  ):
    if getattr(tokenizer, feature) and getattr(tokenizer, step):
      raise UserError(
          f'TweetTokenizer.{feature}=True takes TweetTokenizer.{step}=False: {why}.'
      )


def tokenize_tweet(text: str) -> list[str]:
  """Returns a tweet's tokens, by default the notebook's.

  Args:
    text: one tweet.

  Examples:
    >>> tokenize_tweet('@amy The #concert was sooooo amazing :)')
    ['concert', 'sooo', 'amaz', ':)']
  """
  return shared_tokenizer(configured_tokenizer()).tokenize(text)


@gin.configurable(module='trax_twitter_sentiment')
def encoded_corpus(
    max_vocabulary_size: int | None = None,
    min_token_count: int = 1,
    tokenizer_from: str | None = None,
    lexicon: str | None = None,
    further_tokens_from: str | None = None,
) -> EncodedCorpus:
  """Returns the configured corpus, encoded once by the configured tokenizer.

  Args:
    max_vocabulary_size: how many tokens have an id at the most, the three special
      ones included; the most frequent ones do. `None` for all.
    min_token_count: how often a token has to be in the training texts to have one.
    tokenizer_from: the output directory of a run whose tokenizer, vocabulary
      included, is used as it is: to fine-tune that run's model on this corpus. The
      size of the vocabulary and the lexicon play no part then.
    lexicon: `'vader'`, or a file with a word, a tab and a number a line. Its words
      have an id even if no training text has them, and `LogisticRegression` has
      their numbers as features. `None` for no lexicon.
    further_tokens_from: the output directory of a run. Its tokens have an id, too,
      and `LogisticRegression` has their weights as features. `None` for no run.

  Raises:
    UserError: if an argument is not a legal value.
  """
  if max_vocabulary_size is not None:
    check_positive('encoded_corpus.max_vocabulary_size', max_vocabulary_size)
  check_positive('encoded_corpus.min_token_count', min_token_count)
  if tokenizer_from and further_tokens_from:
    raise UserError(
        f'encoded_corpus.further_tokens_from={further_tokens_from!r} adds to a '
        'vocabulary that is learned; that of encoded_corpus.tokenizer_from is used as '
        'it is.'
    )
  if tokenizer_from:
    tokenizer = _tokenizer_of('tokenizer_from', tokenizer_from)
  else:
    tokenizer = configured_tokenizer()
  return _encode_corpus(
      configured_corpus(),
      tokenizer,
      max_vocabulary_size,
      min_token_count,
      learn_vocabulary=tokenizer_from is None,
      lexicon=lexicon,
      further_tokens_from=further_tokens_from,
  )


def corpus_digest(corpus: Corpus, tokenizer: TweetTokenizer) -> str:
  """Returns the digest of a corpus, encoded by a run's tokenizer."""
  train, validation = (encode_split(corpus, split, tokenizer) for split in SPLITS)
  return EncodedCorpus(tokenizer, train, validation).digest()


# Both splits, with emoticons and without.
@functools.lru_cache(maxsize=4)
def encode_split(
    corpus: Corpus, split: str, tokenizer: TweetTokenizer
) -> EncodedExamples:
  """Returns `'train'` or `'validation'` of a corpus, by a run's tokenizer."""
  examples = getattr(corpus, split)
  return _encode(tokenizer, token_index(tokenizer, examples.texts), examples)


@gin.configurable(module='trax_twitter_sentiment')
def vocabulary_size() -> int:
  """Returns the number of tokens with an id, the three special ones included.

  In gin: `TwitterClassifier.vocab_size = @vocabulary_size()`.
  """
  return len(encoded_corpus().tokenizer.vocabulary)


def encoded_without_emoticons(split: str) -> EncodedExamples:
  """Returns a split with emoticons removed, by the vocabulary of the usual texts."""
  tokenizer = dataclasses.replace(encoded_corpus().tokenizer, keep_emoticons=False)
  return encode_split(configured_corpus(), split, tokenizer)


def _tokenizer_of(setting: str, folder: str) -> TweetTokenizer:
  try:
    return TweetTokenizer.load(folder)
  except FileNotFoundError as error:
    raise UserError(
        f'encoded_corpus.{setting}={folder!r} has no {error.filename}.'
    ) from error


def _check_same_steps(
    folder: str, theirs: TweetTokenizer, ours: TweetTokenizer
) -> None:
  """Raises `UserError` where one word isn't the same token for both."""
  if differing := theirs.differing_settings(ours):
    raise UserError(
        f'encoded_corpus.further_tokens_from={folder!r} tokenized otherwise '
        f'({", ".join(differing)}); it takes the same steps.'
    )


@functools.lru_cache(maxsize=2)
def _encode_corpus(
    corpus: Corpus,
    tokenizer: TweetTokenizer,
    max_vocabulary_size: int | None,
    min_token_count: int,
    learn_vocabulary: bool,
    lexicon: str | None = None,
    further_tokens_from: str | None = None,
) -> EncodedCorpus:
  train = token_index(tokenizer, corpus.train.texts)
  validation = token_index(tokenizer, corpus.validation.texts)
  if learn_vocabulary:
    further: list[str] = []
    if lexicon is not None:
      words = load_lexicon('encoded_corpus.lexicon', lexicon)
      further += tokens_of(words, tokenizer.add_negated)
    if further_tokens_from is not None:
      other = _tokenizer_of('further_tokens_from', further_tokens_from)
      _check_same_steps(further_tokens_from, other, tokenizer)
      further += other.vocabulary[len(SPECIAL_TOKENS) :]
    tokenizer = tokenizer.with_vocabulary_of(
        train.counts(), corpus.name, max_vocabulary_size, min_token_count, further
    )
  return EncodedCorpus(
      tokenizer=tokenizer,
      train=_encode(tokenizer, train, corpus.train),
      validation=_encode(tokenizer, validation, corpus.validation),
      lexicon=lexicon,
      further_tokens_from=further_tokens_from,
  )


def _encode(
    tokenizer: TweetTokenizer, index: TokenIndex, examples: Examples
) -> EncodedExamples:
  ids, lengths = tokenizer.encode_tokens(index.tokens)[index.indices], index.lengths
  if tokenizer.drop_unknown:
    known = ids != UNK_ID
    text_of_token = np.repeat(np.arange(len(lengths)), lengths)
    ids, lengths = ids[known], np.bincount(text_of_token[known], minlength=len(lengths))
  return EncodedExamples(ids, lengths, examples.labels, examples.weights)
