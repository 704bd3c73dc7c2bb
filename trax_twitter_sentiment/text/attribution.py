"""The words from which each token of a text is made, and their places in the text."""

import difflib
import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

_CHUNK = re.compile(r'\S+')


class AttributedToken(NamedTuple):
  """A token of a text, and the words from which it is made.

  `words` are indices in `tokenizer.word_tokens(text)`. The tokens for handles, links
  and hashtags have none.
  """

  token: str
  title: str  # The token in explanations: for a character n-gram, its word.
  words: tuple[int, ...]


def attributed_tokens(
    tokenizer: TweetTokenizer, text: str
) -> Iterator[AttributedToken]:
  """Yields each token of a text. The n-grams of a word follow the word.

  Examples:
    >>> tokenizer = TweetTokenizer(add_pairs=True)
    >>> [tuple(t) for t in attributed_tokens(tokenizer, 'good day')]
    [('good', 'good', (0,)), ('day', 'day', (1,)), ('good day', 'good day', (0, 1))]
  """
  words = tokenizer.word_tokens(text)
  for i, word in enumerate(words):
    for token in (word, *tokenizer.character_ngrams(word)):
      yield AttributedToken(token, word, (i,))
  for token, indices in tokenizer.placed_extra_tokens(text, words):
    yield AttributedToken(token, token, indices)


def word_spans(
    tokenizer: TweetTokenizer, text: str
) -> list[tuple[int, int] | None]:
  """Returns the start and the end of each word token in the text.

  Some steps of the tokenizer change words. If the place of a changed word is unknown,
  the result is `None`, or the place of its chunk: the text between two white spaces.

  Examples:
    >>> word_spans(TweetTokenizer(), '@amy So happy:)')
    [(5, 7), (8, 13), (13, 15)]
  """
  words: list[str] = []
  spans: list[tuple[int, int]] = []
  for chunk in _CHUNK.finditer(text):
    chunk_words = tokenizer.word_tokens(chunk.group())
    words += chunk_words
    spans += _spans_in_chunk(tokenizer, chunk.group(), chunk.start(), chunk_words)
  expected = tokenizer.word_tokens(text)
  if words == expected:
    return [*spans]
  # A few words, such as `. . .`, contain spaces, and emoticons can be split.
  places: list[tuple[int, int] | None] = [None] * len(expected)
  matcher = difflib.SequenceMatcher(None, words, expected, autojunk=False)
  for start, expected_start, size in matcher.get_matching_blocks():
    places[expected_start : expected_start + size] = spans[start : start + size]
  position = 0
  for i, word in enumerate(expected):
    if places[i] is None and (match := _pattern(word).search(text, position)):
      places[i] = match.span()
    position = (places[i] or (0, position))[1]
  return places


def _spans_in_chunk(
    tokenizer: TweetTokenizer, chunk: str, offset: int, words: Sequence[str]
) -> list[tuple[int, int]]:
  """Returns the place of each word of a chunk."""
  chunk_span = (offset, offset + len(chunk))
  spans = []
  position = 0
  for raw in tokenizer.split.words(chunk):
    if not tokenizer.tokens_of_words([raw]):
      continue
    match = _pattern(raw).search(chunk, position)
    if match is None:
      return [chunk_span] * len(words)
    position = match.end()
    spans.append((offset + match.start(), offset + position))
  # Cleaning can remove or join words, so there may be fewer spans than words.
  return spans if len(spans) == len(words) else [chunk_span] * len(words)


@functools.lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
  """Returns a pattern of a word, whose runs of three characters match longer runs."""
  runs = (''.join(run) for _, run in itertools.groupby(word))
  return re.compile(
      ''.join(
          f'{re.escape(run[0])}{{3,}}' if len(run) == 3 else re.escape(run)
          for run in runs
      )
  )
