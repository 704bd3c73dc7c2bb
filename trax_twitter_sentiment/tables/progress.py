"""A progress bar for reading files."""

import sys
from collections.abc import Iterator

from trax_twitter_sentiment.tables.table_reader import Record, TableReader

# The number of rows after which the bar is updated.
_INTERVAL = 512


def with_progress(
    reader: TableReader, title: str | None = None, delay: float = 0
) -> Iterator[Record]:
  """Yields the reader's rows, with a progress bar on a terminal.

  Args:
    reader: the reader.
    title: the title of the bar; `None` for none.
    delay: the seconds before the bar appears.
  """
  if not sys.stderr.isatty() or (reader.n_bytes is None and sys.stdin.isatty()):
    yield from reader
    return
  import tqdm  # A lazy import, since a single text needs no progress bar.

  with tqdm.tqdm(
      desc=title,
      total=reader.n_bytes,
      unit='B',
      unit_scale=True,
      delay=delay,
      file=sys.stderr,
  ) as progress:
    for record in reader:
      if record.row % _INTERVAL == 0:
        progress.set_postfix_str(f'{record.row:,} texts', refresh=False)
        progress.update(reader.n_bytes_read - progress.n)
      yield record
