"""The configured corpus as token ids: the arrays behind all streams."""

import dataclasses
import functools

import gin

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.encoding import forecast
from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.encoding.token_table import TokenTable
from trax_twitter_sentiment.encoding.tokenized_texts import token_index
from trax_twitter_sentiment.errors import UserError, check_positive
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.text.lexicon import load_lexicon, tokens_of, vader_lexicon
from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import (
    TweetTokenizer,
    is_cut,
    shared_tokenizer,
    warn_of_cut_texts,
)
from trax_twitter_sentiment.text.vocabulary import SPECIAL_TOKENS, Vocabulary


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedCorpus:
  """A corpus as token ids, with the encoder that made the ids.

  Attributes:
    encoder: the tokenizer and the vocabulary.
    train: the texts to train on.
    validation: the texts to validate on.
    lexicon: the lexicon whose words are in the vocabulary; `None` for none.
    further_tokens_from: the run whose tokens are in the vocabulary; `None` for none.
  """

  encoder: TextEncoder
  train: EncodedExamples
  validation: EncodedExamples
  lexicon: str | None = None
  further_tokens_from: str | None = None

  @property
  def tokenizer(self) -> TweetTokenizer:
    """The tokenizer."""
    return self.encoder.tokenizer

  @property
  def vocabulary(self) -> Vocabulary:
    """The vocabulary."""
    return self.encoder.vocabulary

  @property
  def max_length(self) -> int:
    """The number of tokens of the longest text of both splits; at least 1."""
    return int(max(1, self.train.lengths.max(), self.validation.lengths.max()))


def configured_tokenizer() -> TweetTokenizer:
  """Returns the tokenizer of gin's bindings and the configured corpus."""
  tokenizer = TweetTokenizer(stop_words=configured_corpus().stop_words)
  _check_switches(tokenizer)
  if not tokenizer.add_lexicon:
    return tokenizer
  return dataclasses.replace(tokenizer, lexicon=vader_lexicon())


def _check_switches(tokenizer: TweetTokenizer) -> None:
  """Raises `UserError` if one step removes all that another step needs."""
  for feature, step, why in (
      ('add_negated', 'remove_stop_words', '"not" and "no" are stop words'),
      ('add_lexicon', 'stem', 'the lexicon contains words, not stems'),
  ):
    if getattr(tokenizer, feature) and getattr(tokenizer, step):
      raise UserError(
          f'TweetTokenizer.{feature}=True requires TweetTokenizer.{step}=False: {why}.'
      )


def tokenize_tweet(text: str) -> list[str]:
  """Returns the tokens of a tweet, by default the notebook's.

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
  """Returns the configured corpus as token ids. A process encodes it once.

  Args:
    max_vocabulary_size: the maximum number of tokens of training texts with an id, the
      three special tokens included. The most frequent tokens get the ids. `None` for no
      maximum.
    min_token_count: the minimum number of occurrences of a token in the training
      texts.
    tokenizer_from: the output directory of a run whose tokenizer and vocabulary are
      used unchanged, to fine-tune that run's model on this corpus. `min_token_count`
      has no effect then, and the other settings must not be bound.
    lexicon: `'vader'`, or a file of words and numbers. The words get an id even if no
      training text contains them, and the numbers are features of
      `LogisticRegression`. `None` for no lexicon.
    further_tokens_from: the output directory of a run. Its tokens get an id, too, and
      their weights are features of `LogisticRegression`. `None` for no run.

  Raises:
    UserError: if a setting is not legal.
  """
  if max_vocabulary_size is not None:
    check_positive('encoded_corpus.max_vocabulary_size', max_vocabulary_size)
  check_positive('encoded_corpus.min_token_count', min_token_count)
  corpus = configured_corpus()
  if tokenizer_from:
    unused = {
        'max_vocabulary_size': max_vocabulary_size,
        'lexicon': lexicon,
        'further_tokens_from': further_tokens_from,
    }
    for name, value in unused.items():
      if value is not None:
        raise UserError(
            f'encoded_corpus.{name}={value!r} has no effect with '
            'encoded_corpus.tokenizer_from, whose vocabulary is used unchanged. Remove '
            'one of the two.'
        )
    encoder = _encoder_of('tokenizer_from', tokenizer_from)
    return _encode_corpus(corpus, encoder)
  encoder = _learn_encoder(
      corpus,
      configured_tokenizer(),
      max_vocabulary_size,
      min_token_count,
      lexicon,
      further_tokens_from,
  )
  return _encode_corpus(corpus, encoder, lexicon, further_tokens_from)


@gin.configurable(module='trax_twitter_sentiment')
def vocabulary_size() -> int:
  """Returns the number of tokens with an id, the three special tokens included.

  In gin: `TwitterClassifier.vocab_size = @vocabulary_size()`.
  """
  return len(encoded_corpus().vocabulary)


# Four entries suffice for both splits, with emoticons and without.
@functools.lru_cache(maxsize=4)
def encode_split(
    corpus: Corpus, split: str, encoder: TextEncoder | SubwordEncoder
) -> EncodedExamples:
  """Returns a split of a corpus as token ids.

  Args:
    corpus: the corpus.
    split: `'train'` or `'validation'`.
    encoder: turns texts into ids, usually a run's.
  """
  examples: Examples = getattr(corpus, split)
  if isinstance(encoder, SubwordEncoder):
    ids, lengths = encoder.encode_all(examples.texts)
    return EncodedExamples(ids, lengths, examples.labels, examples.weights)
  encoded = _token_table(encoder.tokenizer, examples).ids(encoder)
  return EncodedExamples(
      encoded.ids,
      encoded.lengths,
      examples.labels,
      examples.weights,
      encoded.groups,
      encoded.group_lengths,
  )


# The vocabulary and the ids of the training texts come from one table.
@functools.lru_cache(maxsize=1)
def _token_table(tokenizer: TweetTokenizer, examples: Examples) -> TokenTable:
  return TokenTable(tokenizer, token_index(tokenizer, examples.texts))


def encoded_without_emoticons(split: str) -> EncodedExamples:
  """Returns a split as token ids, without emoticons, by the same vocabulary."""
  encoder = encoded_corpus().encoder.without_emoticons()
  return encode_split(configured_corpus(), split, encoder)


def _encoder_of(setting: str, folder: str) -> TextEncoder:
  try:
    return Run(folder).text_encoder
  except UserError as error:
    raise UserError(
        f'encoded_corpus.{setting}={folder!r}: {error.message}'
    ) from error


@functools.lru_cache(maxsize=2)
def _learn_encoder(
    corpus: Corpus,
    tokenizer: TweetTokenizer,
    max_vocabulary_size: int | None,
    min_token_count: int,
    lexicon: str | None,
    further_tokens_from: str | None,
) -> TextEncoder:
  """Returns a tokenizer with the vocabulary of the training texts."""
  extra: list[str] = []
  if lexicon is not None:
    words = load_lexicon('encoded_corpus.lexicon', lexicon)
    extra += tokens_of(words, tokenizer.add_negated)
  if further_tokens_from is not None:
    other = _encoder_of('further_tokens_from', further_tokens_from)
    _check_same_switches(further_tokens_from, other.tokenizer, tokenizer)
    extra += other.vocabulary.tokens[len(SPECIAL_TOKENS) :]
  forecast.announce(corpus, tokenizer, min_token_count, max_vocabulary_size)
  counts = _token_table(tokenizer, corpus.train).counts(
      min_token_count, max_vocabulary_size
  )
  vocabulary = Vocabulary.from_counts(
      counts, max_vocabulary_size, min_token_count, extra
  )
  return TextEncoder(tokenizer, vocabulary)


def _check_same_switches(
    folder: str, theirs: TweetTokenizer, ours: TweetTokenizer
) -> None:
  """Raises `UserError` if two tokenizers have different settings."""
  if differing := theirs.differing_settings(ours):
    raise UserError(
        f'encoded_corpus.further_tokens_from={folder!r} is a run with another '
        f'tokenizer ({", ".join(differing)}). Bind the same tokenizer.'
    )


@functools.lru_cache(maxsize=2)
def _encode_corpus(
    corpus: Corpus,
    encoder: TextEncoder,
    lexicon: str | None = None,
    further_tokens_from: str | None = None,
) -> EncodedCorpus:
  texts = (*corpus.train.texts, *corpus.validation.texts)
  warn_of_cut_texts(sum(map(is_cut, texts)))
  train, validation = (
      encode_split(corpus, split, encoder) for split in ('train', 'validation')
  )
  _token_table.cache_clear()
  return EncodedCorpus(encoder, train, validation, lexicon, further_tokens_from)
