"""Reads labelled texts from files, and maps their labels to classes."""

import collections
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from trax_twitter_sentiment.corpora.corpus import Examples, examples_of
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables import labels as label_names
from trax_twitter_sentiment.tables.labels import Classes
from trax_twitter_sentiment.tables.options import LabelledOptions, ReadingOptions
from trax_twitter_sentiment.tables.table_reader import Record, TableReader


class Labelled(NamedTuple):
  """The labelled texts of files."""

  examples: Examples
  class_names: tuple[str, ...]
  reader: TableReader  # Counts damaged and skipped rows.
  n_skipped_labels: int  # The number of rows skipped because of their label.
  label_counts: tuple[tuple[str, int], ...]  # Label and number of texts.
  class_of_label: tuple[tuple[str, int], ...]  # Label and class.


LabelledRow = tuple[Record, str, str]
LabelledPaths = Sequence[str] | Mapping[str, str]


def labelled_paths(patterns: Sequence[str]) -> LabelledPaths:
  """Returns the paths that patterns match; for `LABEL=PATH`, the label by path.

  Raises:
    UserError: if a pattern matches no file.
  """
  paths: dict[str, str] = {}
  for pattern in patterns:
    label, equals, path = pattern.partition('=')
    if not equals or not label or os.sep in label or os.path.exists(pattern):
      break
    paths |= dict.fromkeys(input_files.expand([path]), label)
  else:
    return paths
  return input_files.expand(patterns)


def read_labelled(
    paths: LabelledPaths,
    options: LabelledOptions = LabelledOptions(),  # noqa: B008  It is a tuple.
    class_names: tuple[str, ...] | None = None,
    trained: Mapping[str, int] | None = None,
) -> Labelled:
  """Reads the texts and labels of files.

  Args:
    paths: the paths of the files; or the label of each file, by path.
    options: the settings for reading.
    class_names: the names of the classes; `None` for those of the labels.
    trained: the class of each label of the training files.

  Raises:
    UserError: if a file or a column is missing, a row malformed, a label unknown, or
      the labels are ambiguous. The error names the file, and the line.
  """
  reader, rows = _labelled_rows(paths, options)
  kept = [row for row in rows if row[2] not in options.skip_labels]
  places = {label: f'{r.name}, line {r.line}' for r, _, label in reversed(kept)}
  if class_names is None and options.labels:
    class_names, trained = options.labels.class_names(), {}
  elif class_names is None:
    several = label_names.several_labels(places)
    class_names, trained = label_names.own_classes({*places} - several)
  setting = f'{options.reading.setting}labels'
  class_of = Classes(places, class_names, options.labels, trained, setting)
  examples, counts, classes = [], collections.Counter[str](), {}
  for record, text, label in kept:
    if (class_ := class_of(label)) is None:
      reader.malformed(record, class_of.problem(label))
    else:
      examples.append((text, class_))
      counts[label] += 1
      classes[label] = class_
  if not examples:
    raise UserError(f'{next(iter(paths))} contains no labelled text.')
  return Labelled(
      examples_of(examples),
      class_names,
      reader,
      len(rows) - len(kept),
      tuple(sorted(counts.items())),
      tuple(sorted(classes.items())),
  )


def rows_with_label(
    reader: TableReader, columns: tuple[str, str]
) -> Iterator[LabelledRow]:
  """Yields each row with its text and its label.

  A row without a text or a label is malformed. `columns` are those of the texts and of
  the labels.
  """
  pairs = ((record, record.values[0], record.values[1]) for record in reader)
  return _with_label(pairs, columns, reader)


# A row, its text and its label.
_Pairs = Iterable[tuple[Record, str | None, str | None]]


def _labelled_rows(
    paths: LabelledPaths, options: LabelledOptions
) -> tuple[TableReader, list[LabelledRow]]:
  """Returns the reader of files, and the rows with a text and a label."""
  columns, reading = options.columns, options.reading
  if options.labels_path is not None:
    reader, pairs = _read_two_files([*paths], options.labels_path, reading)
    return reader, [*_with_label(pairs, columns, reader)]
  if isinstance(paths, Mapping):
    reader = TableReader([*paths], columns[:1], reading)
    pairs = [(record, record.values[0], paths[record.name]) for record in reader]
    return reader, [*_with_label(pairs, columns, reader)]
  reader = TableReader(paths, columns, reading)
  return reader, [*rows_with_label(reader, columns)]


def _with_label(
    pairs: _Pairs, columns: tuple[str, str], reader: TableReader
) -> Iterator[LabelledRow]:
  """Yields the rows with a text and a label, and normalizes the label."""
  for record, text, label in pairs:
    if text is None:
      reader.malformed(record, f'column {columns[0]!r} is empty')
    elif label is None or label_names.is_missing(label):
      reader.malformed(record, f'column {columns[1]!r} has no label')
    else:
      yield record, text, label_names.normalized(label)


def _read_two_files(
    paths: Sequence[str], labels_path: str, options: ReadingOptions
) -> tuple[TableReader, _Pairs]:
  """Reads the texts of some files and the labels of another file, one on each line."""
  as_lines = ReadingOptions('lines', encoding=options.encoding)
  texts = TableReader(paths, ('text',), as_lines)
  labels = TableReader([labels_path], ('text',), as_lines)
  read_texts, read_labels = list(texts), list(labels)
  if len(read_texts) != len(read_labels):
    raise UserError(
        f'{labels_path} contains {len(read_labels):,} labels, but {paths[0]} contains '
        f'{len(read_texts):,} texts.'
    )
  pairs = zip(read_texts, read_labels, strict=True)
  return texts, [(t, t.values[0], label.values[0]) for t, label in pairs]
