"""Emoticons: what they look like, and texts without them."""

import re

# The part of a link that emoticons are not looked for in: `http:/` holds one. It ends
# before a colon, so that an emoticon typed right behind a link is found.
_LINK_BODY = re.compile(r'(https?://[\w./?&=%#+~-]*)')

# One that doesn't end a character reference.
_SEMICOLON = r'(?<!&amp)(?<!&lt)(?<!&gt)(?<!&quot)(?<!&\#39)(?<!&\#039);'

# Brackets and signs may be taken generously, since punctuation goes anyway; where
# letters or digits take part, the look-arounds keep words and figures. Runs at the
# beginning are bounded, for linear time.
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
  """Returns a text with a space for each of its emoticons; links stay as they are.

  Examples:
    >>> remove_emoticons('great :-) https://example.com/a:)')
    'great   https://example.com/a '
  """
  # Of the parts, every second one is a link.
  parts = _LINK_BODY.split(text)
  parts[::2] = [_EMOTICON.sub(' ', part) for part in parts[::2]]
  return ''.join(parts)


def is_emoticon(token: str) -> bool:
  """Returns whether a token is an emoticon, and nothing else."""
  return _EMOTICON.fullmatch(token) is not None
