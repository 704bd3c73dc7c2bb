"""Corpora of the user's own: labelled text files, and TFDS data sets."""

import functools
import os
import sys
from collections.abc import Sequence

import gin
import numpy as np

from trax_twitter_sentiment.corpus import (
    Corpus,
    Examples,
    english_stop_words,
    examples_of,
)
from trax_twitter_sentiment.errors import UserError, check_choice
from trax_twitter_sentiment.reading.tables import RecordReader

_BINARY_LABELS = {'0': 0, '1': 1, 'negative': 0, 'positive': 1}
_ON_MALFORMED = ('refuse', 'skip')


@gin.configurable(module='trax_twitter_sentiment')
def TextFileCorpus(
    train_path: str = gin.REQUIRED,
    validation_path: str | None = None,
    validation_fraction: float = 0.2,
    text_column: str = 'text',
    label_column: str = 'label',
    labels: Sequence[str] | None = None,
    on_malformed: str = 'refuse',
    seed: int = 0,
) -> Corpus:
  """Returns the labelled texts of CSV, TSV or JSON Lines files; each is read once.

  For `configured_corpus.corpus`; the vocabulary is the training part's.

  Args:
    train_path: the file to train on.
    validation_path: the file to validate on; `None` to hold out texts of the other.
    validation_fraction: the fraction of each class that is held out, in (0, 1);
      drawn at random.
    text_column: the column that holds the texts.
    label_column: the column that holds the labels.
    labels: what labels are called in the files, in the order of their classes;
      `None` for 0/1 or negative/positive.
    on_malformed: `'refuse'` rows that can't be read, or `'skip'` them and say on
      stderr how many there were.
    seed: of the draw.

  Raises:
    UserError: if a file, a column or a row is missing or malformed (file and line
      are named), or an argument is not a legal value.
  """
  check_choice('TextFileCorpus.on_malformed', on_malformed, _ON_MALFORMED)
  if not 0 < validation_fraction < 1:
    raise UserError(
        f'TextFileCorpus.validation_fraction={validation_fraction!r} is not in (0, 1).'
    )
  classes = tuple(labels) if labels is not None else None
  columns = (text_column, label_column)
  skip = on_malformed == 'skip'
  examples = _read_file(train_path, columns, classes, skip)
  if validation_path is None:
    train, validation = _hold_out(train_path, examples, validation_fraction, seed)
  else:
    train = examples
    validation = _read_file(validation_path, columns, classes, skip)
  return _corpus(f'file {os.path.basename(train_path)}', train, validation)


@gin.configurable(module='trax_twitter_sentiment')
def TfdsCorpus(
    dataset_name: str = gin.REQUIRED,
    data_dir: str | None = None,
    train_split: str = 'train',
    validation_split: str = 'test',
    text_key: str = 'text',
    label_key: str = 'label',
    labels: Sequence[int] = (0, 1),
) -> Corpus:
  """Returns the texts of a TFDS data set, prepared by TFDS where it isn't yet.

  For `configured_corpus.corpus`.

  Args:
    dataset_name: its name in TFDS, such as `'imdb_reviews'`.
    data_dir: where TFDS keeps its data; `None` for its default.
    train_split: the split to train on; TFDS's slices work, as in `'train[:80%]'`.
    validation_split: the split to validate on.
    text_key: the feature that holds the texts.
    label_key: the feature that holds the labels, integers.
    labels: the labels of the data set, in the order of their classes; `(0, 4)` for
      `sentiment140`.

  Raises:
    UserError: if a feature is missing or a label is not among `labels`.
  """
  return _load_tfds(
      dataset_name,
      data_dir,
      (train_split, validation_split),
      (text_key, label_key),
      tuple(labels),
  )


def read_labelled(
    path: str,
    columns: tuple[str, str],
    classes: tuple[str, ...] | None = None,
    skip_malformed: bool = False,
) -> tuple[Examples, RecordReader]:
  """Reads the texts and labels of a CSV, TSV or JSON Lines file.

  Args:
    path: the file.
    columns: the names of the columns of texts and of labels.
    classes: what labels are called, in the order of their classes; `None` for 0/1 or
      negative/positive in any case.
    skip_malformed: whether to leave out rows that can't be read.

  Returns:
    The examples, and the reader, which has counted what was damaged or skipped.

  Raises:
    UserError: if the file or a column is missing or a row malformed; it names the
      line.
  """
  names = _BINARY_LABELS if classes is None else {n: i for i, n in enumerate(classes)}
  pairs = []
  try:
    with open(path, 'rb') as file:
      reader = RecordReader(file, path, columns, skip_malformed)
      for line, (text, label) in reader:
        name = label.strip().lower() if classes is None else label.strip()
        if name in names:
          pairs.append((text, names[name]))
        else:
          reader.malformed(line, f'label {label!r} is not one of {", ".join(names)}')
  except OSError as error:
    raise UserError(f'{path}: {error.strerror}.') from error
  if not pairs:
    raise UserError(f'{path} holds no labelled text.')
  return examples_of(pairs), reader


@functools.cache
def _read_file(
    path: str,
    columns: tuple[str, str],
    classes: tuple[str, ...] | None,
    skip_malformed: bool,
) -> Examples:
  examples, reader = read_labelled(path, columns, classes, skip_malformed)
  if reader.n_skipped or reader.n_damaged:
    print(
        f'WARNING: {path}: {reader.n_skipped} malformed rows were skipped, '
        f'{reader.n_damaged} lines were not UTF-8.',
        file=sys.stderr,
    )
  return examples


@functools.cache
def _hold_out(
    path: str, examples: Examples, fraction: float, seed: int
) -> tuple[Examples, Examples]:
  """Returns the training and the held-out part, each in the file's order."""
  rng = np.random.default_rng(seed)
  held_out = np.zeros(len(examples.labels), bool)
  for label in np.unique(examples.labels):
    rows = np.flatnonzero(examples.labels == label)
    n_held_out = round(fraction * len(rows))
    if not 0 < n_held_out < len(rows):
      raise UserError(
          f'{path}: {len(rows)} rows of class {label} are too few to hold out '
          f'TextFileCorpus.validation_fraction={fraction} of them.'
      )
    held_out[rng.choice(rows, n_held_out, replace=False)] = True
  return _part(examples, ~held_out), _part(examples, held_out)


def _part(examples: Examples, chosen: np.ndarray) -> Examples:
  texts = tuple(t for t, keep in zip(examples.texts, chosen, strict=True) if keep)
  return Examples(texts, examples.labels[chosen])


@functools.cache
def _corpus(name: str, train: Examples, validation: Examples) -> Corpus:
  """Returns one corpus object for the same examples, by which caches know it."""
  return Corpus(name, train, validation, english_stop_words())


@functools.cache
def _load_tfds(
    dataset_name: str,
    data_dir: str | None,
    splits: tuple[str, str],
    keys: tuple[str, str],
    labels: tuple[int, ...],
) -> Corpus:
  # Imported on use: it imports TensorFlow.
  import tensorflow_datasets as tfds

  text_key, label_key = keys
  classes = {label: i for i, label in enumerate(labels)}

  def read(split: str) -> Examples:
    pairs = []
    for row in tfds.as_numpy(tfds.load(dataset_name, split=split, data_dir=data_dir)):
      for key in keys:
        if key not in row:
          raise UserError(
              f'The TFDS data set {dataset_name} has no feature {key!r}; there are '
              f'{", ".join(map(repr, row))}.'
          )
      label = int(row[label_key])
      if label not in classes:
        raise UserError(
            f'The TFDS data set {dataset_name} has a label {label}, which is not '
            f'among TfdsCorpus.labels={labels}.'
        )
      pairs.append((row[text_key].decode('utf-8', 'replace'), classes[label]))
    return examples_of(pairs)

  return _corpus(f'tfds {dataset_name}', *map(read, splits))
