"""The columns of a table: their names, their indices, and hints at what is wrong."""

import dataclasses
import re
from typing import TYPE_CHECKING

from trax_twitter_sentiment.errors import UserError, did_you_mean

if TYPE_CHECKING:
  from trax_twitter_sentiment.tables.options import ReadingOptions

DELIMITERS = {'\t': 'tabs', ',': "','", ';': "';'", '|': "'|'"}


def certain_delimiters(first: str, columns: tuple[str, ...]) -> list[str]:
  """Returns the delimiters that split a first line into names with all columns."""
  return [
      delimiter
      for delimiter in DELIMITERS
      if delimiter in first
      and set(columns) <= {name.strip().strip('"') for name in first.split(delimiter)}
  ]


@dataclasses.dataclass
class Header:
  """The names of a table's columns.

  Attributes:
    where: file and line, for messages.
    line: the file's first line.
    names: the fields of the first row: the columns' names, if the file has a header;
      else they become numbers.
    options: how to read the file.
  """

  where: str
  line: str
  names: list[str]
  options: 'ReadingOptions'

  def __post_init__(self):
    if self.options.header:
      self.names = [name.strip() for name in self.names]
    else:
      self.names = [str(i + 1) for i in range(len(self.names))]

  def read(self, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the columns to read: the only one without a header needs no number."""
    if not self.options.header and len(self.names) == len(columns) == 1:
      return ('1',)
    return columns

  def index_of(self, column: str) -> int:
    """Returns the index of a column, given by name or by number.

    Raises:
      UserError: if the table has no such column, or several.
    """
    names = self.names
    if names.count(column) == 1:
      return names.index(column)
    if names.count(column) > 1:
      raise UserError(
          f'{self.where}: {names.count(column)} columns are named {column!r}; give the '
          'number of one.'
      )
    if column.isdecimal() and 0 < int(column) <= len(names):
      return int(column) - 1
    raise no_column(column, names, self.where, self._hint(column))

  def _hint(self, column: str) -> str:
    options, names = self.options, self.names
    if not options.header:
      return ', and without a header columns go by number'
    if hint := did_you_mean(column, names):
      return hint
    others = [
        d for d in DELIMITERS if d in self.line and d not in (',', options.delimiter)
    ]
    if len(names) == 1 and others:
      return f' (separated by {DELIMITERS[others[0]]}? {options.setting}delimiter)'
    if any(re.search(r'\s|^\d|[@#]|^$', name) for name in names):
      return f' (the first line looks like data: {options.no_header})'
    return ''


def no_column(column: str, names: list[str], where: str, hint: str = '') -> UserError:
  """Returns the error about a column that a file doesn't have."""
  columns = f'the columns are {", ".join(map(repr, names))}' if names else 'it is empty'
  return UserError(f'{where}: no column {column!r}{hint}; {columns}.')
