"""Normalization: several spellings of the same characters become one spelling.

`TweetTokenizer.normalize`, which is off by default, switches these steps on. The
notebook has no such steps.
"""

import html
import re
import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys('’‘ʼ′´`＇‛', "'"))
# Variation selectors and skin tones.
_EMOJI_MODIFIERS = re.compile('[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]')

_SMILEY = re.compile('[\U0001f642\U0001f641\u263a\u2639]')

# The tags that web pages and reviews contain. Other text in angle brackets may be an
# emoticon or a placeholder, so it stays.
_HTML_TAG = re.compile(
    r'</?(?:a|b|br|div|em|font|hr|i|img|li|ol|p|small|span|strong|sub|sup|u|ul)'
    r'(?:\s[^<>]{0,1000})?/?>',
    re.IGNORECASE,
)

# A link ends before a bracket or a quote, and may directly follow a word.
_LINK = re.compile(
    r'(?:https?://|(?<![\w@])(?:www\.|t\.co/))[^\s<>"()]*', re.IGNORECASE
)
# An @ inside an e-mail address does not begin a handle.
_HANDLE = re.compile(r'(?<![\w@＠])[@＠]\w+')
# The tokens of `marks`.
MARKS = ('<handle>', '<link>', '<hashtag>')

# The # of a character reference such as `&#39;` or `&amp;#39;` begins no hashtag.
_HASHTAG = re.compile(r'(?<!&)(?<!&amp;)#(?=\w)')


def compose(text: str) -> str:
  """Returns a text in NFC, so that `é` is one character."""
  return text if text.isascii() else unicodedata.normalize('NFC', text)


def decode_references(text: str) -> str:
  """Returns a text without HTML tags, its character references decoded.

  References are decoded twice, since many texts were escaped twice.

  Examples:
    >>> decode_references('it&amp;#39;s<br />great')
    "it's great"
  """
  if '&' in text:
    text = html.unescape(html.unescape(text))
  return _HTML_TAG.sub(' ', text) if '<' in text else text


def fold_characters(text: str) -> str:
  """Returns a text with plain apostrophes and emoji without modifiers."""
  if text.isascii():
    return text.replace('`', "'")
  return _EMOJI_MODIFIERS.sub('', text.translate(_APOSTROPHES))


def marks(text: str) -> list[str]:
  """Returns a token for each handle, link and hashtag of a text.

  If other steps remove handles and links, these tokens still count them.

  Examples:
    >>> marks('@amy see www.example.org #fun #sun')
    ['<handle>', '<link>', '<hashtag>', '<hashtag>']
  """
  handles = _HANDLE.findall(text) if _may_have_handle(text) else ()
  links = _LINK.findall(text) if _may_have_link(text) else ()
  hashtags = _HASHTAG.findall(text) if '#' in text else ()
  handle, link, hashtag = MARKS
  return [handle] * len(handles) + [link] * len(links) + [hashtag] * len(hashtags)


def remove_all_links(text: str) -> str:
  """Returns a text with a space for each link, also `HTTP://…`, `www.…`, `t.co/…`."""
  return _LINK.sub(' ', text) if _may_have_link(text) else text


def remove_smileys(text: str) -> str:
  """Returns a text with a space for each emoji that stands for `:)` or `:(`."""
  return text if text.isascii() else _SMILEY.sub(' ', text)


def remove_all_handles(text: str) -> str:
  """Returns a text with a space for each handle, of any length."""
  return _HANDLE.sub(' ', text) if _may_have_handle(text) else text


def _may_have_link(text: str) -> bool:
  return '/' in text or 'w.' in text or 'W.' in text


def _may_have_handle(text: str) -> bool:
  return '@' in text or '＠' in text
