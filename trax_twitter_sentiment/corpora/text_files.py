"""Reads files of labelled texts, and warns on stderr.

A process reads a file again only after a change.
"""

import functools
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from trax_twitter_sentiment.corpora.labelled_texts import (
    Labelled,
    label_by_path,
    read_labelled,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables import labels as label_names
from trax_twitter_sentiment.tables.escapes import printable
from trax_twitter_sentiment.tables.options import LabelledOptions


class TextFiles(NamedTuple):
  """Files of labelled texts and their state: a cache key for their content."""

  paths: tuple[str, ...]
  labels: tuple[str, ...] | None  # `None` if the files contain their labels.
  states: tuple[object, ...]  # Size and modification time of each file.


def as_mapping(value: object) -> object:
  """Returns a dictionary for a list of pairs, which a recipe contains instead."""
  if not isinstance(value, (list, tuple)) or not value:
    return value
  are_pairs = all(isinstance(item, (list, tuple)) and len(item) == 2 for item in value)
  return dict(value) if are_pairs else value


def files_of(setting: str, value: object, labels_path: str | None = None) -> TextFiles:
  """Returns the files that a setting names; raises `UserError` if it names none."""
  value = as_mapping(value)
  patterns_of_label = value.items() if isinstance(value, Mapping) else [(None, value)]
  paths, labels = [], []
  for label, patterns in patterns_of_label:
    patterns = [patterns] if isinstance(patterns, str) else patterns  # noqa: PLW2901
    if (
        not isinstance(patterns, (list, tuple))
        or not patterns
        or not all(isinstance(pattern, str) and pattern for pattern in patterns)
    ):
      raise UserError(
          f"{setting}={value!r} is not a path, such as 'tweets.csv', nor a list of "
          "paths, nor paths by label, such as {'pos': 'pos.txt', 'neg': 'neg.txt'}."
      )
    expanded = input_files.expand(patterns)
    paths += expanded
    labels += [str(label)] * len(expanded)
  if not paths:
    raise UserError(f'{setting}={value!r} names no file.')
  states = tuple(map(input_files.state, [*paths, *filter(None, [labels_path])]))
  by_label = tuple(labels) if isinstance(value, Mapping) else None
  return TextFiles(tuple(paths), by_label, states)


@functools.cache
def read_files(
    files: TextFiles,
    options: LabelledOptions,
    class_names: tuple[str, ...] | None = None,
    trained: tuple[tuple[str, int], ...] = (),
) -> Labelled:
  """Reads files by `read_labelled`, and prints classes and warnings on stderr."""
  paths: Sequence[str] | Mapping[str, str] = files.paths
  if files.labels is not None:
    paths = label_by_path(zip(files.paths, files.labels, strict=True))
  labelled = read_labelled(paths, options, class_names, dict(trained))
  for warning in _warnings(labelled, options.reading.setting):
    print(f'WARNING: {", ".join(files.paths)}: {warning}', file=sys.stderr)
  if options.labels is None and class_names is None:
    names = printable(', '.join(labelled.class_names))
    print(f'{files.paths[0]}: the classes are {names}.', file=sys.stderr)
  return labelled


def _warnings(labelled: Labelled, setting: str) -> Iterator[str]:
  """Yields warnings about skipped and damaged rows, quotes, and similar labels."""
  reader, counts = labelled.reader, dict(labelled.label_counts)
  if reader.n_skipped or reader.n_damaged or labelled.n_skipped_labels:
    yield (
        f'{reader.n_skipped} malformed rows were skipped, {labelled.n_skipped_labels} '
        f'rows had one of skip_labels, {reader.n_damaged} lines were not UTF-8.'
    )
  if reader.n_quoted:
    yield (
        f'{reader.n_quoted} texts are in quotes, which count as text; '
        f"{setting}quoting='double' removes them."
    )
  if groups := label_names.nearly_equal(counts):
    listed = '; '.join(
        ', '.join(f'{label!r} ({counts[label]:,})' for label in group)
        for group in groups
    )
    yield (
        f'labels are nearly equal: {listed}. {setting}labels can give them one class '
        'name.'
    )


def check_texts(path: str, labelled: Labelled) -> None:
  """Raises `UserError` if the texts are too few or too uniform to train on."""
  examples, class_names = labelled.examples, labelled.class_names
  counts = np.bincount(examples.labels, minlength=len(class_names)).tolist()
  if sum(count > 0 for count in counts) < 2:
    only = class_names[int(np.argmax(counts))]
    raise UserError(
        f'{path}: all labels are of one class, {only!r}; training requires two or more.'
    )
  for name, count in zip(class_names, counts, strict=True):
    if count < 2:
      raise UserError(
          f'{path}: too few texts of class {name!r}: {count}; at least 2 are required.'
      )
  first = examples.texts[0].strip()
  if all(text.strip() == first for text in examples.texts):
    kind = 'equal' if first else 'empty'
    raise UserError(
        f'{path}: all texts are {kind}, so no model can distinguish the classes.'
    )
