"""What becomes of words, remembered: most of them come again and again."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from trax_twitter_sentiment.text import cleaning
from trax_twitter_sentiment.text.splitting import Splitter

T = TypeVar('T')

# What is longer is no word, has no stem, and isn't worth remembering.
MAX_LENGTH = 128
_MAX_REMEMBERED = 2**18

# The words that hold spaces are ellipses and telephone numbers. Where one goes on in a
# piece, the piece begins so,
_MAY_GO_ON = re.compile(r'\.|[*\-.)]*\(?\d{3}')
# and with what is before, and a space between, it looks so.
_GOES_ON = re.compile(r'\. \.|\d[*\-.)]* [*\-.)]*\(?\d{3}')
# What may be between the parts of a number.
_BETWEEN = re.compile(r'[*\-.)]*')


class _MayGoOnError(Exception):
  """A piece may be a part of a word that began before it."""


class Memory(dict[str, T]):
  """Maps strings to what a function makes of them, each worked out once."""

  def __init__(self, function: Callable[[str], T]):
    super().__init__()
    self._function = function

  def __missing__(self, key: str) -> T:
    result = self._function(key)
    # Bounded in both ways, whatever the texts are.
    if len(key) <= MAX_LENGTH and len(self) < _MAX_REMEMBERED:
      self[key] = result
    return result


class Pieces(Generic[T]):
  """What a function makes of the words of texts, a piece between spaces at a time.

  Args:
    split: finds words.
    make: makes something of some words.
    join: makes one of what was made of the pieces of a text.
  """

  def __init__(
      self,
      split: Splitter,
      make: Callable[[list[str]], T],
      join: Callable[[Iterable[T]], T],
  ):
    self._split = split
    self._make = make
    self._join = join
    # Of pieces that nothing before can go on in, so that they always mean the same;
    # and of the others, where they don't go on with anything.
    self._made = Memory(self._made_of)
    self._made_alone = Memory(lambda piece: make(split.words_of_piece(piece)))

  def __call__(self, text: str) -> T:
    """Returns what is made of all words of a text."""
    if len(text) > cleaning.PIECE_LENGTH:
      return self._join(map(self._of, cleaning.pieces(text)))
    return self._of(text)

  def _of(self, text: str) -> T:
    pieces = (text.replace('\n', ' ') if '\n' in text else text).split(' ')
    try:
      return self._join(map(self._made.__getitem__, pieces))
    except _MayGoOnError:
      return self._carefully(text, pieces)

  def _made_of(self, piece: str) -> T:
    words = self._split.words_of_piece(piece)
    if _MAY_GO_ON.match(''.join(words)):
      raise _MayGoOnError
    return self._make(words)

  def _carefully(self, text: str, pieces: Sequence[str]) -> T:
    found = []
    for i, piece in enumerate(pieces):
      try:
        found.append(self._made[piece])
      except _MayGoOnError:
        letters = ''.join(self._split.words_of_piece(piece))
        if _GOES_ON.search(f'{self._letters_before(pieces[:i])} {letters}'):
          return self._make(self._split.words(text))
        found.append(self._made_alone[piece])
    return self._join(found)

  def _letters_before(self, pieces: Sequence[str]) -> str:
    """Returns the letters of the last pieces: of all that a number could end with."""
    letters = ''
    for piece in reversed(pieces):
      letters = ''.join(self._split.words_of_piece(piece)) + letters
      if not _BETWEEN.fullmatch(letters):
        break
    return letters
