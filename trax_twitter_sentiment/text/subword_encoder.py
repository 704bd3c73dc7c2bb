"""From texts to the ids of subwords: the tokenizer of a pretrained encoder."""

import dataclasses
import functools
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.text.emoticons import remove_emoticons
from trax_twitter_sentiment.text.tokenizer import MAX_CHARACTERS


@dataclasses.dataclass(frozen=True)
class SubwordEncoder:
  """Turns texts into the ids of subwords, as a pretrained encoder requires.

  The first `MAX_CHARACTERS` characters of a text count.

  Attributes:
    tokenizer_json: the content of the encoder's `tokenizer.json`, which the package
      `tokenizers` reads.
    keep_emoticons: `False` removes emoticons such as `:)`.

  Examples:
    >>> encoder = SubwordEncoder.from_json(pathlib.Path('tokenizer.json').read_text())
    >>> encoder.tokens('unhappily so')
    ['un', '##ha', '##pp', '##ily', 'so']
  """

  tokenizer_json: str
  keep_emoticons: bool = True

  @classmethod
  def from_json(cls, content: str) -> 'SubwordEncoder':
    """Returns the encoder of a `tokenizer.json`.

    Raises:
      UserError: if the package `tokenizers` is missing.
      ValueError: if the content is not that of a tokenizer.
    """
    encoder = cls(content)
    _ = encoder._tokenizer  # Checks the content.
    return encoder

  def to_json(self) -> str:
    """Returns the content that `from_json` reads."""
    return self.tokenizer_json

  @property
  def vocabulary_size(self) -> int:
    """The number of token ids: the highest id plus one."""
    return 1 + max(self._tokenizer.get_vocab(with_added_tokens=True).values())

  @property
  def n_special_tokens(self) -> int:
    """The number of special tokens that `with_special_tokens` adds to a text."""
    return sum(map(len, self._special_ids))

  def tokens(self, text: str) -> list[str]:
    """Returns the subwords of a text, without special tokens."""
    return self.tokenize_all([text])[0][0]

  def encode_all(self, texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the ids of the subwords of texts, and their number in each text.

    The ids of all texts follow each other: <int32>[n_tokens], and <int64>[n_texts].
    They contain no special tokens, which `with_special_tokens` adds.
    """
    encodings = self._tokenizer.encode_batch_fast(
        self._read(texts), add_special_tokens=False
    )
    return _flat([encoding.ids for encoding in encodings])

  def tokenize_all(
      self, texts: Iterable[str]
  ) -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    """Returns the subwords of each text, and what `encode_all` returns."""
    # Unlike `encode_batch_fast`, this function keeps the tokens.
    encodings = self._tokenizer.encode_batch(
        self._read(texts), add_special_tokens=False
    )
    return [e.tokens for e in encodings], *_flat([e.ids for e in encodings])

  def is_known(self, ids: np.ndarray) -> np.ndarray:
    """Returns which ids are tokens of the vocabulary: <bool>[n_tokens]."""
    if self._unknown_id is None:
      return np.ones(len(ids), bool)
    return ids != self._unknown_id

  def with_special_tokens(
      self, ids: np.ndarray, lengths: np.ndarray, max_length: int
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns texts with the tokens that begin and end them, such as [CLS] and [SEP].

    Args:
      ids: <int32>[n_tokens], the ids of all texts, as `encode_all` returns them.
      lengths: <int64>[n_texts].
      max_length: the maximum number of ids of a text, special tokens included. Longer
        texts lose the end of their own tokens.

    Returns:
      The ids and lengths of the new texts.
    """
    first, last = self._special_ids
    kept = np.minimum(lengths, max_length - len(first) - len(last))
    starts = np.cumsum(lengths) - lengths
    new_lengths = kept + len(first) + len(last)
    new_starts = np.cumsum(new_lengths) - new_lengths
    new_ids = np.empty(new_lengths.sum(), np.int32)
    within = np.arange(kept.sum()) - np.repeat(np.cumsum(kept) - kept, kept)
    new_ids[np.repeat(new_starts + len(first), kept) + within] = (
        ids[np.repeat(starts, kept) + within]
    )
    for i, token in enumerate(first):
      new_ids[new_starts + i] = token
    for i, token in enumerate(reversed(last), start=1):
      new_ids[new_starts + new_lengths - i] = token
    return new_ids, new_lengths

  def without_emoticons(self) -> 'SubwordEncoder':
    """Returns an encoder that removes emoticons, with the same vocabulary."""
    return dataclasses.replace(self, keep_emoticons=False)

  def without_removed_emoticons(self, text: str) -> str:
    """Returns a text without emoticons, if the encoder removes emoticons."""
    return text if self.keep_emoticons else remove_emoticons(text)

  def __getstate__(self) -> dict[str, object]:
    # The tokenizer is large, and each process makes its own one.
    names = (field.name for field in dataclasses.fields(self))
    return {name: getattr(self, name) for name in names}

  def _read(self, texts: Iterable[str]) -> list[str]:
    """Returns the texts as the tokenizer accepts them."""
    read = (self.without_removed_emoticons(text[:MAX_CHARACTERS]) for text in texts)
    # The package does not accept lone surrogates, which question marks replace.
    return [text.encode('utf-8', 'replace').decode('utf-8') for text in read]

  @functools.cached_property
  def _tokenizer(self) -> Any:
    try:
      import tokenizers
    except ImportError as error:
      raise UserError(
          'A pretrained encoder requires tokenizers: `pip install tokenizers`.'
      ) from error
    try:
      tokenizer = tokenizers.Tokenizer.from_str(self.tokenizer_json)
    # The package raises errors of the class Exception.
    except Exception as error:
      raise ValueError(' '.join(str(error).split())) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    # The characters [SEP] in a text are not a special token.
    tokenizer.encode_special_tokens = True
    return tokenizer

  @functools.cached_property
  def _unknown_id(self) -> int | None:
    """The id of unknown tokens; `None` if the tokenizer knows any text by its bytes."""
    model = json.loads(self.tokenizer_json)['model']
    if model.get('unk_id') is not None:  # SentencePiece has an id instead of a token.
      return model['unk_id']
    unknown = model.get('unk_token')
    return None if unknown is None else self._tokenizer.token_to_id(unknown)

  @functools.cached_property
  def _special_ids(self) -> tuple[list[int], list[int]]:
    """The ids of the special tokens before and after a text."""
    encoding = self._tokenizer.encode('a', add_special_tokens=True)
    mask, ids = encoding.special_tokens_mask, encoding.ids
    n_first = mask.index(0)
    n_last = mask[::-1].index(0)
    return ids[:n_first], ids[len(ids) - n_last :]


def _flat(id_lists: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
  lengths = np.fromiter(map(len, id_lists), np.int64, len(id_lists))
  ids = np.fromiter((i for one in id_lists for i in one), np.int32, lengths.sum())
  return ids, lengths
