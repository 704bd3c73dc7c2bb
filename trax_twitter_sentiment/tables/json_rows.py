"""Objects of JSON Lines, of JSON arrays, and of what Twitter's tools write."""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Fields = dict[str, Any]
Malformed = Callable[[int, str], None]

# Twitter's archive holds JavaScript: an assignment of an array.
_ASSIGNMENT = re.compile(r'\s*window\.YTD\.[\w.]+\s*=\s*')
# What begins so is no JSON Lines, mostly.
_IS_WHOLE = re.compile(r'\s*(\[|window\.YTD\.|\{\s*$)')
_MISSING = object()


def is_json(head: str) -> bool:
  """Whether a file that begins so holds JSON objects, however they are arranged."""
  return bool(re.match(r'\s*(\[\s*)?\{\s*["}]|\s*\[\s*\]\s*$|\s*window\.YTD\.', head))


def is_whole(head: str) -> bool:
  """Whether a file that begins so may hold one JSON value, instead of one a line."""
  first = next((line for line in head.splitlines() if line.strip()), None)
  return first is None or bool(_IS_WHOLE.match(first))


def objects(
    lines: Iterable[str], malformed: Malformed
) -> Iterator[tuple[int, Fields]]:
  """Yields JSON objects, each with its line number: of an array, its position.

  An array, and an object that goes over lines, is taken into memory whole.

  Args:
    lines: of the file, with their ends.
    malformed: is called with a line number and what is wrong with it; if it returns,
      that line is left out.
  """
  lines = iter(lines)
  first: list[str] = []
  for line in lines:
    first.append(line)
    if line.strip():
      break
  if first and _IS_WHOLE.match(first[-1]):
    first += lines
    whole = _parsed(_ASSIGNMENT.sub('', ''.join(first), count=1))
    if isinstance(whole, (list, dict)):
      items = whole if isinstance(whole, list) else [whole]
      yield from _valid(enumerate(items, start=1), malformed)
      return
  numbered = enumerate(itertools.chain(first, lines), start=1)
  values = ((number, _parsed(line)) for number, line in numbered if line.strip())
  yield from _valid(values, malformed)


def _parsed(text: str) -> Any:
  try:
    return json.loads(text)
  except (ValueError, RecursionError):
    return _MISSING


def _valid(
    values: Iterable[tuple[int, Any]], malformed: Malformed
) -> Iterator[tuple[int, Fields]]:
  for number, value in values:
    if isinstance(value, dict):
      for fields in _tweets_of(value):
        yield number, fields
    elif value is _MISSING:
      malformed(number, 'not JSON')
    else:
      malformed(number, 'not a JSON object')


def _tweets_of(value: Fields) -> list[Fields]:
  """Returns the tweets of a page of Twitter's API or of an entry of its archive."""
  match value:
    case {'data': list(tweets), **rest} if rest.keys() <= {
        'includes', 'meta', 'errors', '__twarc'
    } and all(isinstance(tweet, dict) for tweet in tweets):  # fmt: skip
      return tweets
    case {'tweet': dict(tweet), **rest} if not rest:
      return [tweet]
  return [value]


def value_at(fields: Fields, column: str) -> tuple[bool, Any]:
  """Returns whether an object has a column, and its value.

  A column may be a path, `data.text`; `text` is a tweet's whole text, wherever
  Twitter's API keeps it.
  """
  if column == 'text':
    return _tweet_text(fields)
  if column in fields:
    return True, fields[column]
  value: Any = fields
  for name in column.split('.'):
    if isinstance(value, dict) and name in value:
      value = value[name]
    elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
      value = value[int(name)]
    else:
      return False, None
  return True, value


def _tweet_text(fields: Fields) -> tuple[bool, Any]:
  match fields:
    case {
        'retweeted_status': {'user': {'screen_name': str(name)}} as retweeted,
        'text': str(text),
    } if text.endswith('…'):  # fmt: skip
      found, whole = _tweet_text(retweeted)
      return True, f'RT @{name}: {whole}' if found else text
    case {'extended_tweet': {'full_text': str(text)}}:
      return True, text
    case {'text': text}:
      return True, text
    case {'full_text': text}:
      return True, text
  return False, None
