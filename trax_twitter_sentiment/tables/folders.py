"""Reads a folder of texts: each file is a row, and each subfolder is a class."""

import os
from collections.abc import Iterator
from typing import Any

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import InputFile
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


def paths_of_texts(folder: str) -> list[tuple[str | None, str]]:
  """Returns the label and the path of each text, sorted.

  The label is the name of a subfolder, as in the IMDB data set: `pos/*.txt` and
  `neg/*.txt`, beside files of other kinds. Without subfolders, it is `None`.
  """
  classes = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
  labelled_paths: list[tuple[str | None, str]] = [
      (label, path)
      for label in classes
      for path in _text_paths(os.path.join(folder, label))
  ]
  return labelled_paths or [(None, path) for path in _text_paths(folder)]


def _text_paths(folder: str) -> list[str]:
  return [
      os.path.join(folder, name)
      for name in sorted(os.listdir(folder))
      if name.endswith(_ENDING) and not name.startswith('.')
  ]


def _objects(file: InputFile, query: Query) -> Iterator[dict[str, Any]]:
  paths = paths_of_texts(file.path)
  if not paths:
    raise UserError(
        f'{file.name} and its subfolders contain no *{_ENDING}; for files of other '
        'formats, give their names or a pattern.'
    )
  for label, path in paths:
    with InputFile(path) as opened:
      opened.check_is_text()
      text = ''.join(opened.lines(query.options.encoding)).rstrip('\r\n')
      file.n_damaged += opened.n_damaged
    fields = {'text': text, 'file': path}
    yield fields if label is None else fields | {'label': label}
