"""Texts as ids, stored compactly: a word and its n-grams have one id."""

import dataclasses
import functools

import numpy as np

from trax_twitter_sentiment.parallel import map_in_threads
from trax_twitter_sentiment.text.vocabulary import PAD_ID

# The number of texts whose tokens are counted at a time.
_CHUNK_TEXTS = 2**14


@dataclasses.dataclass(frozen=True, eq=False)
class TokenGroups:
  """Tokens that always come together: a word and its character n-grams.

  Attributes:
    first_id: the id of the first group. Smaller ids are tokens.
    members: <int32>[n_members], the tokens of all groups, one group after the other.
    sizes: <int32>[n_groups], the number of tokens of each group.
    has_word: <bool>[n_groups], whether the first token of a group is its word.
  """

  first_id: int
  members: np.ndarray
  sizes: np.ndarray
  has_word: np.ndarray

  @functools.cached_property
  def starts(self) -> np.ndarray:
    """<int64>[n_groups + 1], the position of the first token of each group."""
    return np.concatenate([[0], np.cumsum(self.sizes, dtype=np.int64)])

  def sizes_of(self, ids: np.ndarray) -> np.ndarray:
    """Returns <int32>[n_ids], the number of tokens that each id stands for."""
    sizes = np.ones(len(ids), np.int32)
    is_group = ids >= self.first_id
    sizes[is_group] = self.sizes[ids[is_group] - self.first_id]
    return sizes

  def expanded(self, ids: np.ndarray, n_ids: np.ndarray) -> np.ndarray:
    """Returns <int32>[n_tokens], the tokens of texts in the tokenizer's order.

    Args:
      ids: <int32>[n], the ids of all texts, one text after the other.
      n_ids: <int64>[n_texts], the number of ids of each text.
    """
    sizes = self.sizes_of(ids)
    ends = np.cumsum(sizes, dtype=np.int64)
    in_group = np.arange(sizes.sum()) - np.repeat(ends - sizes, sizes)
    groups = np.maximum(ids - self.first_id, 0)
    is_group = np.repeat(ids >= self.first_id, sizes)
    tokens = np.repeat(ids, sizes)
    members = np.repeat(self.starts[groups], sizes) + in_group
    tokens[is_group] = self.members[members[is_group]]
    # Words come first in a text, then extra tokens, then n-grams.
    is_word = is_group & (in_group == 0) & np.repeat(self.has_word[groups], sizes)
    ranks = np.where(is_word, 0, np.where(is_group, 2, 1))
    texts = np.repeat(np.repeat(np.arange(len(n_ids)), n_ids), sizes)
    return tokens[np.argsort(3 * texts + ranks, kind='stable')]


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedExamples:
  """The texts of one split as ids.

  Attributes:
    ids: <int32>[n], the ids of all texts, one text after the other: tokens, and groups
      of tokens if `groups` is not `None`.
    lengths: <int64>[n_texts], the number of tokens of each text.
    labels: <int32>[n_texts], the class of each text.
    weights: <float32>[n_texts], the weight of each text in training. `None` for
      weights of one.
    groups: the groups of tokens; `None` if each id is a token.
    group_lengths: <int64>[n_texts], the number of ids of each text if `groups` is not
      `None`.
    pad_id: the id of padding.
  """

  ids: np.ndarray
  lengths: np.ndarray
  labels: np.ndarray
  weights: np.ndarray | None = None
  groups: TokenGroups | None = None
  group_lengths: np.ndarray | None = None
  pad_id: int = PAD_ID

  @property
  def n_ids(self) -> np.ndarray:
    """<int64>[n_texts], the number of ids of each text."""
    return self.lengths if self.group_lengths is None else self.group_lengths

  @functools.cached_property
  def starts(self) -> np.ndarray:
    """<int64>[n_texts + 1], the position of the first id of each text."""
    return np.concatenate([[0], np.cumsum(self.n_ids)])

  def tokens(self, rows: np.ndarray) -> np.ndarray:
    """Returns <int32>[n_tokens], the tokens of the texts with some indices."""
    n_ids = self.n_ids[rows]
    first = np.repeat(self.starts[rows] - (np.cumsum(n_ids) - n_ids), n_ids)
    ids = self.ids[first + np.arange(len(first))]
    return ids if self.groups is None else self.groups.expanded(ids, n_ids)

  def padded(self, length: int, rows: np.ndarray | None = None) -> np.ndarray:
    """Returns <int32>[n_rows, length], cut off or padded with `pad_id`.

    Args:
      length: the number of tokens of each row.
      rows: the indices of the texts; `None` for all texts.
    """
    rows = np.arange(len(self.lengths)) if rows is None else rows
    tokens, lengths = self.tokens(rows), self.lengths[rows]
    columns = np.arange(len(tokens)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    kept = columns < length
    padded = np.full((len(rows), length), self.pad_id, np.int32)
    padded[np.repeat(np.arange(len(rows)), lengths)[kept], columns[kept]] = tokens[kept]
    return padded

  def document_frequencies(self, n_tokens: int, n_classes: int) -> np.ndarray:
    """Returns <int64>[n_classes, n_tokens], the number of texts with each token.

    Args:
      n_tokens: the number of tokens of the vocabulary.
      n_classes: the number of classes, which are counted separately.
    """
    from scipy import sparse  # A lazy import, since few commands count texts.

    starts, members = np.arange(n_tokens + 1), np.arange(n_tokens, dtype=np.int32)
    if self.groups is not None:
      starts = np.append(starts, n_tokens + self.groups.starts[1:])
      members = np.append(members, self.groups.members)
    # The rows are the tokens and the groups.
    tokens_of_id = sparse.csr_matrix(
        (np.ones(len(members), np.float32), members, starts),
        (len(starts) - 1, n_tokens),
    )

    def of_chunk(start: int) -> list[np.ndarray]:
      chunk = slice(start, start + _CHUNK_TEXTS)
      bounds = self.starts[start : start + _CHUNK_TEXTS + 1]
      ids = self.ids[bounds[0] : bounds[-1]]
      counts = sparse.csr_matrix(
          (np.ones(len(ids), np.float32), ids, bounds - bounds[0]),
          (len(bounds) - 1, tokens_of_id.shape[0]),
      )
      # A product has one entry for a token that a text repeats.
      products = (
          counts[self.labels[chunk] == label] @ tokens_of_id
          for label in range(n_classes)
      )
      return [np.bincount(p.indices, minlength=n_tokens) for p in products]

    frequencies = np.zeros((n_classes, n_tokens), np.int64)
    for of_classes in map_in_threads(
        of_chunk, range(0, len(self.labels), _CHUNK_TEXTS)
    ):
      frequencies += of_classes
    return frequencies
