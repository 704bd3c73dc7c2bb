"""Tokenizes texts once: in parallel where there are many, and kept between runs."""

import dataclasses
import functools
import hashlib
import importlib.metadata
import importlib.resources
import json
import os
from collections.abc import Iterable, Sequence

import gin
import numpy as np

from trax_twitter_sentiment.encoding import cache
from trax_twitter_sentiment.parallel import map_in_order
from trax_twitter_sentiment.text.tokenizer import (
  SPECIAL_TOKENS,
  TweetTokenizer,
  shared_tokenizer,
)

_FORMAT = 2

# Texts that are tokenized, and travel between processes, together.
_CHUNK_SIZE = 512

# From here on, other processes save more time than they take to start.
_MANY_TEXTS = 50_000


@dataclasses.dataclass(frozen=True, eq=False)
class TokenIndex:
  """Tokenized texts, each token as its index in a list of the different ones.

  Attributes:
    tokens: the different tokens, in the order in which they first appear.
    indices: <int32>[n_tokens], the tokens of all texts, one after the other, each as
      its index in `tokens`.
    lengths: <int64>[n_texts], how many of them each text has.
  """

  tokens: tuple[str, ...]
  indices: np.ndarray
  lengths: np.ndarray

  def counts(self) -> dict[str, int]:
    """Returns how often each token appears, in the order of first appearance."""
    counts = np.bincount(self.indices, minlength=len(self.tokens))
    return dict(zip(self.tokens, counts.tolist(), strict=True))


@gin.configurable(module='trax_twitter_sentiment', denylist=['tokenizer', 'texts'])
def token_index(
    tokenizer: TweetTokenizer, texts: Sequence[str], use_cache: bool = True
) -> TokenIndex:
  """Returns texts tokenized, from the user's cache folder if it has them.

  Args:
    tokenizer: what tokenizes; its vocabulary plays no part.
    texts: the texts.
    use_cache: whether to look there, and to keep there what had to be tokenized.
      The environment variable `TRAX_TWITTER_SENTIMENT_CACHE=off` prevents it, too.
  """
  tokenizer = dataclasses.replace(tokenizer, vocabulary=SPECIAL_TOKENS, corpus='')
  if not (use_cache and cache.is_on()):
    return _tokenize(tokenizer, texts)
  key = _key(tokenizer, texts)
  arrays = cache.load(key)
  index = _from_arrays(arrays, len(texts)) if arrays else None
  if index is None:
    index = _tokenize(tokenizer, texts)
    cache.save(key, _to_arrays(index))
  return index


def _tokenize(tokenizer: TweetTokenizer, texts: Sequence[str]) -> TokenIndex:
  import tqdm  # Imported on use: of cached texts there is no progress to show.

  index_of: dict[str, int] = {}
  indices, lengths = [], []
  # `disable=None` shows the bar only if stderr is a terminal, and `delay` only if
  # tokenizing lasts half a second.
  with tqdm.tqdm(
      desc=f'Tokenizing {len(texts):,} texts',
      total=len(texts),
      unit=' texts',
      disable=None,
      delay=0.5,
      leave=False,
  ) as progress:
    for index in _indices_of_chunks(tokenizer, texts):
      merged = [index_of.setdefault(token, len(index_of)) for token in index.tokens]
      indices.append(np.array(merged, np.int32)[index.indices])
      lengths.append(index.lengths)
      progress.update(len(index.lengths))
  return TokenIndex(tuple(index_of), np.concatenate(indices), np.concatenate(lengths))


def _indices_of_chunks(
    tokenizer: TweetTokenizer, texts: Sequence[str]
) -> Iterable[TokenIndex]:
  chunks = (texts[i : i + _CHUNK_SIZE] for i in range(0, len(texts), _CHUNK_SIZE))
  n_processes = 1 if len(texts) < _MANY_TEXTS else len(os.sched_getaffinity(0))
  return map_in_order(
      functools.partial(_index_chunk, shared_tokenizer(tokenizer)), chunks, n_processes
  )


def _index_chunk(tokenizer: TweetTokenizer, texts: Sequence[str]) -> TokenIndex:
  index_of: dict[str, int] = {}
  indices: list[int] = []
  lengths = []
  for text in texts:
    tokens = tokenizer.tokenize(text)
    indices += [index_of.setdefault(token, len(index_of)) for token in tokens]
    lengths.append(len(tokens))
  return TokenIndex(
      tuple(index_of), np.array(indices, np.int32), np.array(lengths, np.int64)
  )


def _key(tokenizer: TweetTokenizer, texts: Sequence[str]) -> str:
  """Returns a name for what tokens depend on: the texts, the settings, the code."""
  digest = hashlib.sha256()
  package = importlib.resources.files('trax_twitter_sentiment')
  files = [package / 'encoding' / 'tokenized_texts.py']
  files += sorted((package / 'text').iterdir(), key=lambda file: file.name)
  for file in files:
    if file.name.endswith('.py'):
      digest.update(file.read_bytes())
  digest.update(f'{_FORMAT} {importlib.metadata.version("nltk")}'.encode())
  digest.update(tokenizer.to_json().encode())
  # Lengths tell apart texts that are the same one after the other.
  digest.update(np.array([len(text) for text in texts], np.int64).tobytes())
  for text in texts:
    digest.update(text.encode('utf-8', 'surrogatepass'))
  return digest.hexdigest()


def _to_arrays(index: TokenIndex) -> dict[str, np.ndarray]:
  # JSON holds any str; an array of str would lose null characters.
  tokens = np.frombuffer(json.dumps(index.tokens).encode(), np.uint8)
  return {'tokens': tokens, 'indices': index.indices, 'lengths': index.lengths}


def _from_arrays(arrays: dict[str, np.ndarray], n_texts: int) -> TokenIndex | None:
  """Returns what `_to_arrays` got; `None` if that can't be what this is."""
  try:
    tokens = json.loads(arrays['tokens'].tobytes())
    indices, lengths = arrays['indices'], arrays['lengths']
    whole = (
        isinstance(tokens, list)
        and all(isinstance(token, str) for token in tokens)
        and (indices.dtype, lengths.dtype) == (np.int32, np.int64)
        and (indices.ndim, lengths.shape) == (1, (n_texts,))
        and lengths.min(initial=0) >= 0
        and lengths.max(initial=0) <= len(indices)  # Else the sum could overflow.
        and lengths.sum() == len(indices)
        and indices.min(initial=0) >= 0
        and indices.max(initial=-1) < len(tokens)
    )
  except (KeyError, TypeError, ValueError, RecursionError):
    return None
  return TokenIndex(tuple(tokens), indices, lengths) if whole else None
