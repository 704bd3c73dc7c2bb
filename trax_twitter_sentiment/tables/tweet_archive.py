"""Reads tweets from the zip file with the archive of an X account."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import InputFile
from trax_twitter_sentiment.tables.json_rows import objects, rows_of_objects
from trax_twitter_sentiment.tables.rows import Query, Rows

_TWEETS = re.compile(r'(?:^|/)tweets?(?:-part\d+)?\.js$')
_NOTES = re.compile(r'(?:^|/)note-tweet(?:-part\d+)?\.js$')

# The end of a truncated text in `tweets.js`. `note-tweet.js` contains the full text.
_CUT = re.compile(r'\s*…(?:\s*https?://\S+)*\s*$')

# The errors of zipfile for archives that are damaged or encrypted.
_DAMAGED = zipfile.BadZipFile, zlib.error, EOFError, RuntimeError

# The number of first characters of a text by which its note is looked up.
_KEY_LENGTH = 40


def rows(file: InputFile, query: Query) -> Rows:
  """Yields a row for each tweet, with the full text of long tweets.

  Raises:
    UserError: if the file is another zip archive, or damaged.
  """
  try:
    with zipfile.ZipFile(file.seekable()) as archive:
      if not any(map(_TWEETS.search, archive.namelist())):
        file.check_is_text()
      notes: dict[str, list[str]] = {}
      for _, note in _objects(archive, _NOTES, query):
        if isinstance(text := note.get('text'), str):
          notes.setdefault(text[:_KEY_LENGTH], []).append(text)
      tweets = (fields for _, fields in _objects(archive, _TWEETS, query))
      full_tweets = (_with_full_text(fields, notes) for fields in tweets)
      yield from rows_of_objects(file, query, enumerate(full_tweets, start=1))
  except _DAMAGED as error:
    reason = str(error) or 'it is cut off'
    raise UserError(f'{file.name} is damaged: {reason}.') from error


def _objects(
    archive: zipfile.ZipFile, names: re.Pattern[str], query: Query
) -> Iterator[tuple[int, dict[str, Any]]]:
  for name in sorted(filter(names.search, archive.namelist())):
    with archive.open(name) as file:
      yield from objects(io.TextIOWrapper(file, 'utf-8', 'replace'), query.malformed)


def _with_full_text(
    tweet: dict[str, Any], notes: dict[str, list[str]]
) -> dict[str, Any]:
  text = tweet.get('full_text')
  if not isinstance(text, str) or not (cut := _CUT.search(text)):
    return tweet
  begin = text[: cut.start()]
  for note in notes.get(begin[:_KEY_LENGTH], []):
    if note.startswith(begin):
      return tweet | {'full_text': note}
  return tweet
