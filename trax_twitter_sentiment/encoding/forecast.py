"""A forecast of the memory that a large corpus requires, before it is tokenized."""

import math
import sys

import numpy as np

from trax_twitter_sentiment import memory
from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.encoding.token_table import TokenTable
from trax_twitter_sentiment.encoding.tokenized_texts import token_index
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

# The number of texts from which a corpus has a forecast, and of those that are sampled.
_MANY_TEXTS, _SAMPLE_SIZE = 200_000, 10_000

# The bytes for each word of the texts, and for each token of the vocabulary, while the
# texts become ids.
_BYTES_PER_WORD, _BYTES_PER_TOKEN = 14, 600


def announce(
    corpus: Corpus, tokenizer: TweetTokenizer, min_count: int, max_size: int | None
) -> None:
  """Prints what a large corpus requires: texts, words, tokens and memory.

  The number of words and tokens follows from a sample of the training texts. The number
  of tokens with an id grows by a power of the number of texts (Heaps' law).

  Args:
    corpus: the corpus.
    tokenizer: the tokenizer.
    min_count: the minimum number of occurrences of a token with an id.
    max_size: the maximum number of tokens with an id; `None` for no maximum.

  Raises:
    UserError: if the words of the texts alone require more memory than is available.
  """
  texts = corpus.train.texts
  if len(texts) < _MANY_TEXTS:
    return
  rng = np.random.default_rng(0)
  rows = rng.choice(len(texts), _SAMPLE_SIZE, replace=False)
  sample = [texts[row] for row in rows]
  n_words, n_tokens = _sizes(tokenizer, sample, min_count)
  _, n_of_half = _sizes(tokenizer, sample[: _SAMPLE_SIZE // 2], min_count)
  factor = len(texts) / _SAMPLE_SIZE
  power = math.log2(max(1, n_tokens) / max(1, n_of_half))
  n_words = round(n_words * factor)
  n_tokens = min(round(n_tokens * factor**power), max_size or sys.maxsize)
  for_words = memory.used() + _BYTES_PER_WORD * n_words
  n_bytes = for_words + _BYTES_PER_TOKEN * n_tokens
  available = memory.limit()
  room = f'; {available / 1e9:.1f} GB are available' if available else ''
  print(
      f'{corpus.name}: {len(texts):,} training texts have about {n_words:,} words and '
      f'{n_tokens:,} different tokens. They require about {n_bytes / 1e9:.1f} GB of '
      f'memory{room}.',
      file=sys.stderr,
  )
  if available and for_words > available:
    raise UserError(
        f'{corpus.name}: the words of {len(texts):,} texts require about '
        f'{for_words / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are '
        f'available. About {int(len(texts) * available / for_words):,} texts fit.'
    )


def _sizes(
    tokenizer: TweetTokenizer, texts: list[str], min_count: int
) -> tuple[int, int]:
  """Returns the number of words, and of different tokens that occur often enough."""
  index = token_index(tokenizer, texts, use_cache=False)
  return len(index.indices), len(TokenTable(tokenizer, index).counts(min_count))
