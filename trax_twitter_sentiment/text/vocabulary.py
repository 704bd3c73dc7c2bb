"""The vocabulary: tokens and their ids."""

import dataclasses
import functools
import itertools
import json
from collections.abc import Iterable, Mapping

import numpy as np

from trax_twitter_sentiment.text import json_fields

# The notebook's special tokens. The id of a token is its index in the vocabulary.
PAD_ID, UNK_ID = 0, 2
SPECIAL_TOKENS = ('__PAD__', '__</e>__', '__UNK__')

_FILE_FORMAT = 1


@dataclasses.dataclass(frozen=True)
class Vocabulary:
  """The tokens that have an id.

  Attributes:
    tokens: the tokens in the order of their ids. The first three are
      `SPECIAL_TOKENS`.

  Examples:
    >>> vocabulary = Vocabulary.from_counts({'happi': 2, ':)': 1})
    >>> vocabulary.tokens
    ('__PAD__', '__</e>__', '__UNK__', 'happi', ':)')
    >>> vocabulary.encode([':)', 'sad'])
    array([4, 2], dtype=int32)
  """

  tokens: tuple[str, ...] = SPECIAL_TOKENS

  @classmethod
  def from_counts(
      cls,
      counts: Mapping[str, int],
      max_size: int | None = None,
      min_count: int = 1,
      extra_tokens: Iterable[str] = (),
  ) -> 'Vocabulary':
    """Returns the vocabulary of tokenized training texts.

    Args:
      counts: the number of occurrences of each token. Ids follow the mapping's order,
        which is the order of first appearance.
      max_size: the maximum number of tokens, the special tokens included. The most
        frequent tokens stay; among equally frequent tokens, the first ones.
        `None` for no maximum.
      min_count: the minimum number of occurrences of a token.
      extra_tokens: tokens that get an id in any case, after all others.
    """
    n_counted = None if max_size is None else max(0, max_size - len(SPECIAL_TOKENS))
    learned = [token for token, count in counts.items() if count >= min_count]
    if n_counted is not None and n_counted < len(learned):
      # Sorting is stable, so the first of equally frequent tokens stay.
      frequent = {*sorted(learned, key=counts.__getitem__, reverse=True)[:n_counted]}
      learned = [token for token in learned if token in frequent]
    # A dictionary removes duplicates and keeps the order.
    return cls(tuple(dict.fromkeys([*SPECIAL_TOKENS, *learned, *extra_tokens])))

  def __len__(self) -> int:
    return len(self.tokens)

  def encode(self, tokens: Iterable[str]) -> np.ndarray:
    """Returns the ids of tokens, `UNK_ID` for unknown tokens: <int32>[n_tokens]."""
    ids = map(self.ids.get, tokens, itertools.repeat(UNK_ID))
    return np.fromiter(ids, np.int32)

  @functools.cached_property
  def ids(self) -> dict[str, int]:
    """The id of each token."""
    return {token: i for i, token in enumerate(self.tokens)}

  def __getstate__(self) -> dict[str, tuple[str, ...]]:
    # Other processes build the dictionary of ids again, so it is not pickled.
    return {'tokens': self.tokens}

  def to_json(self) -> str:
    """Returns the JSON text that `from_json` reads."""
    content = {'format': _FILE_FORMAT, 'tokens': self.tokens}
    return json.dumps(content, indent=1) + '\n'

  @classmethod
  def from_json(cls, content: str) -> 'Vocabulary':
    """Returns the vocabulary that `to_json` wrote.

    Raises:
      ValueError: if the content is not a vocabulary.
    """
    fields = json_fields.parse_object(content, _FILE_FORMAT)
    tokens = json_fields.strings(fields, 'tokens')
    if tokens[:3] != SPECIAL_TOKENS or len(set(tokens)) < len(tokens):
      raise ValueError('it lacks a special token or repeats a token')
    return cls(tokens)
