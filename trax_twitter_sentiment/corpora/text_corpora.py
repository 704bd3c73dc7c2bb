"""Corpora of labelled files and of TweetEval."""

import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import gin
import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.corpora.labelled_texts import Labelled
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.corpora.text_files import (
    as_mapping,
    check_texts,
    files_of,
    read_files,
)
from trax_twitter_sentiment.corpora.twitter import english_stop_words
from trax_twitter_sentiment.errors import UserError, check_seed
from trax_twitter_sentiment.files import absolute
from trax_twitter_sentiment.tables import labels as label_names
from trax_twitter_sentiment.tables.options import LabelledOptions, ReadingOptions

# Task of TweetEval -> its class names, in the order of the numbers in its mapping.txt.
_TWEETEVAL_CLASSES = {
    'emotion': ('anger', 'joy', 'optimism', 'sadness'),
    'hate': ('non-hate', 'hate'),
    'irony': ('non_irony', 'irony'),
    'offensive': ('not-offensive', 'offensive'),
    'sentiment': ('negative', 'neutral', 'positive'),
}

Paths = str | Sequence[str] | Mapping[str, str | Sequence[str]]


@gin.configurable(module='trax_twitter_sentiment')
def TextFileCorpus(
    train_path: Paths = gin.REQUIRED,
    validation_path: Paths | None = None,
    validation_fraction: float = 0.2,
    text_column: str | int = 'text',
    label_column: str | int = 'label',
    labels: Sequence[str] | Mapping[str, str] | str | None = None,
    skip_labels: Sequence[str] = (),
    on_malformed: str = 'refuse',
    seed: int = 0,
    input_format: str | None = None,
    delimiter: str | None = None,
    quoting: str | None = None,
    encoding: str | None = None,
    header: bool = True,
    train_labels_path: str | None = None,
    validation_labels_path: str | None = None,
) -> Corpus:
  """Returns a corpus of the labelled texts of files.

  Bind it to `configured_corpus.corpus`. A file is read again only after a change.

  Args:
    train_path: the file to train on, a list of files, or `{label: file}` if each file
      contains the texts of one class. A file may be a URL, such as
      `'s3://bucket/tweets.csv'`. `*` and `?` match names as in a shell. The
      formats are CSV, TSV, JSON Lines, a JSON array, Parquet and fastText's
      `__label__x text`, compressed or not, and a folder with a folder of `.txt` files
      for each class.
    validation_path: the texts to validate on; `None` to hold out training texts.
    validation_fraction: the fraction of each class to hold out, in (0, 1), drawn at
      random.
    text_column: the column of the texts: its name, its number (from 1) or, in JSON,
      its path. A name that is a number requires quotes: `'"2"'`.
    label_column: the column of the labels.
    labels: the labels of the files in the order of their classes, `['low', 'high']`,
      or the name of each label's class, `{'0': 'ham', '1': 'spam'}`; `None` for the
      labels of the training file, sorted. 0/1, 0/4, neg/pos and the like become
      negative and positive.
    skip_labels: labels whose texts are skipped, and counted on stderr.
    on_malformed: `'refuse'` to raise an error for a malformed row, or `'skip'` to skip
      and count it on stderr.
    seed: the seed of the random draw.
    input_format: the format of the files; `None` to recognize it by the file's name
      and first bytes.
    delimiter: the character between columns. `None` for the delimiter with which the
      header has all columns, or else a comma or a tab.
    quoting: `'double'` or `'none'`; `None` for the default of CSV or of TSV.
    encoding: the encoding of the files; `None` for UTF-8, or that of a byte-order mark.
    header: whether the first row contains the column names. Without a header, columns
      are given by number.
    train_labels_path: a file with a label on each line, for a `train_path` with a text
      on each line.
    validation_labels_path: the same for `validation_path`.

  Raises:
    UserError: if a file or a column is missing, if a row is malformed (the error names
      file and line), if the texts have fewer than two classes, or if an argument is not
      a legal value.
  """
  arguments = dict(locals())
  _check_fraction('TextFileCorpus.validation_fraction', validation_fraction)
  check_seed('TextFileCorpus.seed', seed)
  train_labels_path = _labels_path('train', train_labels_path, has_texts=True)
  validation_labels_path = _labels_path(
      'validation', validation_labels_path, has_texts=validation_path is not None
  )
  options = LabelledOptions(
      (str(text_column), str(label_column)),
      ReadingOptions(
          input_format, delimiter, quoting, encoding, header, on_malformed,
          setting='TextFileCorpus.',
      ),
      label_names.given_labels('TextFileCorpus.labels', as_mapping(labels)),
      _skip_labels('TextFileCorpus.skip_labels', skip_labels),
      train_labels_path,
  )  # fmt: skip
  files = files_of('TextFileCorpus.train_path', train_path, train_labels_path)
  labelled = read_files(files, options)
  check_texts(files.paths[0], labelled)
  class_names = labelled.class_names
  if validation_path is None:
    train, validation = _hold_out(
        files.paths[0], labelled.examples, class_names, float(validation_fraction), seed
    )
  else:
    train = labelled.examples
    validation = read_files(
        files_of(
            'TextFileCorpus.validation_path', validation_path, validation_labels_path
        ),
        options._replace(labels_path=validation_labels_path),
        class_names,
        labelled.class_of_label,
    ).examples
  name = f'file {os.path.basename(files.paths[0])}'
  recipe = Recipe.of('TextFileCorpus', **_with_absolute_paths(arguments))
  return _corpus(name, train, validation, labelled, recipe)


@gin.configurable(module='trax_twitter_sentiment')
def TweetEvalCorpus(task: str = gin.REQUIRED, data_dir: str = 'tweeteval') -> Corpus:
  """Returns a corpus of a task of TweetEval.

  Bind it to `configured_corpus.corpus`. It trains on the task's split `train` and
  validates on `val`: JSON Lines (`train.jsonl`) with the columns `text` and `label`, or
  TweetEval's own files (`train_text.txt`, `train_labels.txt`) in the folder `datasets`
  of https://github.com/cardiffnlp/tweeteval.

  Source: Barbieri and others, "TweetEval: Unified Benchmark and Comparative Evaluation
  for Tweet Classification", 2020.

  Args:
    task: the name of the task's folder, such as `'emotion'` or `'sentiment'`.
    data_dir: the folder of the tasks' folders.

  Raises:
    UserError: if a file is missing or malformed.
  """
  folder = os.path.join(os.path.expanduser(data_dir), task)
  if not os.path.isdir(folder):
    raise UserError(
        f'TweetEvalCorpus.data_dir={data_dir!r} has no folder {task!r}; the data are '
        "the folder 'datasets' of https://github.com/cardiffnlp/tweeteval."
    )
  options = LabelledOptions(reading=ReadingOptions(setting='TweetEvalCorpus.'))
  splits: list[Labelled] = []
  # The labels in JSON Lines may be the task's numbers or the names of its classes.
  class_names = _TWEETEVAL_CLASSES.get(task)
  numbers = tuple((str(i), i) for i in range(len(class_names or ())))
  for split in ('train', 'val'):
    path = os.path.join(folder, f'{split}.jsonl')
    labels_path = None
    if not os.path.exists(path):
      path = os.path.join(folder, f'{split}_text.txt')
      labels_path = os.path.join(folder, f'{split}_labels.txt')
    files = files_of('TweetEvalCorpus.data_dir', path, labels_path)
    of_split = options._replace(labels_path=labels_path)
    splits.append(read_files(files, of_split, class_names, numbers))
    if class_names is None:
      class_names = splits[0].class_names
      numbers = splits[0].class_of_label
  check_texts(folder, splits[0])
  train, validation = (labelled.examples for labelled in splits)
  recipe = Recipe.of('TweetEvalCorpus', task=task, data_dir=absolute(data_dir))
  return _corpus(f'tweeteval {task}', train, validation, splits[0], recipe)


def _with_absolute_paths(arguments: dict[str, Any]) -> dict[str, Any]:
  """Returns arguments with absolute paths, valid in every working folder."""
  result = dict(arguments)
  for name in ('train_path', 'validation_path'):
    paths = as_mapping(arguments[name])
    if isinstance(paths, Mapping):
      result[name] = {label: _absolute(value) for label, value in paths.items()}
    elif paths is not None:
      result[name] = _absolute(paths)
  for name in ('train_labels_path', 'validation_labels_path'):
    result[name] = arguments[name] and absolute(arguments[name])
  return result


def _absolute(paths: Any) -> list[str]:
  paths = [paths] if isinstance(paths, str) else paths
  return [*map(absolute, paths)]


def _labels_path(split: str, path: object, has_texts: bool) -> str | None:
  """Returns the path of a split's file of labels, if the setting is legal."""
  if path is None:
    return None
  setting = f'TextFileCorpus.{split}_labels_path={path!r}'
  if not isinstance(path, str) or not path:
    raise UserError(f"{setting} is not a path, such as 'labels.txt'.")
  if not has_texts:
    raise UserError(
        f'{setting} requires TextFileCorpus.{split}_path, the file of the texts.'
    )
  return os.path.expanduser(path)


def _check_fraction(setting: str, value: object) -> None:
  if isinstance(value, bool) or not isinstance(value, (int, float)):
    raise UserError(f'{setting}={value!r} is not a number in (0, 1).')
  if not 0 < value < 1:
    raise UserError(f'{setting}={value!r} is not in (0, 1).')


def _skip_labels(setting: str, labels: object) -> frozenset[str]:
  if isinstance(labels, str) or not isinstance(labels, Iterable):
    raise UserError(
        f"{setting}={labels!r} is not a list of labels, such as ['neutral']."
    )
  return frozenset(label_names.normalized(str(label)) for label in labels)


@functools.cache
def _hold_out(
    path: str,
    examples: Examples,
    class_names: tuple[str, ...],
    fraction: float,
    seed: int,
) -> tuple[Examples, Examples]:
  """Splits examples in training and validation, each in the order of the file."""
  rng = np.random.default_rng(seed)
  held_out = np.zeros(len(examples.labels), bool)
  for label in np.unique(examples.labels):
    rows = np.flatnonzero(examples.labels == label)
    n_held_out = round(fraction * len(rows))
    if not 0 < n_held_out < len(rows):
      raise UserError(
          f'{path}: {len(rows)} rows of class {class_names[label]!r} are too few to '
          f'hold out TextFileCorpus.validation_fraction={fraction} of them.'
      )
    held_out[rng.choice(rows, n_held_out, replace=False)] = True
  return examples.part(~held_out), examples.part(held_out)


@functools.cache
def _corpus(
    name: str, train: Examples, validation: Examples, labelled: Labelled, recipe: Recipe
) -> Corpus:
  """Returns one object for the same examples, since the object is a cache key."""
  return Corpus(
      name,
      train,
      validation,
      english_stop_words(),
      labelled.class_names,
      recipe,
      class_of_label=labelled.class_of_label,
  )
