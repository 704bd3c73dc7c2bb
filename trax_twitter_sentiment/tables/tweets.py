"""Tweets in the JSON of Twitter's APIs and of its archive."""

import re
from typing import Any

Fields = dict[str, Any]

# The archive's files are JavaScript: an assignment of an array.
ASSIGNMENT = re.compile(r'\s*window\.YTD\.[\w.]+\s*=\s*')


def tweets_of(value: Fields) -> list[Fields]:
  """Returns the tweets of a page of the API or of an entry of the archive.

  Any other object is returned alone.
  """
  match value:
    case {'data': list(tweets), **rest} if rest.keys() <= {
        'includes', 'meta', 'errors', '__twarc'
    } and all(isinstance(tweet, dict) for tweet in tweets):  # fmt: skip
      return tweets
    case {'tweet': dict(tweet), **rest} if not rest:
      return [tweet]
  return [value]


def text_of(fields: Fields) -> tuple[bool, Any]:
  """Returns whether a tweet has a text, and the whole text."""
  match fields:
    case {
        'retweeted_status': {'user': {'screen_name': str(name)}} as retweeted,
        'text': str(text),
    } if text.endswith('…'):  # fmt: skip
      is_known, whole_text = text_of(retweeted)
      return True, f'RT @{name}: {whole_text}' if is_known else text
    case {'extended_tweet': {'full_text': str(text)}}:
      return True, text
    case {'text': text}:
      return True, text
    case {'full_text': text}:
      return True, text
  return False, None
