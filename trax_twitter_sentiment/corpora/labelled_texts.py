"""Labelled texts of files: rows read, labels understood."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from trax_twitter_sentiment.corpora.corpus import Examples, examples_of
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import labels as label_names
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import Record, TableReader


class Labelled(NamedTuple):
  """What files of labelled texts hold.

  Attributes:
    examples: the texts and their classes.
    class_names: of the classes, in their order.
    reader: which has counted what was damaged or left out.
    n_skipped_labels: how many rows were left out for their label.
  """

  examples: Examples
  class_names: tuple[str, ...]
  reader: TableReader
  n_skipped_labels: int


def read_labelled(
    paths: Sequence[str],
    columns: tuple[str, str] = ('text', 'label'),
    options: ReadingOptions = ReadingOptions(),  # noqa: B008  It is frozen.
    labels: tuple[str, ...] | None = None,
    class_names: tuple[str, ...] | None = None,
    skip_labels: frozenset[str] = frozenset(),
    labels_path: str | None = None,
) -> Labelled:
  """Reads the texts and labels of files.

  Args:
    paths: of the files.
    columns: the columns of texts and of labels.
    options: how to read them.
    labels: what labels are called in the files, in the order of their classes;
      `None` for the class names, or another way to write them.
    class_names: of the classes; `None` for those of the labels.
    skip_labels: rows with these labels are left out.
    labels_path: a file that holds the labels, a label a line, where the others hold a
      text a line.

  Raises:
    UserError: if a file or a column is missing, a row malformed or a label unknown;
      it names the line.
  """
  reader = TableReader(paths, columns, options)
  if labels_path is None:
    labelled = list(rows_with_label(reader, columns))
  else:
    reader, pairs = _read_two_files(paths, labels_path, options)
    labelled = list(_with_label(pairs, columns, reader))
  rows = [row for row in labelled if row[2] not in skip_labels]
  found = {label for _, _, label in rows}
  if class_names is None:
    class_names = label_names.names_of(labels or tuple(found), in_order=bool(labels))
  class_of = Classes(found, labels, class_names)
  examples = []
  for record, text, label in rows:
    if (class_ := class_of(label)) is None:
      reader.malformed(record, class_of.problem(label))
    else:
      examples.append((text, class_))
  if not examples:
    raise UserError(f'{paths[0]} holds no labelled text.')
  n_skipped_labels = len(labelled) - len(rows)
  return Labelled(examples_of(examples), class_names, reader, n_skipped_labels)


class Classes:
  """The class of each label.

  Args:
    found: all labels of the files.
    labels: what they are called, in the order of their classes; `None` for the class
      names, or another way to write them.
    class_names: of the classes.
  """

  def __init__(
      self,
      found: Collection[str],
      labels: Sequence[str] | None,
      class_names: Sequence[str],
  ):
    if labels is not None and set(found) <= set(labels):
      self._class_of = {label: i for i, label in enumerate(labels)}
    else:
      self._class_of = label_names.class_of_label(set(found), class_names)

  def __call__(self, label: str) -> int | None:
    """Returns a label's class; `None` if it is unknown."""
    return self._class_of.get(label, self._class_of.get(label.lower()))

  def problem(self, label: str) -> str:
    """Returns what is wrong with a label that is unknown."""
    return f'label {label!r} is not one of {", ".join(self._class_of)}'


def rows_with_label(
    reader: TableReader, columns: tuple[str, str]
) -> Iterator[tuple[Record, str, str]]:
  """Yields rows that have a text and a label, with both; others are malformed.

  Args:
    reader: of the columns.
    columns: of texts and of labels.
  """
  pairs = ((record, record.values[0], record.values[1]) for record in reader)
  return _with_label(pairs, columns, reader)


_Pairs = Iterable[tuple[Record, str | None, str | None]]


def _with_label(
    pairs: _Pairs, columns: tuple[str, str], reader: TableReader
) -> Iterator[tuple[Record, str, str]]:
  """Yields the rows that have text and label, normalized."""
  for record, text, label in pairs:
    if text is None:
      reader.malformed(record, f'column {columns[0]!r} is empty')
    elif label is None or not label.strip():
      reader.malformed(record, f'column {columns[1]!r} is empty')
    else:
      yield record, text, label_names.normalized(label)


def _read_two_files(
    paths: Sequence[str], labels_path: str, options: ReadingOptions
) -> tuple[TableReader, _Pairs]:
  """Reads texts, a text a line, and their labels from a file of a label a line."""
  as_lines = ReadingOptions('lines', encoding=options.encoding)
  texts = TableReader(paths, ('text',), as_lines)
  labels = TableReader([labels_path], ('text',), as_lines)
  read_texts, read_labels = list(texts), list(labels)
  if len(read_texts) != len(read_labels):
    raise UserError(
        f'{labels_path} holds {len(read_labels):,} labels, but {paths[0]} '
        f'{len(read_texts):,} texts.'
    )
  pairs = zip(read_texts, read_labels, strict=True)
  return texts, [(t, t.values[0], label.values[0]) for t, label in pairs]
