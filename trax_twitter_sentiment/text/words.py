"""Caches by word, since tweets repeat words."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from trax_twitter_sentiment.text.splitting import Splitter

T = TypeVar('T')

# Longer strings are not words. They have no stem and are not cached.
MAX_LENGTH = 128
_MAX_ENTRIES = 2**18

# NLTK's expressions need quadratic time for some long runs, of digits for example. So
# a text that is longer than any tweet is first cut into parts of this length.
_PART_LENGTH = 1024

# Two kinds of words contain spaces: `. . .` and telephone numbers, `555 1234`.
# The second piece of such a word matches this pattern.
_CONTINUATION = re.compile(r'\.|[*\-.)]*\(?\d{3}')
# Two pieces of such a word, joined by a space, match this pattern.
_CONTINUED_WORD = re.compile(r'\. \.|\d[*\-.)]* [*\-.)]*\(?\d{3}')
# The characters between two parts of a telephone number.
_SEPARATORS = re.compile(r'[*\-.)]*')


class _MayContinueError(Exception):
  """An error for a piece that may continue a word of the piece before it."""


class Memo(dict[str, T]):
  """A dictionary that computes a missing value by a function, and keeps it.

  Long keys, and keys beyond a maximum number of entries, are not kept.
  """

  def __init__(self, function: Callable[[str], T]):
    super().__init__()
    self._function = function

  def __missing__(self, key: str) -> T:
    result = self._function(key)
    if len(key) <= MAX_LENGTH and len(self) < _MAX_ENTRIES:
      self[key] = result
    return result


class CachedByPiece(Generic[T]):
  """Applies a function to the words of a text, and caches results by piece.

  A piece is the text between two spaces. `convert` converts a list of words into a
  result, and `join` joins the results of the pieces of a text.
  """

  def __init__(
      self,
      split: Splitter,
      convert: Callable[[list[str]], T],
      join: Callable[[Iterable[T]], T],
  ):
    self._split = split
    self._convert = convert
    self._join = join
    # The results of pieces that cannot continue a word.
    self._results = Memo(self._convert_piece)
    # The results of the other pieces, if they continue no word of their text.
    self._results_alone = Memo(lambda piece: convert(split.words_of_piece(piece)))

  def __call__(self, text: str) -> T:
    """Returns the result for all words of a text."""
    if len(text) > _PART_LENGTH:
      return self._join(map(self._apply, _parts(text)))
    return self._apply(text)

  def _apply(self, text: str) -> T:
    pieces = (text.replace('\n', ' ') if '\n' in text else text).split(' ')
    try:
      return self._join(map(self._results.__getitem__, pieces))
    except _MayContinueError:
      return self._apply_with_continuations(text, pieces)

  def _convert_piece(self, piece: str) -> T:
    piece_words = self._split.words_of_piece(piece)
    if _CONTINUATION.match(''.join(piece_words)):
      raise _MayContinueError
    return self._convert(piece_words)

  def _apply_with_continuations(self, text: str, pieces: Sequence[str]) -> T:
    results = []
    for i, piece in enumerate(pieces):
      try:
        results.append(self._results[piece])
      except _MayContinueError:
        letters = ''.join(self._split.words_of_piece(piece))
        if _CONTINUED_WORD.search(f'{self._letters_before(pieces[:i])} {letters}'):
          # A word contains a space, so the text is split without a cache.
          return self._convert(self._split.words(text))
        results.append(self._results_alone[piece])
    return self._join(results)

  def _letters_before(self, pieces: Sequence[str]) -> str:
    """Returns the joined pieces from the last one that is not a separator on."""
    letters = ''
    for piece in reversed(pieces):
      letters = ''.join(self._split.words_of_piece(piece)) + letters
      if not _SEPARATORS.fullmatch(letters):
        break
    return letters


def _parts(text: str) -> Iterator[str]:
  """Yields a long text in parts of bounded length, cut at white space if possible."""
  start = 0
  while len(text) - start > _PART_LENGTH:
    end = start + _PART_LENGTH
    cut = max(text.rfind(' ', start, end), text.rfind('\n', start, end))
    cut = cut if cut > start else end
    yield text[start:cut]
    start = cut
  yield text[start:]
