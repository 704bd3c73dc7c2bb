"""Emoticons: their pattern, and texts without them."""

import re

# `http:/` contains the emoticon `:/`, so links are left out of the search. A link ends
# before a colon, since people type emoticons right after links.
_LINK_BODY = re.compile(r'(https?://[\w./?&=%#+~-]*)')

# A semicolon that does not end a character reference such as `&amp;`.
_SEMICOLON = r'(?<!&amp)(?<!&lt)(?<!&gt)(?<!&quot)(?<!&\#39)(?<!&\#039);'

# The tokenizer removes punctuation, so the pattern may match too many brackets. Letters
# and digits have look-arounds, so that words and numbers do not match. Runs at the
# beginning have a maximum length, so that the search takes linear time.
_EMOTICON = re.compile(
    r"""
      (?:>\s?|&gt;\s?)?                                      # the brow of >:(
      [:;=]\s?['’´`^o*~-]{0,3}\s?[()\[\]{}<>|/\\@*$]+     # :)  :-((  =)  : )  :')
    | (?::|_SEMICOLON|(?<!\w)=)['’´`^o*~-]{0,3}([dDpPoOsSxXcCbBvV])\1*(?!\w)  # :D
    | (?<!\w)[:=]['’^o*~-]?3+(?!\w)                       # :3
    | (?<!\w)8['’^o*~-]{0,2}[()]+                         # 8)  8-)
    | (?<!\w)[xX][dDpP]+(?!\w)                            # xD  XDD
    | [()\[\]{}|/\\]{1,9}['’^o*~-]{0,2}\s?[:;=]           # (:  )-:
    | (?<!\w)[dD]['’^o*~-]{0,2}[:;=](?!\w)                # D:
    | (?:<|&lt;)/?3+(?!\d)                                # <3  </3  <333
    | (?<!\w)(?:[tT][_.]+[tT]|[uU]_+[uU]|[oO]_+[oO])(?!\w)  # T_T  u_u  o_O
    | ;[_.-]{1,9}; | \^[_.-]*\^ | -_+- | @_+@              # ;_;  ^_^  -_-  @_@
    | (?:>|&gt;)(?:[._,]{0,3}|\s)(?:<|&lt;)               # >.<  > <
    | (?<![\w)])-[()]+(?!\w)                              # -)  -(  without eyes
    | \([yY]\) | \\[oO]/                                  # (y)  \o/
    """.replace('_SEMICOLON', _SEMICOLON),
    re.VERBOSE,
)


def remove_emoticons(text: str) -> str:
  """Returns a text with a space for each emoticon. Links stay unchanged.

  Examples:
    >>> remove_emoticons('great :-) https://example.com/a:)')
    'great   https://example.com/a '
  """
  # `split` returns the links as every second part.
  parts = _LINK_BODY.split(text)
  parts[::2] = [_EMOTICON.sub(' ', part) for part in parts[::2]]
  return ''.join(parts)


def is_emoticon(token: str) -> bool:
  """Returns whether a token is an emoticon."""
  return _EMOTICON.fullmatch(token) is not None
