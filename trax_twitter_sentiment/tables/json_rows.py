"""Reads rows of JSON Lines, JSON arrays, and the JSON of Twitter's tools."""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from trax_twitter_sentiment.errors import did_you_mean
from trax_twitter_sentiment.tables import columns, tweets
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.plain_text import parts_at_line_ends
from trax_twitter_sentiment.tables.rows import Query, Rows

if TYPE_CHECKING:
  from trax_twitter_sentiment.tables.options import ReadingOptions

Fields = dict[str, Any]
Malformed = Callable[[int, str], None]

# Matches the first line of a file that is probably one JSON value, not JSON Lines.
_ONE_VALUE = re.compile(r'\s*(\[|window\.YTD\.|\{\s*$)')
_NOT_JSON = object()

# If all of the first objects, at most this many, lack a column, its name is wrong.
_MAX_OBJECTS_WITHOUT_COLUMN = 1000


def rows(file: InputFile, query: Query) -> Rows:
  """Yields a row for each object."""
  numbered = objects(file.lines(query.options.encoding), query.malformed)
  yield from rows_of_objects(file, query, numbered)


def rows_of_objects(
    file: InputFile, query: Query, numbered: Iterable[tuple[int, Fields]]
) -> Rows:
  """Yields the columns of objects, which come with their line numbers.

  Raises:
    UserError: if all of the first objects lack a column.
  """
  numbered = iter(numbered)
  first = _with_all_columns(file, query, numbered)
  for number, fields in itertools.chain(first, numbered):
    values = [value_at(fields, column)[1] for column in query.columns]
    kept = fields
    if query.keep is not None:
      kept = {column: value_at(fields, column)[1] for column in query.keep}
    yield number, values, kept


def _with_all_columns(
    file: InputFile, query: Query, numbered: Iterator[tuple[int, Fields]]
) -> list[tuple[int, Fields]]:
  """Returns the first objects, until each column occurs in one of them."""
  first: list[tuple[int, Fields]] = []
  missing = [*query.columns, *(query.keep or ())]
  for number, fields in itertools.islice(numbered, _MAX_OBJECTS_WITHOUT_COLUMN):
    first.append((number, fields))
    missing = [column for column in missing if not value_at(fields, column)[0]]
    if not missing:
      return first
  if first and missing:
    names = [*dict.fromkeys(name for _, fields in first for name in fields)]
    where = f'{file.name}, line {first[0][0]}'
    raise columns.no_column(missing[0], names, where, did_you_mean(missing[0], names))
  return first


def is_json(head: str) -> bool:
  """Returns whether a file that begins with `head` consists of JSON objects."""
  return bool(re.match(r'\s*(\[\s*)?\{\s*["}]|\s*\[\s*\]\s*$|\s*window\.YTD\.', head))


def parts(
    file: InputFile, options: 'ReadingOptions', n_bytes: int
) -> list[Part] | None:
  """Returns parts of JSON Lines; `None` if the file may be one JSON value."""
  lines = file.head.decode('utf-8', 'replace').splitlines()
  first = next((line for line in lines if line.strip()), None)
  if first is None or _ONE_VALUE.match(first):
    return None
  return parts_at_line_ends(file, options, n_bytes)


def objects(
    lines: Iterable[str], malformed: Malformed
) -> Iterator[tuple[int, Fields]]:
  """Yields JSON objects, each with its line number; in an array, with its position.

  Arrays, and objects that span several lines, are read into memory at once. A line that
  is not an object is passed to `malformed`, and then skipped.
  """
  lines = iter(lines)
  first: list[str] = []
  for line in lines:
    first.append(line)
    if line.strip():
      break
  if first and _ONE_VALUE.match(first[-1]):
    first += lines
    value = _parsed(tweets.ASSIGNMENT.sub('', ''.join(first), count=1))
    if isinstance(value, (list, dict)):
      items = value if isinstance(value, list) else [value]
      yield from _valid(enumerate(items, start=1), malformed)
      return
  numbered = enumerate(itertools.chain(first, lines), start=1)
  values = ((number, _parsed(line)) for number, line in numbered if line.strip())
  yield from _valid(values, malformed)


def _parsed(text: str) -> Any:
  try:
    return json.loads(text)
  except (ValueError, RecursionError):
    return _NOT_JSON


def _valid(
    values: Iterable[tuple[int, Any]], malformed: Malformed
) -> Iterator[tuple[int, Fields]]:
  for number, value in values:
    if isinstance(value, dict):
      for fields in tweets.tweets_of(value):
        yield number, fields
    elif value is _NOT_JSON:
      malformed(number, 'not JSON')
    else:
      malformed(number, 'not a JSON object')


def value_at(fields: Fields, column: str) -> tuple[bool, Any]:
  """Returns whether an object has a column, and its value.

  A column may be a path, `data.text`. The column `text` is a tweet's full text.
  """
  if column == 'text':
    return tweets.text_of(fields)
  column = columns.name_of(column)
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
