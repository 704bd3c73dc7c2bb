"""Corpora of the user's own: labelled text files, and TFDS data sets."""

import functools
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import gin
import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples, examples_of
from trax_twitter_sentiment.corpora.labelled_texts import Labelled, read_labelled
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.corpora.twitter import english_stop_words
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables import labels as label_names
from trax_twitter_sentiment.tables.options import ReadingOptions

# The names of the numbers in TweetEval's own files, as its mapping.txt has them.
_TWEETEVAL_CLASSES = {
    'emotion': ('anger', 'joy', 'optimism', 'sadness'),
    'hate': ('non-hate', 'hate'),
    'irony': ('non_irony', 'irony'),
    'offensive': ('not-offensive', 'offensive'),
    'sentiment': ('negative', 'neutral', 'positive'),
}


@gin.configurable(module='trax_twitter_sentiment')
def TextFileCorpus(
    train_path: str | Sequence[str] = gin.REQUIRED,
    validation_path: str | Sequence[str] | None = None,
    validation_fraction: float = 0.2,
    text_column: str = 'text',
    label_column: str = 'label',
    labels: Sequence[str] | None = None,
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
  """Returns the labelled texts of files; each is read once.

  For `configured_corpus.corpus`; the vocabulary is the training part's.

  Args:
    train_path: the file to train on, or several; `*` stands for what it does in a
      shell. CSV, TSV, JSON Lines, a JSON array, Parquet, or fastText's
      `__label__x text`; also compressed.
    validation_path: what to validate on; `None` to hold out texts of the other.
    validation_fraction: the fraction of each class that is held out, in (0, 1);
      drawn at random.
    text_column: the column that holds the texts: its name, its number (from 1) or,
      in JSON, its path.
    label_column: the column that holds the labels.
    labels: what labels are called in the files, in the order of their classes;
      `None` for those that the training file has, in sorted order. 0/1, 0/4, neg/pos
      and the like are negative and positive.
    skip_labels: texts with these labels are left out, which is said.
    on_malformed: `'refuse'` rows that can't be read, or `'skip'` them and say on
      stderr how many there were.
    seed: of the draw.
    input_format: what the files are; `None` to tell it by their names and first bytes.
    delimiter: what separates columns; `None` for what the header makes certain.
    quoting: `'double'` or `'none'`; `None` for CSV's or TSV's.
    encoding: of the files; `None` for UTF-8, or that of a byte-order mark.
    header: whether the first row names the columns; else they go by number.
    train_labels_path: a file of a label a line, for a `train_path` of a text a line.
    validation_labels_path: the same for `validation_path`.

  Raises:
    UserError: if a file, a column or a row is missing or malformed (file and line
      are named), if there are fewer than two classes or too few texts of one, or an
      argument is not a legal value.
  """
  arguments = dict(locals())
  if not 0 < validation_fraction < 1:
    raise UserError(
        f'TextFileCorpus.validation_fraction={validation_fraction!r} is not in (0, 1).'
    )
  options = ReadingOptions(
      input_format, delimiter, quoting, encoding, header, on_malformed,
      setting='TextFileCorpus.',
  )  # fmt: skip
  columns = (str(text_column), str(label_column))
  names = label_names.check_labels('TextFileCorpus.labels', labels)
  skipped = _skip_labels('TextFileCorpus.skip_labels', skip_labels)
  train_paths = _paths(train_path)
  read = functools.partial(_read_files, columns=columns, options=options)
  labelled = read(
      train_paths, labels=names, skip_labels=skipped, labels_path=train_labels_path
  )
  _check_classes(train_paths[0], labelled)
  if validation_path is None:
    train, validation = _hold_out(
        train_paths[0], labelled, validation_fraction, seed
    )
  else:
    train = labelled.examples
    validation = read(
        _paths(validation_path),
        labels=names,
        class_names=labelled.class_names,
        skip_labels=skipped,
        labels_path=validation_labels_path,
    ).examples
  name = f'file {os.path.basename(train_paths[0])}'
  recipe = Recipe.of('TextFileCorpus', **_with_absolute_paths(arguments))
  return _corpus(name, train, validation, labelled.class_names, recipe)


@gin.configurable(module='trax_twitter_sentiment')
def TfdsCorpus(
    dataset_name: str = gin.REQUIRED,
    data_dir: str | None = None,
    train_split: str = 'train',
    validation_split: str = 'test',
    text_key: str = 'text',
    label_key: str = 'label',
    labels: Sequence[int] | None = None,
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
      `sentiment140`; `None` for those that the data set names, or else has.

  Raises:
    UserError: if a feature is missing or a label is not among `labels`.
  """
  recipe = Recipe.of('TfdsCorpus', **locals())
  return _load_tfds(
      dataset_name,
      data_dir,
      (train_split, validation_split),
      (text_key, label_key),
      None if labels is None else tuple(labels),
      recipe,
  )


@gin.configurable(module='trax_twitter_sentiment')
def TweetEvalCorpus(task: str = gin.REQUIRED, data_dir: str = 'tweeteval') -> Corpus:
  """Returns the texts of one of TweetEval's tasks, from files at hand.

  For `configured_corpus.corpus`. It trains on the task's `train` and validates on its
  `val`: JSON Lines (`train.jsonl`) with the columns `text` and `label`, or TweetEval's
  own files (`train_text.txt`, `train_labels.txt`), as they are in `datasets/` of
  https://github.com/cardiffnlp/tweeteval.

  Source: Barbieri and others, "TweetEval: Unified Benchmark and Comparative Evaluation
  for Tweet Classification", 2020.

  Args:
    task: the name of its folder: `'emotion'`, `'irony'`, `'offensive'`, `'sentiment'`.
    data_dir: the folder that holds those of the tasks.

  Raises:
    UserError: if there are no such files, or they are malformed.
  """
  folder = os.path.join(os.path.expanduser(data_dir), task)
  if not os.path.isdir(folder):
    raise UserError(
        f'TweetEvalCorpus.data_dir={data_dir!r} has no folder {task!r}; the data are '
        "the folder 'datasets' of https://github.com/cardiffnlp/tweeteval."
    )
  splits: list[Labelled] = []
  for split in ('train', 'val'):
    path = os.path.join(folder, f'{split}.jsonl')
    labels_path = None
    if not os.path.exists(path):
      path = os.path.join(folder, f'{split}_text.txt')
      labels_path = os.path.join(folder, f'{split}_labels.txt')
    splits.append(
        _read_files(
            (path,),
            ('text', 'label'),
            ReadingOptions(setting='TweetEvalCorpus.'),
            None,
            frozenset(),
            labels_path,
            splits[0].class_names if splits else _TWEETEVAL_CLASSES.get(task),
        )
    )
  _check_classes(folder, splits[0])
  train, validation = (labelled.examples for labelled in splits)
  recipe = Recipe.of('TweetEvalCorpus', task=task, data_dir=os.path.abspath(data_dir))
  return _corpus(f'tweeteval {task}', train, validation, splits[0].class_names, recipe)


def _with_absolute_paths(arguments: dict[str, Any]) -> dict[str, Any]:
  """Returns arguments whose paths hold in every working folder."""
  absolute = dict(arguments)
  for name, value in arguments.items():
    if name.endswith('_path') and value is not None:
      paths = [value] if isinstance(value, str) else value
      absolute[name] = [os.path.abspath(os.path.expanduser(path)) for path in paths]
  return absolute


def _paths(path: str | Sequence[str]) -> tuple[str, ...]:
  return tuple(input_files.expand([path] if isinstance(path, str) else path))


def _skip_labels(setting: str, labels: object) -> frozenset[str]:
  if isinstance(labels, str) or not isinstance(labels, Iterable):
    raise UserError(f"{setting}={labels!r} is not a list of labels, as ['neutral'].")
  return frozenset(label_names.normalized(str(label)) for label in labels)


@functools.cache
def _read_files(
    paths: tuple[str, ...],
    columns: tuple[str, str],
    options: ReadingOptions,
    labels: tuple[str, ...] | None,
    skip_labels: frozenset[str],
    labels_path: str | None,
    class_names: tuple[str, ...] | None = None,
) -> Labelled:
  labelled = read_labelled(
      paths, columns, options, labels, class_names, skip_labels, labels_path
  )
  reader = labelled.reader
  if reader.n_skipped or reader.n_damaged or labelled.n_skipped_labels:
    print(
        f'WARNING: {", ".join(paths)}: {reader.n_skipped} malformed rows were skipped, '
        f'{labelled.n_skipped_labels} were of skip_labels, {reader.n_damaged} lines '
        'were not UTF-8.',
        file=sys.stderr,
    )
  if labels is None and class_names is None:
    print(
        f'{paths[0]}: the classes are {", ".join(labelled.class_names)}.',
        file=sys.stderr,
    )
  return labelled


def _check_classes(path: str, labelled: Labelled) -> None:
  """Raises `UserError` if there is nothing to tell apart."""
  counts = np.bincount(
      labelled.examples.labels, minlength=len(labelled.class_names)
  ).tolist()
  if sum(count > 0 for count in counts) < 2:
    only = labelled.class_names[int(np.argmax(counts))]
    raise UserError(
        f'{path}: all labels are of one class, {only!r}; training takes two or more.'
    )
  for name, count in zip(labelled.class_names, counts, strict=True):
    if count < 2:
      raise UserError(
          f'{path}: there are too few texts of class {name!r}: {count}, not 2 or more.'
      )


@functools.cache
def _hold_out(
    path: str, labelled: Labelled, fraction: float, seed: int
) -> tuple[Examples, Examples]:
  """Returns the training and the held-out part, each in the file's order."""
  examples = labelled.examples
  rng = np.random.default_rng(seed)
  held_out = np.zeros(len(examples.labels), bool)
  for label in np.unique(examples.labels):
    rows = np.flatnonzero(examples.labels == label)
    n_held_out = round(fraction * len(rows))
    if not 0 < n_held_out < len(rows):
      raise UserError(
          f'{path}: {len(rows)} rows of class {labelled.class_names[label]!r} are too '
          'few to hold out '
          f'TextFileCorpus.validation_fraction={fraction} of them.'
      )
    held_out[rng.choice(rows, n_held_out, replace=False)] = True
  return examples.part(~held_out), examples.part(held_out)


@functools.cache
def _corpus(
    name: str,
    train: Examples,
    validation: Examples,
    class_names: tuple[str, ...],
    recipe: Recipe,
) -> Corpus:
  """Returns one corpus object for the same examples, by which caches know it."""
  return Corpus(name, train, validation, english_stop_words(), class_names, recipe)


@functools.cache
def _load_tfds(
    dataset_name: str,
    data_dir: str | None,
    splits: tuple[str, str],
    keys: tuple[str, str],
    labels: tuple[int, ...] | None,
    recipe: Recipe,
) -> Corpus:
  # Imported on use: it imports TensorFlow.
  import tensorflow_datasets as tfds

  text_key, label_key = keys
  data_sets, info = tfds.load(
      dataset_name, split=list(splits), data_dir=data_dir, with_info=True
  )
  for key in keys:
    if key not in info.features:
      raise UserError(
          f'The TFDS data set {dataset_name} has no feature {key!r}; there are '
          f'{", ".join(map(repr, info.features))}.'
      )
  rows = [list(tfds.as_numpy(data_set)) for data_set in data_sets]
  named = getattr(info.features[label_key], 'names', None)
  if labels is None:
    found = {int(row[label_key]) for part in rows for row in part}
    labels = tuple(range(len(named)) if named else sorted(found))
  names = tuple(named[i] if named else str(i) for i in labels)
  class_of = {label: i for i, label in enumerate(labels)}

  def examples(part: list) -> Examples:
    pairs = []
    for row in part:
      label = int(row[label_key])
      if label not in class_of:
        raise UserError(
            f'The TFDS data set {dataset_name} has a label {label}, which is not '
            f'among TfdsCorpus.labels={labels}.'
        )
      pairs.append((row[text_key].decode('utf-8', 'replace'), class_of[label]))
    return examples_of(pairs)

  class_names = label_names.names_of(names, in_order=True)
  train, validation = map(examples, rows)
  return _corpus(f'tfds {dataset_name}', train, validation, class_names, recipe)
