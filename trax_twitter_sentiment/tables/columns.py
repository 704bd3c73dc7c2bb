"""Finds the columns of a table by its first row, or says what could help."""

import re

from trax_twitter_sentiment.errors import UserError, did_you_mean
from trax_twitter_sentiment.tables.options import ReadingOptions

DELIMITERS = {'\t': 'tabs', ',': "','", ';': "';'", '|': "'|'"}


def certain_delimiters(first: str, columns: tuple[str, ...]) -> list[str]:
  """Returns the delimiters by which a first line has all columns among its names."""
  return [
      delimiter
      for delimiter in DELIMITERS
      if delimiter in first
      and set(columns) <= {name.strip().strip('"') for name in first.split(delimiter)}
  ]


def index_of(
    column: str, names: list[str], first: str, where: str, options: ReadingOptions
) -> int:
  """Returns the index of a column, given by name or by number.

  Args:
    column: its name, or its number, counted from 1.
    names: of all columns; numbers where there is no header.
    first: the line that the names come from.
    where: file and line, for messages.
    options: for messages, too.

  Raises:
    UserError: if there is no such column, or more than one.
  """
  if names.count(column) == 1:
    return names.index(column)
  if names.count(column) > 1:
    raise UserError(
        f'{where}: {names.count(column)} columns are named {column!r}; give the number '
        'of one.'
    )
  if column.isdecimal() and 0 < int(column) <= len(names):
    return int(column) - 1
  raise no_column(column, names, where, _hint(column, names, first, options))


def no_column(
    column: str, names: list[str], where: str, hint: str | None = None
) -> UserError:
  """Returns the error about a column that isn't there."""
  hint = did_you_mean(column, names) if hint is None else hint
  there = ', '.join(map(repr, names)) or 'none'
  return UserError(f'{where}: no column {column!r}{hint}; there are {there}.')


def _hint(column: str, names: list[str], first: str, options: ReadingOptions) -> str:
  if not options.header:
    return ', and without a header columns go by number'
  if hint := did_you_mean(column, names):
    return hint
  others = [d for d in DELIMITERS if d in first and d not in (',', options.delimiter)]
  if len(names) == 1 and others:
    return f' (separated by {DELIMITERS[others[0]]}? {options.setting}delimiter)'
  if any(re.search(r'\s|^\d|[@#]|^$', name) for name in names):
    no_header = 'noheader' if options.setting == '--' else 'header=False'
    return f' (the first line looks like data: {options.setting}{no_header})'
  return ''
