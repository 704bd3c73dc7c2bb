"""Reads labelled texts from files, and maps their labels to classes."""

import array
import dataclasses
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Examples
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables import labels as label_names
from trax_twitter_sentiment.tables.labels import Classes
from trax_twitter_sentiment.tables.options import LabelledOptions, ReadingOptions
from trax_twitter_sentiment.tables.progress import with_progress
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
# A row, its text and its label.
_Pairs = Iterable[tuple[Record, str | None, str | None]]

_READING = 'Reading texts'  # The title of the progress bar.


def labelled_paths(patterns: Sequence[str]) -> LabelledPaths:
  """Returns the paths that patterns match; for `LABEL=PATH`, the label by path.

  Raises:
    UserError: if a pattern matches no file, or two labels have the same file.
  """
  pairs: list[tuple[str, str]] = []
  for pattern in patterns:
    label, equals, path = pattern.partition('=')
    if not equals or not label or os.sep in label or os.path.exists(pattern):
      return input_files.expand(patterns)
    pairs += [(path, label) for path in input_files.expand([path])]
  return label_by_path(pairs)


def label_by_path(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
  """Returns a dictionary of pairs of a path and its label.

  Raises:
    UserError: if a path occurs twice, since a row of it would have two labels.
  """
  labels: dict[str, str] = {}
  for path, label in pairs:
    if path in labels:
      raise UserError(f'{path} is given twice, for {labels[path]!r} and {label!r}.')
    labels[path] = label
  return labels


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
  reader, labelled_rows = _labelled_rows(paths, options)
  rows = _read(labelled_rows, options.skip_labels)
  places = {label: f'{r.name}, line {r.line}' for label, r in rows.first_rows.items()}
  if class_names is None and options.labels:
    class_names, trained = options.labels.class_names(), {}
  elif class_names is None:
    several = label_names.several_labels(places)
    class_names, trained = label_names.own_classes({*places} - several)
  setting = f'{options.reading.setting}labels'
  class_of = Classes(places, class_names, options.labels, trained, setting)
  classes = [class_of(label) for label in rows.first_rows]
  counts = np.bincount(rows.labels, minlength=len(classes)).tolist()
  for class_, n, (label, record) in zip(classes, counts, rows.first_rows.items()):
    for _ in range(n if class_ is None else 0):
      reader.malformed(record, class_of.problem(label))
  labels = np.array([-1 if c is None else c for c in classes], np.int32)[rows.labels]
  examples = Examples(tuple(rows.texts), labels)
  if None in classes:
    examples = examples.part(labels >= 0)
  if not examples.texts:
    raise UserError(f'{next(iter(paths))} contains no labelled text.')
  known = [
      (label, n, class_)
      for label, n, class_ in zip(rows.first_rows, counts, classes, strict=True)
      if class_ is not None
  ]
  return Labelled(
      examples,
      class_names,
      reader,
      rows.n_skipped,
      tuple(sorted((label, n) for label, n, _ in known)),
      tuple(sorted((label, class_) for label, _, class_ in known)),
  )


class _Rows(NamedTuple):
  """The rows of files, without the rows of some labels."""

  texts: list[str]
  labels: np.ndarray  # <int32>[n_texts], the indices of the labels in `first_rows`.
  first_rows: dict[str, Record]  # Label -> its first row.
  n_skipped: int


def _read(rows: Iterable[LabelledRow], skip_labels: Collection[str]) -> _Rows:
  texts: list[str] = []
  labels = array.array('i')
  number_of_label: dict[str, int] = {}
  first_rows: dict[str, Record] = {}
  n_skipped = 0
  for record, text, label in rows:
    if label in skip_labels:
      n_skipped += 1
      continue
    if label not in first_rows:
      number_of_label[label] = len(first_rows)
      first_rows[label] = record
    texts.append(text)
    labels.append(number_of_label[label])
  return _Rows(texts, np.array(labels, np.int32), first_rows, n_skipped)


def rows_with_label(
    reader: TableReader, columns: tuple[str, str]
) -> Iterator[LabelledRow]:
  """Yields each row with its text and its label.

  A row without a text or a label is malformed. `columns` are those of the texts and of
  the labels.
  """
  pairs = ((record, record.values[0], record.values[1]) for record in reader)
  return _with_label(pairs, reader, *_problems(columns))


def _problems(columns: tuple[str, str]) -> tuple[str, str]:
  return f'column {columns[0]!r} is empty', f'column {columns[1]!r} has no label'


def _labelled_rows(
    paths: LabelledPaths, options: LabelledOptions
) -> tuple[TableReader, Iterator[LabelledRow]]:
  """Returns the reader of some files, and their rows that have a text and a label."""
  columns, reading = options.columns, options.reading
  if options.labels_path is not None:
    if isinstance(paths, Mapping):
      raise UserError(
          f'{options.labels_path} contains labels, but the files have a label already: '
          f'{", ".join(f"{label}={path}" for path, label in paths.items())}.'
      )
    return _read_two_files([*paths], options.labels_path, reading)
  pairs: _Pairs
  if isinstance(paths, Mapping):
    reader = TableReader([*paths], columns[:1], reading)
    read = with_progress(reader, _READING, delay=1)
    labels = {input_files.shown_name(path): label for path, label in paths.items()}
    pairs = ((record, record.values[0], labels[record.name]) for record in read)
  else:
    reader = TableReader(paths, columns, reading)
    read = with_progress(reader, _READING, delay=1)
    pairs = ((record, record.values[0], record.values[1]) for record in read)
  return reader, _with_label(pairs, reader, *_problems(columns))


def _with_label(
    pairs: _Pairs, reader: TableReader, no_text: str, no_label: str
) -> Iterator[LabelledRow]:
  """Yields the rows with a text and a label, and normalizes the label.

  `no_text` and `no_label` are the problems of other rows, for messages.
  """
  for record, text, label in pairs:
    if text is None:
      reader.malformed(record, no_text)
    elif label is None or label_names.is_missing(label):
      reader.malformed(record, no_label)
    else:
      yield record, text, label_names.normalized(label)


def _read_two_files(
    paths: Sequence[str], labels_path: str, options: ReadingOptions
) -> tuple[TableReader, Iterator[LabelledRow]]:
  """Reads the texts of some files and the labels of another file, one on each line.

  A message about a row names the line of its label.
  """
  if options.input_format not in (None, 'lines'):
    raise UserError(
        f'{options.setting}input_format={options.input_format} does not fit labels in '
        f'a file of their own ({labels_path}), which require a text on each line.'
    )
  as_lines = dataclasses.replace(options, input_format='lines')
  texts = TableReader(paths, ('text',), as_lines)
  labels = TableReader([labels_path], ('text',), as_lines)
  read_texts, read_labels = list(texts), list(labels)
  if len(read_texts) != len(read_labels):
    raise UserError(
        f'{labels_path} contains {len(read_labels):,} labels, but {paths[0]} contains '
        f'{len(read_texts):,} texts.'
    )
  pairs = (
      (label, text.values[0], label.values[0])
      for text, label in zip(read_texts, read_labels, strict=True)
  )
  return texts, _with_label(pairs, texts, 'there is no text', 'there is no label')
