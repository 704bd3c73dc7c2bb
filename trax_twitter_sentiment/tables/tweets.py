"""Tweets in the JSON of Twitter's APIs and of its archive."""

import re
from typing import Any

Fields = dict[str, Any]

# The archive's files are JavaScript: an assignment of an array.
ASSIGNMENT = re.compile(r'\s*window\.YTD\.[\w.]+\s*=\s*')

# The fields that may contain the full text of a tweet.
TEXT_FIELDS = frozenset({
    'text', 'full_text', 'extended_tweet', 'note_tweet', 'retweeted_status',
    'referenced_tweets',
})  # fmt: skip

_RETWEET_MARK = re.compile(r'RT @(\w+): ')


def tweets_of(value: Fields) -> list[Fields]:
  """Returns the tweets of a page of the API, or of an entry of the archive.

  A retweet in a page gets the full text of its original tweet. Any other object is
  returned as the only tweet.
  """
  match value:
    case {'data': list(tweets), **rest} if rest.keys() <= {
        'includes', 'meta', 'errors', '__twarc'
    } and all(isinstance(tweet, dict) for tweet in tweets):  # fmt: skip
      included = _included_tweets(value.get('includes'))
      return [_with_full_text(tweet, included) for tweet in tweets]
    case {'tweet': dict(tweet), **rest} if not rest:
      return [tweet]
    case {'noteTweet': {'core': {'text': str(text)}} as note, **rest} if not rest:
      return [note | {'text': text}]
  return [value]


def _included_tweets(includes: Any) -> dict[str, Fields]:
  """Returns the tweets that a page includes, each with its author, by id."""
  match includes:
    case {'tweets': list(tweets), 'users': list(users)}:
      authors = {user.get('id'): user for user in users if isinstance(user, dict)}
    case {'tweets': list(tweets)}:
      authors = {}
    case _:
      return {}
  return {
      str(tweet.get('id')): tweet | {'author': authors.get(tweet.get('author_id'))}
      for tweet in tweets
      if isinstance(tweet, dict)
  }


def _with_full_text(tweet: Fields, included: dict[str, Fields]) -> Fields:
  references = tweet.get('referenced_tweets')
  if not included or not isinstance(references, list):
    return tweet
  expanded = [
      reference | included.get(str(reference.get('id')), {})
      for reference in references
      if isinstance(reference, dict)
  ]
  _, text = text_of(tweet | {'referenced_tweets': expanded})
  return tweet | {'text': text}


def text_of(fields: Fields) -> tuple[bool, Any]:
  """Returns whether a tweet has a text, and its full text.

  The text of a retweet is `RT @user: ` and the text of the original tweet, since the
  APIs cut the retweet's own text.
  """
  has_text, text = _own_text(fields)
  original = _original(fields)
  if original is None:
    return has_text, text
  _, original_text = _own_text(original)
  user = _user_name(original, text)
  if user and isinstance(original_text, str):
    return True, f'RT @{user}: {original_text}'
  return has_text, text


def _own_text(fields: Fields) -> tuple[bool, Any]:
  match fields:
    case {'extended_tweet': {'full_text': str(text)}}:
      return True, text
    case {'note_tweet': {'text': str(text)}}:
      return True, text
    case {'text': str(cut), 'full_text': str(text)} if cut.endswith('…'):
      return True, text
    case {'text': text} | {'full_text': text}:
      return True, text
  return False, None


def _original(fields: Fields) -> Fields | None:
  """Returns the tweet that a tweet retweets; `None` if it retweets none."""
  match fields:
    case {'retweeted_status': dict(original)}:
      return original
    case {'referenced_tweets': list(references)}:
      for reference in references:
        if isinstance(reference, dict) and reference.get('type') == 'retweeted':
          return reference
  return None


def _user_name(original: Fields, retweet: Any) -> str | None:
  """Returns the user name of the author of an original tweet."""
  match original:
    case {'user': {'screen_name': str(name)}} | {'author': {'username': str(name)}}:
      return name
  mark = _RETWEET_MARK.match(retweet) if isinstance(retweet, str) else None
  return mark[1] if mark else None
