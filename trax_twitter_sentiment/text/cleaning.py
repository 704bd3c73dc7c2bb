"""The notebook's cleaning of a tweet, before it is split into words."""

import re
from collections.abc import Iterator

_TICKER = re.compile(r'\$\w*')
_RETWEET_MARK = re.compile(r'^RT\s+')
_LINK = re.compile(r'https?://\S*[\r\n]*')
_SPLIT_EMOTICON = re.compile(r'(?<!\S): ([()])(?!\S)')

# NLTK's tokenizer takes quadratic time on some long runs (of digits, say), so a
# text longer than any tweet goes to it in pieces.
PIECE_LENGTH = 1024


def join_split_emoticons(text: str) -> str:
  """Returns a text whose `: )` and `: (`, between white space, are `:)` and `:(`."""
  return _SPLIT_EMOTICON.sub(r':\1', text)


def remove_tickers(text: str) -> str:
  """Returns a text without stock symbols such as `$TSLA`."""
  return _TICKER.sub('', text)


def remove_retweet_mark(text: str) -> str:
  """Returns a text without an `RT ` at its beginning."""
  return _RETWEET_MARK.sub('', text)


def remove_links(text: str) -> str:
  """Returns a text without `http(s)://…`, and without line ends right after them."""
  return _LINK.sub('', text)


def pieces(text: str) -> Iterator[str]:
  """Yields a long text in pieces, cut at white space where there is some."""
  start = 0
  while len(text) - start > PIECE_LENGTH:
    end = start + PIECE_LENGTH
    cut = max(text.rfind(' ', start, end), text.rfind('\n', start, end))
    cut = cut if cut > start else end
    yield text[start:cut]
    start = cut
  yield text[start:]
