"""Reads plain text: a text on each line, alone or after its fastText label."""

import re
from typing import TYPE_CHECKING

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import InputFile, Part
from trax_twitter_sentiment.tables.rows import NOTHING_KEPT, Query, Rows

if TYPE_CHECKING:
  from trax_twitter_sentiment.tables.options import ReadingOptions

_FASTTEXT_LABEL = re.compile(r'__label__(\S+)\s*')


def text_rows(file: InputFile, query: Query) -> Rows:
  """Yields a row for each line, with the line as its text.

  Raises:
    UserError: if the query asks for other columns.
  """
  if query.columns != ('text',) or query.keep:
    columns = ', '.join(map(repr, [*query.columns, *(query.keep or ())]))
    raise UserError(
        f'{file.name} is read as one text per line, without columns such as {columns}; '
        f'if it is a table, give its format by {query.options.setting}input_format.'
    )
  for number, line in enumerate(file.lines(query.options.encoding), start=1):
    yield number, (line.rstrip('\r\n'),), NOTHING_KEPT


def fasttext_rows(file: InputFile, query: Query) -> Rows:
  """Yields the text and the label of each line `__label__x text`."""
  for number, line in enumerate(file.lines(query.options.encoding), start=1):
    labels, end = [], 0
    while match := _FASTTEXT_LABEL.match(line, end):
      labels.append(match[1])
      end = match.end()
    if len(labels) == 1:
      values = line[end:].rstrip('\r\n'), labels[0]
      yield number, values[: len(query.columns)], NOTHING_KEPT
    else:
      problem = f'{len(labels)} fastText labels; a text must have one label'
      query.malformed(number, problem)


def parts_at_line_ends(
    file: InputFile, options: 'ReadingOptions', n_bytes: int
) -> list[Part] | None:
  """Returns parts of `n_bytes`; `None` if the file can't be split at line ends.

  Compressed files, and files in encodings other than UTF-8, can't be split.
  """
  encoding = options.encoding or file.encoding or 'utf-8'
  if file.is_compressed or encoding not in ('utf-8', 'utf-8-sig'):
    return None
  if file.size is None or file.size <= n_bytes or file.ends_lines_in_cr():
    return None
  return [
      (start, min(start + n_bytes, file.size)) for start in range(0, file.size, n_bytes)
  ]
