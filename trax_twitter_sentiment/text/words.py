"""From a text to its words: those of NLTK's tokenizer of tweets, found faster.

NLTK looks at a whole text with three regular expressions. Almost all words lie between
spaces, though, and most pieces of texts come again and again: so each piece is split
once, by fewer looks, and NLTK itself gets but the pieces, and the texts, where more is
to be thought of. The words are the same (`tests/text/test_words.py`).

Source: NLTK's `nltk.tokenize.casual.TweetTokenizer`.
"""

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from trax_twitter_sentiment.text import cleaning
from trax_twitter_sentiment.trax_support.fast_imports import no_garbage_collection

T = TypeVar('T')

# What is longer is no word: it has no stem (of a run of y, older NLTKs' stemmer finds
# one by a recursion as deep as it is long), and isn't worth remembering.
MAX_LENGTH = 128
_MAX_REMEMBERED = 2**18

# ASCII, and signs and emoji that are a word each: no letter, digit, mark, or part of a
# longer emoji. NLTK's expression bounds some repetitions, at more than this length.
_PLAIN = re.compile(
    '[!-~“”‘’…–—☀-❵➔-➿\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff'
    '\U0001f900-\U0001f9ff]{1,64}'
)
# A word of such a piece, as NLTK has it, where no other characters are.
_WORD = re.compile(
    r"""
      (?:https?:(?:/{1,3}|[a-z0-9%])|[a-z0-9.\-]+[.][a-z]{2,13}/)   # links
      (?:
        [^\s()<>{}\[\]]+
        | \([^\s()]*?\([^\s()]+\)[^\s()]*?\)
        | \([^\s]+?\)
      )+
      (?:
        \([^\s()]*?\([^\s()]+\)[^\s()]*?\)
        | \([^\s]+?\)
        | [^\s`!()\[\]{};:'".,<>?«»“”‘’]
      )
    | (?<!@)[a-z0-9]+(?:[.\-][a-z0-9]+)*[.][a-z]{2,13}\b/?(?!@)     # domains
    | (?:\+?[01][ *\-.\)]*)?(?:\(?\d{3}[ *\-.\)]*)?\d{3}[ *\-.\)]*\d{4}  # telephones
    | [<>]?[:;=8][\-o*']?[)\](\[dp/:}{@|\\]                         # emoticons
    | [)\](\[dp/:}{@|\\][\-o*']?[:;=8][<>]?
    | </?3
    | <[^>\s]+>                                                     # tags of HTML
    | -+> | <-+
    | @\w+
    | \#+\w+[\w'\-]*\w+
    | [\w.+-]+@[\w-]+\.(?:[\w-]\.?)+[\w-]                           # e-mail
    | [a-z][a-z'\-_]+[a-z]
    | [+\-]?\d+[,/.:-]\d+[+\-]?
    | \w+
    | \.(?:\s*\.)+
    | \S
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_HANDLE = re.compile(
    r'(?<![A-Za-z0-9_!@#\$%&*])@(?:[A-Za-z0-9_]{15}(?!@)|[A-Za-z0-9_]{1,14}(?![A-Za-z0-9_]*@))'
)
_ELONGATION = re.compile(r'(.)\1{2,}')
# NLTK shortens such runs in any case.
_LONG_RUN = re.compile(r'([^A-Za-z0-9])\1{3,}')

# NLTK's words that hold spaces are ellipses and telephone numbers. Where one goes on in
# a piece, the piece begins so,
_MAY_GO_ON = re.compile(r'\.|[*\-.)]*\(?\d{3}')
# and with what is before, and a space between, it looks so.
_GOES_ON = re.compile(r'\. \.|\d[*\-.)]* [*\-.)]*\(?\d{3}')
# What may be between the parts of a number.
_BETWEEN = re.compile(r'[*\-.)]*')


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


class Splitter:
  """Splits texts into words as NLTK's tokenizer of tweets does.

  Args:
    strip_handles: whether `@someone` goes.
    reduce_len: whether three or more of a character in a row become three.
  """

  def __init__(self, strip_handles: bool, reduce_len: bool):
    self._strip_handles = strip_handles
    self._reduce_len = reduce_len
    self._nltks: Callable[[str], list[str]] | None = None

  def __call__(self, text: str) -> list[str]:
    """Returns the words of a text, by NLTK."""
    if self._nltks is None:
      # Imported on use: NLTK takes longer to load than the rest of the package.
      with no_garbage_collection():
        from nltk.tokenize import casual

      self._nltks = casual.TweetTokenizer(
          preserve_case=True,  # Words become lower case later, each word once.
          strip_handles=self._strip_handles,
          reduce_len=self._reduce_len,
      ).tokenize
    return self._nltks(text)

  def words_of_piece(self, piece: str) -> list[str]:
    """Returns the words of a text without spaces, by NLTK only where it takes that."""
    is_word = piece.isalpha() and (self._reduce_len or piece.isascii())
    if not is_word:
      # A reference to a character may stand for any.
      if not _PLAIN.fullmatch(piece) or ('&' in piece and ';' in piece):
        return self(piece) if piece else []
      if self._strip_handles and '@' in piece:
        piece = _HANDLE.sub(' ', piece)
    if self._reduce_len:
      piece = _ELONGATION.sub(r'\1\1\1', piece)
    if is_word:
      return [piece]
    return _WORD.findall(_LONG_RUN.sub(r'\1\1\1', piece))


class Pieces(Generic[T]):
  """What a function makes of the words of texts, a piece of text at a time.

  Args:
    split: from a text to its words.
    make: from some words to anything but `None`.
  """

  def __init__(self, split: Splitter, make: Callable[[list[str]], T]):
    self._split = split
    self._make = make
    self._made = Memory(self._made_of)
    # Of the pieces in which a word may go on.
    self._made_alone = Memory(lambda piece: make(split.words_of_piece(piece)))

  def __call__(self, text: str) -> Sequence[T]:
    """Returns what is made of each piece of a text; together, of all its words."""
    if len(text) > cleaning.PIECE_LENGTH:
      return [made for part in cleaning.pieces(text) for made in self._of(part)]
    return self._of(text)

  def _of(self, text: str) -> Sequence[T]:
    pieces = (text.replace('\n', ' ') if '\n' in text else text).split(' ')
    made = [*map(self._made.__getitem__, pieces)]
    if None in made:
      return self._carefully(text, pieces, made)
    return made

  def _made_of(self, piece: str) -> T | None:
    """Returns what is made of a piece; `None` if a word before may go on in it."""
    words = self._split.words_of_piece(piece)
    return None if _MAY_GO_ON.match(''.join(words)) else self._make(words)

  def _carefully(
      self, text: str, pieces: Sequence[str], made: Sequence[T | None]
  ) -> Sequence[T]:
    for i, found in enumerate(made):
      if found is None and self._goes_on(pieces[:i], pieces[i]):
        return [self._make(self._split(text))]
    return [
        self._made_alone[piece] if found is None else found
        for piece, found in zip(pieces, made, strict=True)
    ]

  def _goes_on(self, before: Sequence[str], piece: str) -> bool:
    """Returns whether one word may be of a piece and of those before."""
    letters = ''
    for previous in reversed(before):
      letters = ''.join(self._split.words_of_piece(previous)) + letters
      if not _BETWEEN.fullmatch(letters):
        break
    joined = f'{letters} {"".join(self._split.words_of_piece(piece))}'
    return _GOES_ON.search(joined) is not None
