"""Rows of a file: the interface between the reader and the file formats."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
  from trax_twitter_sentiment.tables.options import ReadingOptions


class Query(NamedTuple):
  """The columns to read of each row, and how to read them.

  Attributes:
    columns: the columns to read, the texts' first: by name, by number (counted from
      1) or, in JSON, by path (`data.text`).
    keep: the names of other columns to keep; `None` for all.
    options: how to read the file.
    malformed: raises an error for a line number and a problem, or counts the row,
      which the format then skips.
  """

  columns: tuple[str, ...]
  keep: tuple[str, ...] | None
  options: 'ReadingOptions'
  malformed: Callable[[int, str], None]


# A row: the number of its first line (in a JSON array and in Parquet, the number of the
# row), the values of the columns to read, and the columns to keep, by name.
Row = tuple[int, Sequence[Any], dict[str, Any]]
Rows = Iterator[Row]

# The kept columns of a row if no column is kept. All rows share this object, so no code
# may change it.
NOTHING_KEPT: dict[str, Any] = {}
