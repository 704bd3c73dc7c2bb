"""The notebook's cleaning of a tweet, before the tweet is split into words."""

import re

_TICKER = re.compile(r'\$\w*')
_RETWEET_MARK = re.compile(r'^RT\s+')
_LINK = re.compile(r'https?://\S*[\r\n]*')
_SPLIT_EMOTICON = re.compile(r'(?<!\S): ([()])(?!\S)')


def join_split_emoticons(text: str) -> str:
  """Returns a text with `:)` and `:(` for `: )` and `: (` between white space."""
  return _SPLIT_EMOTICON.sub(r':\1', text)


def remove_tickers(text: str) -> str:
  """Returns a text without stock symbols such as `$TSLA`."""
  return _TICKER.sub('', text)


def remove_retweet_mark(text: str) -> str:
  """Returns a text without a leading `RT `."""
  return _RETWEET_MARK.sub('', text)


def remove_links(text: str) -> str:
  """Returns a text without `http(s)://…` and the line ends right after it."""
  return _LINK.sub('', text)
