"""Texts as words, cached between runs. Many texts are tokenized in parallel."""

import array
import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
from collections.abc import Iterable, Sequence

import gin
import numpy as np

from trax_twitter_sentiment.encoding import cache
from trax_twitter_sentiment.parallel import map_in_order
from trax_twitter_sentiment.text import normalization
from trax_twitter_sentiment.text.tokenizer import (
    MAX_CHARACTERS,
    TweetTokenizer,
    shared_tokenizer,
)

# The version of the cached arrays. It is part of the cache key.
_FORMAT = 3

# The number of texts that a process tokenizes at a time.
_CHUNK_SIZE = 512

# For this many texts, worker processes save more time than their start costs.
_MANY_TEXTS = 50_000


@dataclasses.dataclass(frozen=True, eq=False)
class TokenIndex:
  """The words of texts, each as its index in a list of distinct words.

  `TokenTable` derives n-grams and extra tokens from the words. If the tokenizer adds
  marks, such as `<link>`, the marks of a text follow its words.

  Attributes:
    tokens: the marks, then the distinct words in the order of first appearance.
    indices: <int32>[n], the words and marks of all texts, one text after the other,
      each as its index in `tokens`.
    lengths: <int64>[n_texts], the number of words and marks of each text.
    n_marks: the number of `tokens` that are marks.
  """

  tokens: tuple[str, ...]
  indices: np.ndarray
  lengths: np.ndarray
  n_marks: int = 0

  @property
  def words(self) -> tuple[str, ...]:
    """The tokens that are words."""
    return self.tokens[self.n_marks :]


@gin.configurable(module='trax_twitter_sentiment', denylist=['tokenizer', 'texts'])
def token_index(
    tokenizer: TweetTokenizer, texts: Sequence[str], use_cache: bool = True
) -> TokenIndex:
  """Returns the words of texts, from the user's cache folder if it contains them.

  Args:
    tokenizer: the tokenizer.
    texts: the texts.
    use_cache: whether to read and write the cache. The environment variable
      `TRAX_TWITTER_SENTIMENT_CACHE=off` switches the cache off, too.
  """
  if not (use_cache and cache.is_on()):
    return _tokenize(tokenizer, texts)
  key = _key(tokenizer, texts)
  arrays = cache.load(key)
  n_marks = len(_marks(tokenizer))
  index = _from_arrays(arrays, len(texts), n_marks) if arrays else None
  if index is None:
    index = _tokenize(tokenizer, texts)
    cache.save(key, _to_arrays(index))
  return index


def _tokenize(tokenizer: TweetTokenizer, texts: Sequence[str]) -> TokenIndex:
  import tqdm  # A lazy import, since cached texts need no progress bar.

  marks = _marks(tokenizer)
  index_of: dict[str, int] = {}
  # An `array` grows in place. Joining millions of small arrays would double the memory.
  indices, lengths = array.array('i'), array.array('q')
  # `disable=None` shows the bar on terminals only, `delay` for long work only.
  with tqdm.tqdm(
      desc=f'Tokenizing {len(texts):,} texts',
      total=len(texts),
      unit=' texts',
      disable=None,
      delay=0.5,
      leave=False,
  ) as progress:
    for index in _indices_of_chunks(tokenizer, texts):
      merged = [*range(len(marks)), *_add_words(index_of, index.words, len(marks))]
      indices.frombytes(np.array(merged, np.int32)[index.indices].tobytes())
      lengths.frombytes(index.lengths.tobytes())
      progress.update(len(index.lengths))
  tokens = (*marks, *index_of)
  return TokenIndex(tokens, np.asarray(indices), np.asarray(lengths), len(marks))


def _marks(tokenizer: TweetTokenizer) -> tuple[str, ...]:
  return normalization.MARKS if tokenizer.add_marks else ()


def _indices_of_chunks(
    tokenizer: TweetTokenizer, texts: Sequence[str]
) -> Iterable[TokenIndex]:
  chunks = (texts[i : i + _CHUNK_SIZE] for i in range(0, len(texts), _CHUNK_SIZE))
  n_processes = 1 if len(texts) < _MANY_TEXTS else len(os.sched_getaffinity(0))
  return map_in_order(
      functools.partial(_index_chunk, shared_tokenizer(tokenizer)), chunks, n_processes
  )


def _index_chunk(tokenizer: TweetTokenizer, texts: Sequence[str]) -> TokenIndex:
  marks = _marks(tokenizer)
  index_of: dict[str, int] = {}
  indices: list[int] = []
  lengths = []
  for text in texts:
    n_before = len(indices)
    indices += _add_words(index_of, tokenizer.word_tokens(text), len(marks))
    if marks:
      indices += map(marks.index, normalization.marks(text[:MAX_CHARACTERS]))
    lengths.append(len(indices) - n_before)
  return TokenIndex(
      (*marks, *index_of),
      np.array(indices, np.int32),
      np.array(lengths, np.int64),
      len(marks),
  )


def _add_words(
    index_of: dict[str, int], words: Iterable[str], n_marks: int
) -> list[int]:
  """Returns the index of each word, after the marks. New words get the next index."""
  return [index_of.setdefault(word, n_marks + len(index_of)) for word in words]


def _key(tokenizer: TweetTokenizer, texts: Sequence[str]) -> str:
  """Returns the cache key: a checksum of the texts, the settings and the code."""
  digest = hashlib.sha256()
  for file in code_files():
    digest.update(file.read_bytes())
  digest.update(f'{_FORMAT} {importlib.metadata.version("nltk")}'.encode())
  digest.update(tokenizer.to_json().encode())
  # Without the lengths, moving a character from one text to the next would go
  # unnoticed.
  digest.update(np.array([len(text) for text in texts], np.int64).tobytes())
  for text in texts:
    digest.update(text.encode('utf-8', 'surrogatepass'))
  return digest.hexdigest()


def code_files() -> list[pathlib.Path]:
  """Returns the source files that decide the tokens of a text."""
  this_file = pathlib.Path(__file__)
  return [this_file, *sorted((this_file.parent.parent / 'text').glob('*.py'))]


def _to_arrays(index: TokenIndex) -> dict[str, np.ndarray]:
  # JSON keeps null characters, which an array of str would lose.
  tokens = np.frombuffer(json.dumps(index.tokens).encode(), np.uint8)
  return {'tokens': tokens, 'indices': index.indices, 'lengths': index.lengths}


def _from_arrays(
    arrays: dict[str, np.ndarray], n_texts: int, n_marks: int
) -> TokenIndex | None:
  """Returns the index that `_to_arrays` received; `None` for damaged arrays."""
  try:
    tokens = json.loads(arrays['tokens'].tobytes())
    indices, lengths = arrays['indices'], arrays['lengths']
    is_valid = (
        isinstance(tokens, list)
        and all(isinstance(token, str) for token in tokens)
        and (indices.dtype, lengths.dtype) == (np.int32, np.int64)
        and (indices.ndim, lengths.shape) == (1, (n_texts,))
        and lengths.min(initial=0) >= 0
        and lengths.max(initial=0) <= len(indices)  # Otherwise sums could overflow.
        and lengths.sum() == len(indices)
        and indices.min(initial=0) >= 0
        and indices.max(initial=-1) < len(tokens)
    )
  except (KeyError, TypeError, ValueError, RecursionError):
    return None
  if not is_valid:
    return None
  return TokenIndex(tuple(tokens), indices, lengths, n_marks)
