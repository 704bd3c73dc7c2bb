"""Ways in which tweets write one thing, made one: what the notebook leaves as it is."""

import html
import re

_APOSTROPHES = str.maketrans(dict.fromkeys('’‘ʼ′´`＇‛', "'"))
# How to draw the emoji before it, and the tone of its skin.
_EMOJI_VARIANTS = re.compile('[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]')

_SMILEY = re.compile('[\U0001f642\U0001f641\u263a\u2639]')

# A link ends where a bracket or a quote begins, and may be glued to a word.
_LINK = re.compile(
    r'(?:https?://|(?<![\w@])(?:www\.|t\.co/))[^\s<>"()]*', re.IGNORECASE
)
# Of any length; an address of e-mail has none.
_HANDLE = re.compile(r'(?<![\w@＠])[@＠]\w+')
# No reference to a character: `&#39;`.
_HASHTAG = re.compile(r'(?<!&)#(?=\w)')


def decode_references(text: str) -> str:
  """Returns a text whose character references are characters: `&amp;#39;` is `'`.

  Texts are often escaped twice.
  """
  return html.unescape(html.unescape(text)) if '&' in text else text


def fold_characters(text: str) -> str:
  """Returns a text with one kind of apostrophe, and emoji without variants."""
  if text.isascii():
    return text.replace('`', "'")
  return _EMOJI_VARIANTS.sub('', text.translate(_APOSTROPHES))


def marks(text: str) -> list[str]:
  """Returns a token for each handle, link and hashtag of a text.

  What they say is left out by most settings; that they are there says something, too.

  Examples:
    >>> marks('@amy see www.example.org #fun #sun')
    ['<handle>', '<link>', '<hashtag>', '<hashtag>']
  """
  return (
      ['<handle>'] * (len(_HANDLE.findall(text)) if _may_have_handle(text) else 0)
      + ['<link>'] * (len(_LINK.findall(text)) if _may_have_link(text) else 0)
      + ['<hashtag>'] * (len(_HASHTAG.findall(text)) if '#' in text else 0)
  )


def remove_all_links(text: str) -> str:
  """Returns a text with a space for each link: `HTTP://…`, `www.…`, `t.co/…`, too."""
  return _LINK.sub(' ', text) if _may_have_link(text) else text


def remove_smileys(text: str) -> str:
  """Returns a text with a space for each emoji that is `:)` or `:(` as a character."""
  return text if text.isascii() else _SMILEY.sub(' ', text)


def remove_all_handles(text: str) -> str:
  """Returns a text with a space for each handle, however long."""
  return _HANDLE.sub(' ', text) if _may_have_handle(text) else text


def _may_have_link(text: str) -> bool:
  return '/' in text or 'w.' in text or 'W.' in text


def _may_have_handle(text: str) -> bool:
  return '@' in text or '＠' in text
