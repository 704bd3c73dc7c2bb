"""Turns texts into token ids, by a tokenizer and a vocabulary."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from trax_twitter_sentiment.text import words
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer
from trax_twitter_sentiment.text.vocabulary import UNK_ID, Vocabulary

_ID_BYTES = np.dtype(np.int32).itemsize


@dataclasses.dataclass(frozen=True)
class TextEncoder:
  """Turns texts into the ids of their tokens.

  `is_kept` decides which tokens without an id are dropped.

  Attributes:
    tokenizer: turns a text into tokens.
    vocabulary: turns tokens into ids.

  Examples:
    >>> encoder = TextEncoder(TweetTokenizer(), Vocabulary.from_counts({'happi': 1}))
    >>> encoder.encode('so happy')
    array([2, 3], dtype=int32)
  """

  tokenizer: TweetTokenizer
  vocabulary: Vocabulary

  @property
  def vocabulary_size(self) -> int:
    """The number of token ids."""
    return len(self.vocabulary)

  def encode(self, text: str) -> np.ndarray:
    """Returns the ids of the tokens of a text: <int32>[n_tokens]."""
    return self.encode_all([text])[0]

  def encode_all(self, texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns <int32>[n_tokens], the ids of all texts, and <int64>[n_texts] lengths."""
    encoded = [*map(self._encode_to_bytes, texts)]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    # An array from a bytearray can be written to; one from bytes cannot.
    ids = np.frombuffer(bytearray().join(encoded), np.int32)
    return ids, lengths // _ID_BYTES

  def tokenize_all(
      self, texts: Iterable[str]
  ) -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    """Returns the `tokens` of each text, and what `encode_all` returns."""
    token_lists = [*map(self.tokens, texts)]
    ids = self.vocabulary.encode(itertools.chain.from_iterable(token_lists))
    return token_lists, ids, np.array([*map(len, token_lists)], np.int64)

  @property
  def keep_emoticons(self) -> bool:
    """Whether emoticons count."""
    return self.tokenizer.keep_emoticons

  def without_removed_emoticons(self, text: str) -> str:
    """Returns a text without emoticons, if the encoder removes emoticons."""
    return self.tokenizer.without_removed_emoticons(text)

  def is_known(self, ids: np.ndarray) -> np.ndarray:
    """Returns which ids are tokens of the vocabulary: <bool>[n_tokens]."""
    return ids != UNK_ID

  def is_kept(self, ids: np.ndarray) -> np.ndarray:
    """Returns which ids count: with `drop_unknown` the known ids, otherwise all ids."""
    if self.tokenizer.drop_unknown:
      return self.is_known(ids)
    return np.ones(len(ids), bool)

  def tokens(self, text: str) -> list[str]:
    """Returns the tokens of a text that count, in the order of their ids."""
    tokens = self.tokenizer.tokenize(text)
    if not self.tokenizer.drop_unknown:
      return tokens
    is_kept = self.is_kept(self.vocabulary.encode(tokens))
    return [token for token, kept in zip(tokens, is_kept, strict=True) if kept]

  def without_emoticons(self) -> 'TextEncoder':
    """Returns an encoder that removes emoticons, with the same vocabulary."""
    tokenizer = dataclasses.replace(self.tokenizer, keep_emoticons=False)
    return dataclasses.replace(self, tokenizer=tokenizer)

  def _encode_to_bytes(self, text: str) -> bytes:
    tokenizer = self.tokenizer
    if not tokenizer.has_extra_tokens:
      return self._ids_of_text(tokenizer.clean(text))
    tokens = tokenizer.word_tokens(text)
    encoded = self._ids_of_tokens(tokens + tokenizer.extra_tokens(text, tokens))
    if tokenizer.add_characters:
      encoded += b''.join(map(self._ids_of_ngrams.__getitem__, tokens))
    return encoded

  def _ids_of_tokens(self, tokens: Sequence[str]) -> bytes:
    ids = self.vocabulary.encode(tokens)
    return ids[self.is_kept(ids)].tobytes()

  def __getstate__(self) -> dict[str, object]:
    # Other processes fill caches of their own, so caches are not pickled.
    return {'tokenizer': self.tokenizer, 'vocabulary': self.vocabulary}

  @functools.cached_property
  def _ids_of_text(self) -> Callable[[str], bytes]:
    tokens_of_words = self.tokenizer.tokens_of_words
    return words.CachedByPiece(
        self.tokenizer.split,
        lambda split_words: self._ids_of_tokens(tokens_of_words(split_words)),
        b''.join,
    )

  @functools.cached_property
  def _ids_of_ngrams(self) -> dict[str, bytes]:
    ngrams = self.tokenizer.character_ngrams
    return words.Memo(lambda word: self._ids_of_tokens(ngrams(word)))
