"""Reads a folder of texts: each file is a row, and each subfolder is a class."""

import glob
import os
from collections.abc import Iterator
from typing import Any

from trax_twitter_sentiment import remote
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import InputFile, matches
from trax_twitter_sentiment.tables.json_rows import rows_of_objects
from trax_twitter_sentiment.tables.rows import Query, Rows

_ENDING = '.txt'


def rows(file: InputFile, query: Query) -> Rows:
  """Yields a row for each file, with the columns `text`, `file` and `label`.

  If the folder has no subfolders with texts, the column `label` is missing.

  Raises:
    UserError: if the folder contains no texts.
  """
  if not file.is_folder:
    raise UserError(f'{file.name} is not a folder.')
  yield from rows_of_objects(file, query, enumerate(_objects(file, query), start=1))


def _objects(file: InputFile, query: Query) -> Iterator[dict[str, Any]]:
  # In the IMDB data set, the texts are `pos/*.txt` and `neg/*.txt`, beside other files.
  folder = file.path if remote.is_url(file.path) else glob.escape(file.path)
  by_class = matches(os.path.join(folder, '*', f'*{_ENDING}'))
  paths = by_class or matches(os.path.join(folder, f'*{_ENDING}'))
  if not paths:
    raise UserError(
        f'{file.name} and its subfolders contain no *{_ENDING}; for files of other '
        'formats, give their names or a pattern.'
    )
  for path in paths:
    with InputFile(path) as opened:
      opened.check_is_text()
      text = ''.join(opened.lines(query.options.encoding)).rstrip('\r\n')
      file.n_damaged += opened.n_damaged
    fields = {'text': text, 'file': path}
    label = os.path.basename(os.path.dirname(path))
    yield fields | {'label': label} if by_class else fields
