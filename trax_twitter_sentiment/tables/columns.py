"""The columns of a table: their names, their indices, and hints at mistakes."""

import re
from collections.abc import Sequence

from trax_twitter_sentiment.errors import UserError, did_you_mean
from trax_twitter_sentiment.tables.rows import Query

DELIMITERS = {'\t': 'tabs', ',': "','", ';': "';'", '|': "'|'"}


def is_number(column: str) -> bool:
  """Returns whether a column is given by its number, counted from 1."""
  return column.isdecimal()


def name_of(column: str) -> str:
  """Returns a column's name without quotes, which mark a number as a name."""
  is_quoted = len(column) > 2 and column[0] == column[-1] == '"'
  return column[1:-1] if is_quoted else column


def certain_delimiters(first: str, columns: tuple[str, ...]) -> list[str]:
  """Returns the delimiters that split a first line into fields with all columns."""
  wanted = {name_of(column) for column in columns if not is_number(column)}
  return [
      delimiter
      for delimiter in DELIMITERS
      if wanted
      and delimiter in first
      and wanted <= {name.strip().strip('"') for name in first.split(delimiter)}
  ]


class Header:
  """The first row of a table.

  Args:
    where: file and line of the first row, for messages.
    line: the file's first line.
    first: the fields of the first row.
    second: the fields of the second row; `None` if there is none.
    query: the columns to read, and how to read them.

  Attributes:
    names: the names of the columns; numbers if the file has no header.
    fields: the fields of the first row, unchanged.

  Raises:
    UserError: if the first row is a title or a comment.
  """

  def __init__(
      self,
      where: str,
      line: str,
      first: Sequence[str],
      second: Sequence[str] | None,
      query: Query,
  ):
    self.where = where
    self.fields = [*first]
    self._line = line
    self._query, self._options = query, query.options
    self.names = [str(i + 1) for i in range(len(first))]
    # Above the table, a title or a comment is a row of one column.
    self._is_title = len(first) == 1 and second is not None and len(second) > 1
    if query.options.header:
      self.names = [name.strip() for name in first]
      is_name = self.names == [name_of(query.columns[0])]
      if self._is_title and not is_name and re.search(r'\s|^#', self.names[0]):
        self._refuse_first_line()
      if any(map(is_number, query.columns)):
        # A row with a number is probably data, not a header.
        for name in self.names:
          if re.fullmatch(r'[+-]?\d+(\.\d*)?', name):
            self._refuse_as_data(
                f'it has {name!r}', '; if it is a header, give the columns by name'
            )

  def columns_to_read(self) -> tuple[str, ...]:
    """Returns the columns of the query, or the only column of a file without names."""
    columns = self._query.columns
    is_only = not self._options.header and len(self.names) == len(columns) == 1
    return ('1',) if is_only else columns

  def index_of(self, column: str) -> int:
    """Returns the index of a column, given by name or by number.

    Raises:
      UserError: if the table has no such column, or several.
    """
    names, name = self.names, name_of(column)
    if is_number(column):
      if 0 < int(column) <= len(names):
        return int(column) - 1
    elif names.count(name) == 1:
      return names.index(name)
    elif names.count(name) > 1:
      raise UserError(
          f'{self.where}: {names.count(name)} columns are named {name!r}; give a '
          'column by its number.'
      )
    raise no_column(column, names, self.where, self._hint(column))

  def _hint(self, column: str) -> str:
    options, names = self._options, self.names
    if is_number(column) and column in names:
      return f""" (a number is a position; '"{column}"' is the name)"""
    if not options.header:
      return ' (without a header, columns are given by number)'
    if self._is_title or self._line.lstrip().startswith('#'):
      self._refuse_first_line()
    others = [
        d for d in DELIMITERS if d in self._line and d not in (',', options.delimiter)
    ]
    if len(names) == 1 and others:
      return f' (separated by {DELIMITERS[others[0]]}? {options.setting}delimiter)'
    if hint := did_you_mean(column, names):
      return hint
    if any(re.search(r'\s|^\d|[@#]|^$', name) for name in names):
      return f' (the first line looks like data: {options.no_header})'
    return ''

  def watched(self, indices: Sequence[int]) -> list[tuple[int, bool]]:
    """Returns the columns to compare with the header in each later row.

    A column is its index, and whether it is suspicious: if a later row repeats the
    header's value of a suspicious column, the header is data. A label column is
    suspicious unless its name is in quotes. If columns are given by number, all columns
    are suspicious, except a text column whose first field is one word, perhaps a name.

    Args:
      indices: the indices of the columns that are read, the texts' column first.
    """
    suspicious = {
        i
        for i, column in zip(indices, self._query.columns)
        if i != indices[0] and name_of(column) == column
    }
    if any(map(is_number, self._query.columns)):
      suspicious |= {i for i in range(len(self.fields)) if i != indices[0]}
      if re.search(r'\s', self.fields[indices[0]].strip()):
        suspicious.add(indices[0])
    watched = sorted(suspicious | {*indices})
    return [(i, i in suspicious) for i in watched if self.fields[i].strip()]

  def _refuse_first_line(self) -> None:
    kind = 'comment' if self._line.lstrip().startswith('#') else 'title'
    raise UserError(
        f'{self.where}: the first line looks like a {kind} above the header; remove '
        'it from the file.'
    )

  def is_repeated(
      self, line: int, fields: list[str], watched: Sequence[tuple[int, bool]]
  ) -> bool:
    """Returns whether a later row equals the first row.

    Raises:
      UserError: if another row shares a value of a suspicious column of `watched`.
    """
    for i, is_suspicious in watched:
      if fields[i] != self.fields[i]:
        continue
      if fields == self.fields:
        return True
      if is_suspicious:
        self._refuse_as_data(f'line {line} has {fields[i]!r} in column {i + 1}, too')
    return False

  def wrong_length(self, fields: list[str], may_be_quoted: bool) -> str:
    """Returns a message about a row with too few or too many columns."""
    first_row = 'header' if self._options.header else 'first row'
    problem = f'{len(fields)} columns, but the {first_row} has {len(self.names)}'
    if may_be_quoted and any(field.startswith('"') for field in fields):
      setting = f"{self._options.setting}quoting='double'"
      problem += f'; if texts are in quotes, {setting} reads them'
    return problem

  def _refuse_as_data(self, reason: str, advice: str = '') -> None:
    raise UserError(
        f'{self.where}: the first row looks like data, not like a header, since '
        f'{reason}. {self._options.no_header} reads it as data{advice}.'
    )


def no_column(column: str, names: list[str], where: str, hint: str = '') -> UserError:
  """Returns the error about a column that a file lacks."""
  columns = f'the columns are {", ".join(map(repr, names))}' if names else 'it is empty'
  return UserError(f'{where}: no column {column!r}{hint}; {columns}.')
