"""Rows of a file: the interface between the reader and the file formats."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
  from trax_twitter_sentiment.tables.options import ReadingOptions


class Query(NamedTuple):
  """What to read of each row.

  Attributes:
    columns: the columns to read, the texts' first: by name, by number (counted from
      1) or, in JSON, by path (`data.text`).
    keep: the names of other columns to keep; `None` for all.
    options: how to read the file.
    malformed: receives a line number and what is wrong with that line. It raises an
      error, or returns and the format leaves the row out.
  """

  columns: tuple[str, ...]
  keep: tuple[str, ...] | None
  options: 'ReadingOptions'
  malformed: Callable[[int, str], None]


# The number of the row's first line (of a JSON array and of Parquet, the row's number),
# the values of the columns to read, and the columns to keep by name.
Row = tuple[int, Sequence[Any], dict[str, Any]]
Rows = Iterator[Row]

# The columns to keep of rows without any. Nothing changes it.
NOTHING_KEPT: dict[str, Any] = {}
