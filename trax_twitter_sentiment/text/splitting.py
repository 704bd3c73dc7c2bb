"""Splits a text into words, exactly as NLTK's `TweetTokenizer` does.

NLTK takes seconds to import, and uses the slow package `regex`. This module has the
same regular expressions, but Python's faster `re` matches ASCII texts and some emoji.
`tests/text/test_splitting.py` compares the words with NLTK's.

Source: `nltk.tokenize.casual.TweetTokenizer` of NLTK 3.10.
"""

import functools
import html.entities
import re
from typing import Any

_EMOTICON = r"""
    (?:
      [<>]?[:;=8][\-o*']?[)\](\[dp/:}{@|\\]
      | [)\](\[dp/:}{@|\\][\-o*']?[:;=8][<>]?
      | </?3
    )
"""
_PARENTHESES = r"""
    \([^\s()]{0,255}?\([^\s()]{1,255}\)[^\s()]{0,255}?\) | \([^\s]{1,255}?\)
"""
# The first alternative that matches decides the kind of a word.
_WORD = r"""
    # Links, domains, telephone numbers.
      (?:https?:(?:/{1,3}|[a-z0-9%])|[a-z0-9.\-]{1,255}[.][a-z]{2,13}/)
      (?:[^\s()<>{}\[\]]+|PARENTHESES)+
      (?:PARENTHESES|[^\s`!()\[\]{};:'".,<>?«»“”‘’])
    | (?<!@)[a-z0-9]+(?:[.\-][a-z0-9]+){0,126}[.][a-z]{2,13}\b/?(?!@)
    | (?:\+?[01][ *\-.\)]*)?(?:\(?\d{3}[ *\-.\)]*)?\d{3}[ *\-.\)]*\d{4}
    # Emoticons, tags of HTML, arrows, handles, hashtags, addresses.
    | EMOTICON
    | <[^>\s]+>
    | -+> | <-+
    | @\w+
    | \#+\w+[\w'\-]*\w+
    | [\w.+-]{1,64}@[\w-]{1,63}\.(?:[\w-]\.?){1,251}[\w-]
    # Emoji of several parts, flags.
    | \S(?:[\U0001f3fb-\U0001f3ff]?(?:\u200d\S[\U0001f3fb-\U0001f3ff]?)+
          |[\U0001f3fb-\U0001f3ff])
    | [\U0001f1e6-\U0001f1ff]{2}
    | \U0001f3f4\U000e0067\U000e0062
      (?:\U000e0065\U000e006e\U000e0067
        |\U000e0073\U000e0063\U000e0074
        |\U000e0077\U000e006c\U000e0073)\U000e007f
    # Words, numbers, ellipses, signs.
    | [^\W\d_](?:[^\W\d_]|['\-_])+[^\W\d_]
    | [+\-]?\d+[,/.:-]\d+[+\-]?
    | \w+
    | \.(?:[^\S\r\n]*\.)+
    | \S
""".replace('EMOTICON', _EMOTICON).replace('PARENTHESES', _PARENTHESES)
_HANDLE = (
    r'(?<![A-Za-z0-9_!@#\$%&*])@'
    r'(?:[A-Za-z0-9_]{15}(?!@)|[A-Za-z0-9_]{1,14}(?![A-Za-z0-9_]*@))'
)
_ELONGATION = r'(.)\1{2,}'
_REFERENCE = r'&(#?(x?))([^&;\s]+);'

# The characters for which `re` and `regex` return the same words: ASCII, and signs and
# emoji that are single words.
_PLAIN = re.compile(
    '[!-~“”‘’…–—☀-❵➔-➿\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff'
    '\U0001f900-\U0001f9ff]+'
)
_find_plain_words = re.compile(_WORD, re.VERBOSE | re.IGNORECASE | re.ASCII).findall
_remove_plain_handles = functools.partial(re.compile(_HANDLE).sub, ' ')
_shorten_plain = functools.partial(re.compile(_ELONGATION).sub, r'\1\1\1')
# NLTK always shortens runs of four or more signs, even without `reduce_len`.
_shorten_plain_signs = functools.partial(
    re.compile(r'([^A-Za-z0-9])\1{3,}').sub, r'\1\1\1'
)
_has_emoticon = re.compile(_EMOTICON, re.VERBOSE | re.IGNORECASE).search


def has_emoticon(word: str) -> bool:
  """Returns whether a word contains an emoticon. NLTK keeps the case of such words."""
  return not word.isalpha() and _has_emoticon(word) is not None


class Splitter:
  """Splits texts into words. The arguments are those of NLTK's `TweetTokenizer`."""

  def __init__(self, strip_handles: bool, reduce_len: bool):
    self._strip_handles = strip_handles
    self._reduce_len = reduce_len

  def words(self, text: str) -> list[str]:
    """Returns the words of a text."""
    compiled = _expressions()
    text = compiled['reference'].sub(_character, text)
    if self._strip_handles:
      text = compiled['handle'].sub(' ', text)
    if self._reduce_len:
      text = compiled['elongation'].sub(r'\1\1\1', text)
    return compiled['word'].findall(compiled['run of signs'].sub(r'\1\1\1', text))

  def words_of_piece(self, piece: str) -> list[str]:
    """Returns the words of a text without spaces, faster than `words`."""
    if piece.isalpha() and piece.isascii():
      return [_shorten_plain(piece) if self._reduce_len else piece]
    # A character reference can stand for a character that `re` treats differently.
    if not _PLAIN.fullmatch(piece) or ('&' in piece and ';' in piece):
      return self.words(piece) if piece else []
    if self._strip_handles and '@' in piece:
      piece = _remove_plain_handles(piece)
    if self._reduce_len:
      piece = _shorten_plain(piece)
    return _find_plain_words(_shorten_plain_signs(piece))


@functools.cache
def _expressions() -> dict[str, Any]:
  """Returns NLTK's expressions for all of Unicode, compiled by `regex` as in NLTK."""
  # A lazy import, since few texts need this engine.
  import regex

  return {
      'word': regex.compile(_WORD, regex.VERBOSE | regex.IGNORECASE | regex.UNICODE),
      'reference': regex.compile(_REFERENCE),
      'handle': regex.compile(_HANDLE),
      'elongation': regex.compile(_ELONGATION),
      'run of signs': regex.compile(r'([^\p{L}\p{N}])\1{3,}'),
  }


def _character(reference: Any) -> str:
  """Returns the character of a character reference; '' for an invalid one."""
  is_number, is_hexadecimal, body = reference.groups()
  if not is_number:
    code = html.entities.name2codepoint.get(body)
    return '' if code is None else chr(code)
  try:
    code = int(body, 16 if is_hexadecimal else 10)
    # Browsers decode these codes as Windows-1252.
    return bytes([code]).decode('cp1252') if 0x80 <= code <= 0x9F else chr(code)
  except (ValueError, OverflowError):
    return ''
