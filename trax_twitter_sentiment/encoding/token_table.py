"""The tokens of an index of words: words, their n-grams, and extra tokens."""

import array
import collections
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from trax_twitter_sentiment.encoding.encoded_examples import TokenGroups
from trax_twitter_sentiment.encoding.tokenized_texts import TokenIndex
from trax_twitter_sentiment.text import extra_tokens
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

# The number of words, and of pairs of words, that are processed at a time.
_CHUNK_WORDS, _CHUNK_PAIRS = 2**20, 2**24
# The number of distinct words whose n-grams are counted at a time.
_CHUNK_NGRAM_WORDS = 2**18


class Ids(NamedTuple):
  """Texts as ids. `EncodedExamples` explains the attributes."""

  ids: np.ndarray
  lengths: np.ndarray
  groups: TokenGroups | None
  group_lengths: np.ndarray | None


class _Chunk(NamedTuple):
  """Some texts of an index.

  Attributes:
    words: <int32>[n], the words and marks of the texts, as indices.
    texts: <int64>[n], the text of each word.
    is_next: <bool>[n], whether each word follows another one of its text.
    is_negated: <bool>[n], whether each word is negated; empty if that is not required.
    n_texts: the number of texts.
  """

  words: np.ndarray
  texts: np.ndarray
  is_next: np.ndarray
  is_negated: np.ndarray
  n_texts: int

  @property
  def begins_pair(self) -> np.ndarray:
    """<bool>[n], whether a word and the next one are a pair."""
    return np.append(self.is_next[1:], False)


class _Ngrams(NamedTuple):
  """The character n-grams of the words of an index.

  Attributes:
    tokens: the distinct n-grams.
    members: <int32>[n_members], the n-grams of all words, as indices in `tokens`.
    sizes: <int32>[n_words], the number of n-grams of each word.
  """

  tokens: list[str]
  members: np.ndarray
  sizes: np.ndarray

  def counts(self, n_words: np.ndarray) -> np.ndarray:
    """Returns the occurrences of each n-gram, from the occurrences of each word."""
    counts = np.zeros(len(self.tokens), np.int64)
    starts = np.append(0, np.cumsum(self.sizes))
    for first in range(0, len(n_words), _CHUNK_NGRAM_WORDS):
      some = slice(first, first + _CHUNK_NGRAM_WORDS)
      bounds = starts[first : first + _CHUNK_NGRAM_WORDS + 1]
      weights = np.repeat(n_words[some], self.sizes[some])
      members = self.members[bounds[0] : bounds[-1]]
      counts += np.bincount(members, weights, len(counts)).astype(np.int64)
    return counts


# A function from indices to tokens, and the number of occurrences of each token.
_Kind = tuple[Callable[[np.ndarray], Iterable[str]], np.ndarray]


class TokenTable:
  """Derives all tokens of texts from their words.

  The n-grams of a word follow from the word; pairs and negated words follow from the
  words around them. So texts are stored as words.

  Args:
    tokenizer: the tokenizer of the index.
    index: the words and marks of the texts.
  """

  def __init__(self, tokenizer: TweetTokenizer, index: TokenIndex):
    self._tokenizer = tokenizer
    self._index = index
    self._n_words = len(index.tokens)

  def counts(self, min_count: int = 1, max_size: int | None = None) -> dict[str, int]:
    """Returns the number of occurrences of each token: words first, then pairs.

    Args:
      min_count: the minimum number of occurrences of a token.
      max_size: the number of most frequent tokens that suffices; `None` for all
        tokens. Fewer tokens require less memory.
    """
    kinds = [*self._kinds()]
    if max_size is not None:
      n = np.concatenate([counts[counts >= min_count] for _, counts in kinds])
      if max_size < len(n):
        min_count = max(min_count, int(np.partition(n, -max_size)[-max_size]))
    result: dict[str, int] = collections.defaultdict(int)
    for tokens, n in kinds:
      frequent = np.flatnonzero(n >= min_count)
      for token, count in zip(tokens(frequent), n[frequent].tolist(), strict=True):
        result[token] += count
    return result

  def ids(self, encoder: TextEncoder) -> Ids:
    """Returns the ids of the texts' tokens.

    Args:
      encoder: an encoder with the tokenizer of the index.
    """
    id_of, groups = self._ids_of_words(encoder)
    extra = self._ids_of_extra_tokens(encoder)
    # An `array` grows in place. Joining the ids of all chunks would double the memory.
    ids, n_ids, lengths = array.array('i'), array.array('q'), array.array('q')
    for chunk in self._chunks('Encoding texts'):
      parts = [(id_of[chunk.words], chunk.texts)]
      parts += [(of_extra(chunk)) for of_extra in extra]
      chunk_ids, texts = (np.concatenate(arrays) for arrays in zip(*parts))
      is_kept = chunk_ids >= 0
      chunk_ids, texts = chunk_ids[is_kept], texts[is_kept]
      ids.frombytes(chunk_ids[np.argsort(texts, kind='stable')].tobytes())
      n_ids.frombytes(np.bincount(texts, minlength=chunk.n_texts).tobytes())
      if groups is not None:
        sizes = groups.sizes_of(chunk_ids)
        n_tokens = np.bincount(texts, sizes, chunk.n_texts)
        lengths.frombytes(n_tokens.astype(np.int64).tobytes())
    all_ids, n_ids_of_texts = np.asarray(ids), np.asarray(n_ids)
    if groups is None:
      return Ids(all_ids, n_ids_of_texts, None, None)
    return Ids(all_ids, np.asarray(lengths), groups, n_ids_of_texts)

  def _kinds(self) -> Iterator[_Kind]:
    """Yields the kinds of tokens, each with its distinct tokens and their counts."""
    tokens, n = self._index.tokens, self._n_words
    n_occurrences, n_negated = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for chunk in self._chunks('Counting words'):
      n_occurrences += np.bincount(chunk.words, minlength=n)
      n_negated += np.bincount(chunk.words[chunk.is_negated], minlength=n)
    yield lambda some: (tokens[i] for i in some.tolist()), n_occurrences
    if self._tokenizer.add_pairs:
      keys, n_pairs = self._pairs
      yield lambda some: self._pair_tokens(keys[some]), n_pairs
    if self._tokenizer.add_negated:
      yield lambda some: (f'<not> {tokens[i]}' for i in some.tolist()), n_negated
    if self._tokenizer.add_lexicon:
      by_flag = np.concatenate([n_occurrences - n_negated, n_negated])
      strengths, kinds = np.unique(self._lexicon_tokens, return_inverse=True)
      n_strengths = np.bincount(kinds, by_flag).astype(np.int64) * (strengths != '')
      yield lambda some: strengths[some].tolist(), n_strengths
    if self._tokenizer.add_characters:
      ngrams = self._ngrams
      n_ngrams = ngrams.counts(n_occurrences)
      yield lambda some: (ngrams.tokens[i] for i in some.tolist()), n_ngrams

  def _ids_of_words(
      self, encoder: TextEncoder
  ) -> tuple[np.ndarray, TokenGroups | None]:
    """Returns <int32>[n_words], the id of each word, and the groups of words.

    A word without an id, and without n-grams that have ids, has the id -1.
    """
    ids = _kept_ids(encoder, self._index.tokens)
    if not self._tokenizer.add_characters:
      return ids, None
    ngrams, first_id = self._ngrams, len(encoder.vocabulary)
    ngram_ids = _kept_ids(encoder, ngrams.tokens)[ngrams.members]
    n_kept = np.append(0, np.cumsum(ngram_ids >= 0, dtype=np.int32))
    sizes = np.diff(n_kept[np.append(0, np.cumsum(ngrams.sizes))])
    is_group = sizes > 0
    has_word = (ids >= 0) & is_group
    sizes += has_word
    starts = np.cumsum(sizes) - sizes
    members = np.zeros(sizes.sum(), np.int32)
    is_ngram = np.ones(len(members), bool)
    is_ngram[starts[has_word]] = False
    members[starts[has_word]] = ids[has_word]
    members[is_ngram] = ngram_ids[ngram_ids >= 0]
    ids[is_group] = first_id + np.arange(is_group.sum())
    sizes = sizes[is_group].astype(np.int32)
    return ids, TokenGroups(first_id, members, sizes, has_word[is_group])

  def _ids_of_extra_tokens(
      self, encoder: TextEncoder
  ) -> list[Callable[[_Chunk], tuple[np.ndarray, np.ndarray]]]:
    """Returns functions from a chunk to ids of extra tokens, and their texts."""
    kinds: list[Callable[[_Chunk], tuple[np.ndarray, np.ndarray]]] = []
    if self._tokenizer.add_pairs:
      keys, _ = self._pairs
      pair_ids = _kept_ids(encoder, self._pair_tokens(keys))
      keys, pair_ids = keys[pair_ids >= 0], pair_ids[pair_ids >= 0]

      def ids_of_pairs(chunk: _Chunk) -> tuple[np.ndarray, np.ndarray]:
        chunk_keys, texts = self._keys(chunk), chunk.texts[chunk.begins_pair]
        if not len(keys):
          return np.zeros(0, np.int32), texts[:0]
        at = np.minimum(np.searchsorted(keys, chunk_keys), len(keys) - 1)
        return np.where(keys[at] == chunk_keys, pair_ids[at], -1), texts

      kinds.append(ids_of_pairs)
    if self._tokenizer.add_negated:
      negated = (f'<not> {token}' for token in self._index.tokens)
      negated_ids = _kept_ids(encoder, negated)
      kinds.append(
          lambda chunk: (
              negated_ids[chunk.words[chunk.is_negated]],
              chunk.texts[chunk.is_negated],
          )
      )
    if self._tokenizer.add_lexicon:
      strengths = self._lexicon_tokens
      strength_ids = _kept_ids(encoder, strengths)
      strength_ids[[token == '' for token in strengths]] = -1
      kinds.append(
          lambda chunk: (
              strength_ids[chunk.words + self._n_words * chunk.is_negated],
              chunk.texts,
          )
      )
    return kinds

  def _chunks(self, title: str, for_pairs: bool = False) -> Iterator[_Chunk]:
    """Yields the texts in chunks, with a progress bar.

    Args:
      title: the title of the bar.
      for_pairs: whether the negated words are not required.
    """
    index, n_marks = self._index, self._index.n_marks
    starts = np.concatenate([[0], np.cumsum(index.lengths)])
    bounds = np.searchsorted(starts, np.arange(0, starts[-1], _CHUNK_WORDS))
    bounds = np.unique(np.append(bounds, [0, len(index.lengths)])).tolist()
    for first, last in _with_progress(title, [*itertools.pairwise(bounds)]):
      lengths = index.lengths[first:last]
      words = index.indices[starts[first] : starts[last]]
      texts = np.repeat(np.arange(last - first), lengths)
      is_next = np.zeros(len(words), bool)
      is_next[1:] = (texts[1:] == texts[:-1]) & (words[1:] >= n_marks)
      is_negated = np.zeros(len(words), bool)
      if self._tokenizer.add_negated and not for_pairs:
        is_negation, ends_clause = self._clauses
        is_negated = extra_tokens.negated_flags(
            is_negation[words], ends_clause[words], is_next
        )
      yield _Chunk(words, texts, is_next, is_negated, last - first)

  @functools.cached_property
  def _clauses(self) -> tuple[np.ndarray, np.ndarray]:
    """<bool>[n_words] twice: the negations, and the words that end a clause."""
    return extra_tokens.clauses(self._index.tokens)

  def _keys(self, chunk: _Chunk) -> np.ndarray:
    """Returns <int64>[n_pairs], a number for each pair of neighbouring words."""
    at = np.flatnonzero(chunk.begins_pair)
    return chunk.words[at].astype(np.int64) * self._n_words + chunk.words[at + 1]

  @functools.cached_property
  def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the distinct pairs, sorted, and the occurrences of each pair.

    Each pass over the texts counts the pairs that begin with some of the words, so the
    memory is bounded.
    """
    n_by_first = np.zeros(self._n_words, np.int64)
    for chunk in self._chunks('Counting pairs', for_pairs=True):
      firsts = chunk.words[chunk.begins_pair]
      n_by_first += np.bincount(firsts, minlength=self._n_words)
    ends = np.cumsum(n_by_first)
    total = int(ends[-1]) if self._n_words else 0
    limits = np.searchsorted(ends, np.arange(_CHUNK_PAIRS, total, _CHUNK_PAIRS))
    limits = np.unique(np.append(limits, [0, self._n_words])) * self._n_words
    keys, n_pairs = array.array('q'), array.array('i')  # They grow in place.
    for low, high in itertools.pairwise(limits.tolist()):
      parts = map(self._keys, self._chunks('Counting pairs', for_pairs=True))
      part = np.concatenate([k[(k >= low) & (k < high)] for k in parts])
      part.sort()  # `np.unique` would sort a copy.
      starts = np.flatnonzero(np.diff(part, prepend=-1))
      keys.frombytes(part[starts].tobytes())
      counts = np.diff(starts, append=len(part))
      n_pairs.frombytes(counts.astype(np.int32).tobytes())
    all_keys, n = np.asarray(keys), np.asarray(n_pairs)
    if self._tokenizer.keep_emoticons:
      return all_keys, n
    is_kept = [not self._tokenizer.is_removed(p) for p in self._pair_tokens(all_keys)]
    return all_keys[is_kept], n[is_kept]

  def _pair_tokens(self, keys: np.ndarray) -> Iterator[str]:
    """Yields the token of each pair."""
    tokens = self._index.tokens
    for start in range(0, len(keys), _CHUNK_WORDS):
      first, second = np.divmod(keys[start : start + _CHUNK_WORDS], self._n_words)
      for i, j in zip(first.tolist(), second.tolist()):
        yield extra_tokens.pair(tokens[i], tokens[j])

  @functools.cached_property
  def _lexicon_tokens(self) -> list[str]:
    """The lexicon's token of each word, then of each negated word; '' for none."""
    lexicon = dict(self._tokenizer.lexicon)
    tokens = self._index.tokens
    return [
        token
        for flag in (False, True)
        for token in extra_tokens.lexicon_tokens(tokens, [flag] * len(tokens), lexicon)
    ]

  @functools.cached_property
  def _ngrams(self) -> _Ngrams:
    index_of: dict[str, int] = {}
    members, sizes = array.array('i'), [0] * self._index.n_marks
    for word in _with_progress('Making n-grams', self._index.words):
      ngrams = self._tokenizer.character_ngrams(word)
      members.extend([index_of.setdefault(n, len(index_of)) for n in ngrams])
      sizes.append(len(ngrams))
    return _Ngrams([*index_of], np.array(members, np.int32), np.array(sizes, int))


def _with_progress(title: str, items: Sequence[Any]) -> Iterable[Any]:
  """Returns items with a progress bar, which appears on a terminal after 0.5 s."""
  import tqdm  # A lazy import, since most corpora need no progress bar.

  return tqdm.tqdm(items, desc=title, disable=None, delay=0.5, leave=False)


def _kept_ids(encoder: TextEncoder, tokens: Iterable[str]) -> np.ndarray:
  """Returns <int32>[n_tokens], the id of each token; -1 for tokens that are dropped."""
  ids = encoder.vocabulary.encode(tokens)
  ids[~encoder.is_kept(ids)] = -1
  return ids
