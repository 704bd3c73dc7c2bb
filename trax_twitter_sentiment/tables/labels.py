"""Labels in files, and the classes that they stand for."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.escapes import printable

# The class names of sentiment, with two classes and with three.
_TWO, _THREE = ('negative', 'positive'), ('negative', 'neutral', 'positive')
# Usual labels of sentiment, in lower case -> the names of their classes.
_SPELLINGS = {
    ('negative', 'positive'): _TWO,
    ('neg', 'pos'): _TWO,
    ('0', '1'): _TWO,
    ('0', '4'): _TWO,
    ('-1', '1'): _TWO,
    ('negative', 'neutral', 'positive'): _THREE,
    ('neg', 'neu', 'pos'): _THREE,
    ('0', '2', '4'): _THREE,
    ('-1', '0', '1'): _THREE,
}
# Label in lower case -> class, for a run with the classes negative and positive.
_SYNONYMS = {
    'negative': 0, 'neg': 0, '0': 0, '-1': 0, 'false': 0,
    'positive': 1, 'pos': 1, '1': 1, '4': 1, 'true': 1,
}  # fmt: skip

# Missing labels as other programs write them, in lower case.
_MISSING = ('', 'nan', '<na>', 'null', '#n/a')

# The maximum number of labels in a message.
_MAX_LISTED = 20

_INTEGER_AS_FLOAT = re.compile(r'([+-]?\d+)\.0+')
_NUMBER = re.compile(r'[+-]?\d+(\.\d*)?')


def is_missing(label: str | None) -> bool:
  """Returns whether a label is missing: `None`, or one of `_MISSING`."""
  return label is None or label.strip().lower() in _MISSING


def normalized(label: str) -> str:
  """Returns a label without white space around it, and `1` for `1.0`."""
  label = label.strip()
  match = _INTEGER_AS_FLOAT.fullmatch(label)
  return match[1] if match else label


class GivenLabels(NamedTuple):
  """The labels of files, as a setting gives them."""

  setting: str  # The setting's name.
  labels: tuple[str, ...]  # In the order of their classes.
  names: tuple[str, ...] | None = None  # Each label's class, if the setting names it.

  def class_names(self) -> tuple[str, ...]:
    """Returns the names of the classes, in order."""
    if self.names is None:
      return names_of(self.labels)
    return tuple(dict.fromkeys(self.names))

  def class_of_label(self, class_names: Sequence[str]) -> dict[str, int]:
    """Returns the class of each label; raises `UserError` if the labels don't fit."""
    classes = ', '.join(class_names)
    if self.names is None:
      if len(self.labels) != len(class_names):
        raise UserError(
            f'{self.setting}={",".join(self.labels)} are {len(self.labels)} labels, '
            f'but the run has {len(class_names)} classes: {classes}.'
        )
      return {label: i for i, label in enumerate(self.labels)}
    for name in self.names:
      if name not in class_names:
        raise UserError(
            f'{self.setting}: {name!r} is not a class; the classes are {classes}.'
        )
    pairs = zip(self.labels, self.names, strict=True)
    return {label: class_names.index(name) for label, name in pairs}


def given_labels(setting: str, value: object) -> GivenLabels | None:
  """Parses the value of a setting of labels; returns `None` for `None`.

  The value consists of labels in the order of their classes, `['low', 'high']`; or it
  gives the name of each label's class, as `{'0': 'ham', '1': 'spam'}`,
  `['0=ham', '1=spam']` or `'0=ham,1=spam'`.

  Raises:
    UserError: if the value is not legal.
  """
  if value is None:
    return None
  if isinstance(value, str) and '=' in value:
    value = value.split(',')
  if isinstance(value, str) or not isinstance(value, Iterable):
    raise UserError(
        f'{setting}={value!r} is neither a list of labels, such as '
        "['negative', 'positive'], nor a class name for each label, such as "
        "{'0': 'ham', '1': 'spam'}."
    )
  names: tuple[str, ...] | None = None
  labels = tuple(
      normalized(str(label).lower() if isinstance(label, bool) else str(label))
      for label in value
  )
  pairs = [label.partition('=') for label in labels]
  if isinstance(value, Mapping):
    names = tuple(str(name).strip() for name in value.values())
  elif pairs and all(label.strip() and name.strip() for label, _, name in pairs):
    names = tuple(name.strip() for _, _, name in pairs)
    labels = tuple(normalized(label) for label, _, _ in pairs)
  if len(set(labels)) != len(labels) or len(set(names or labels)) < 2:
    raise UserError(
        f'{setting}={value!r} must contain two or more classes, and each label once.'
    )
  return GivenLabels(setting, labels, names)


def names_of(labels: Iterable[str]) -> tuple[str, ...]:
  """Returns class names for labels in the order of their classes.

  The usual labels of sentiment get the names negative, neutral and positive. Any other
  label is the name of its class.
  """
  labels = tuple(labels)
  return _SPELLINGS.get(tuple(label.lower() for label in labels), labels)


def own_classes(labels: Collection[str]) -> tuple[tuple[str, ...], dict[str, int]]:
  """Returns class names for the labels of a file, and the class of each label.

  If the labels are not those of sentiment, they are sorted, numbers by size.
  """
  lower = {label.lower() for label in labels}
  for spelling, names in _SPELLINGS.items():
    if {*spelling} == lower:
      return names, {label: spelling.index(label.lower()) for label in labels}
  ordered = tuple(sorted({*labels}, key=_sort_key))
  return ordered, {label: i for i, label in enumerate(ordered)}


def _sort_key(label: str) -> tuple[bool, float, str]:
  is_number = _NUMBER.fullmatch(label) is not None
  return not is_number, float(label) if is_number else 0.0, label


class Classes:
  """A mapping from the labels of some files to classes.

  There are several mappings, in this order: the labels that the user gives; the labels
  of the training files; the class names; the class names in upper or lower case, if
  this is unambiguous; and for the classes negative and positive, 0/1, 0/4, -1/1,
  neg/pos and false/true. The first mapping with the most labels of the files applies.
  Labels that the user gives apply if the files have any of them. If the files have
  none, only the labels of the training files and the class names are tried.

  Args:
    places: the labels of the files, each with the file and line of its first
      occurrence, for messages.
    class_names: the names of the classes, in order.
    given: the labels that the user gives; `None` for none.
    trained: the class of each label of the training files.
    setting: the name of the setting for labels, for messages.

  Raises:
    UserError: if a label is a number whose class is ambiguous.
  """

  def __init__(
      self,
      places: Mapping[str, str],
      class_names: Sequence[str],
      given: GivenLabels | None = None,
      trained: Mapping[str, int] | None = None,
      setting: str = '--labels',
  ):
    exact = {name: i for i, name in enumerate(class_names)}
    lower = {name.lower(): i for name, i in exact.items()}
    mappings = [dict(trained or {}), exact]
    if len(lower) == len(exact):
      mappings.append(lower | exact)
    if tuple(lower) == _TWO:
      mappings.append(_SYNONYMS)
    self._class_names = class_names
    self._labels = sorted(places, key=_sort_key)
    if given is not None:
      given_classes = given.class_of_label(class_names)
      is_used = self._count_labels(given_classes) > 0
      mappings = [given_classes] if is_used else [given_classes, *mappings[:2]]
    self._class_of = max(mappings, key=self._count_labels)
    if given is None:
      for label in self._labels:
        if self(label) is None and _NUMBER.fullmatch(label):
          raise UserError(f'{places[label]}: {self._ambiguous(setting)}')

  def _count_labels(self, mapping: Mapping[str, int]) -> int:
    """Returns the number of labels that a mapping contains."""
    return sum(label in mapping or label.lower() in mapping for label in self._labels)

  def __call__(self, label: str) -> int | None:
    """Returns a label's class; `None` if it is unknown."""
    return self._class_of.get(label, self._class_of.get(label.lower()))

  def problem(self, label: str) -> str:
    """Returns a message about an unknown label."""
    if parts := _parts(label, self._labels):
      return f'label {label!r} is {len(parts)} labels; a text must have one label'
    others = ''
    if {*self._labels} != {label}:
      others = f'; the labels of the file are {_listed(self._labels)}'
    return f'label {label!r} is not one of {_listed(self._class_of)}{others}'

  def _ambiguous(self, setting: str) -> str:
    names, labels = self._class_names, self._labels
    targets = names if len(labels) == len(names) else ['CLASS'] * len(labels)
    pairs = ','.join(map('='.join, zip(labels[:_MAX_LISTED], targets)))
    return (
        f'the labels {_listed(labels)} are not the classes {_listed(names)}, so '
        f'their classes are ambiguous; give the classes by {setting}={pairs!r}.'
    )


def _listed(labels: Iterable[str]) -> str:
  labels = [*labels]
  n_more = len(labels) - _MAX_LISTED
  rest = f' and {n_more:,} more' if n_more > 0 else ''
  return ', '.join(map(printable, labels[:_MAX_LISTED])) + rest


def _parts(label: str, labels: Collection[str]) -> list[str]:
  """Returns the parts of a label such as `0,1,9`; empty for a single label."""
  parts = [part.strip() for part in re.split(r'[,;|]', label)]
  are_numbers = all(part.isdecimal() for part in parts)
  if len(parts) > 1 and ({*parts} <= {*labels} or (are_numbers and len(parts) > 2)):
    return parts
  return []


def several_labels(labels: Collection[str]) -> set[str]:
  """Returns the labels that consist of several labels, such as `0,1,9`."""
  return {label for label in labels if _parts(label, labels)}


def nearly_equal(labels: Collection[str]) -> list[list[str]]:
  """Returns groups of labels that are probably meant to be equal.

  Labels are nearly equal if they differ only in case, white space, unprintable
  characters, Unicode normalization (NFKC) or the notation of a number.
  """
  groups: dict[str | float, list[str]] = {}
  for label in sorted(labels):
    groups.setdefault(_comparable(label), []).append(label)
  return [group for group in groups.values() if len(group) > 1]


def _comparable(label: str) -> str | float:
  label = unicodedata.normalize('NFKC', label)
  label = ''.join(c for c in label if unicodedata.category(c) not in ('Cf', 'Cc'))
  label = ' '.join(label.split()).casefold()
  try:
    return float(label) if _NUMBER.fullmatch(label) else label
  except ValueError:
    return label
