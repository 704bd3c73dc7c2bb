"""Labels as people write them, and the classes that they stand for."""

import re
from collections.abc import Collection, Iterable, Sequence

from trax_twitter_sentiment.errors import UserError

# What labels of sentiment are often written as -> the names of their classes.
_TWO, _THREE = ('negative', 'positive'), ('negative', 'neutral', 'positive')
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
# Of these, `names` makes nothing else; a run of theirs reads them.
_MORE_SPELLINGS = {('false', 'true'): _TWO}

_WHOLE_NUMBER = re.compile(r'([+-]?\d+)\.0+')


def normalized(label: str) -> str:
  """Returns a label without white space around it, and a whole number as such."""
  label = label.strip()
  match = _WHOLE_NUMBER.fullmatch(label)
  return match[1] if match else label


def check_labels(setting: str, labels: object) -> tuple[str, ...] | None:
  """Returns labels as names, or raises `UserError` for what is no list of them."""
  if labels is None:
    return None
  if isinstance(labels, str) or not isinstance(labels, Iterable):
    raise UserError(
        f'{setting}={labels!r} is not a list of labels, such as '
        "['negative', 'positive']."
    )
  texts = (str(v).lower() if isinstance(v, bool) else str(v) for v in labels)
  names = tuple(map(normalized, texts))
  if len(set(names)) != len(names) or len(names) < 2:
    raise UserError(f'{setting}={labels!r} are not two or more labels, each once.')
  return names


def names_of(labels: Collection[str], in_order: bool = False) -> tuple[str, ...]:
  """Returns the names of the classes that the labels of a file stand for.

  The usual spellings of negative, neutral and positive are called so; others keep
  their names.

  Args:
    labels: what the file has.
    in_order: whether they are in the order of their classes already; else they get
      sorted, numbers by size.
  """
  ordered = tuple(labels if in_order else sorted(set(labels), key=_by_number))
  lower = tuple(label.lower() for label in ordered)
  for spelling, names in _SPELLINGS.items():
    if lower == spelling or (not in_order and set(lower) == set(spelling)):
      return names
  return ordered


def _by_number(label: str) -> tuple[bool, float, str]:
  is_number = re.fullmatch(r'[+-]?\d+', label) is not None
  return not is_number, float(label) if is_number else 0.0, label


def class_of_label(found: Collection[str], names: Sequence[str]) -> dict[str, int]:
  """Returns the class of each label of a file that is one.

  Labels are class names, in any case where that is clear; or numbers from 0; or a
  usual spelling of negative, neutral and positive. One file has one way.

  Args:
    found: the labels of the file.
    names: of the classes, in their order.

  Raises:
    UserError: if labels can be read in several ways.
  """
  exact = {name: i for i, name in enumerate(names)}
  if set(found) <= exact.keys():
    return exact
  lower = {name.lower(): i for name, i in exact.items()}
  by_number = {str(i): i for i in range(len(names))}
  ways = [by_number]
  if len(lower) == len(exact):
    # A file may have both; a number that is a name is meant as that.
    ways = [by_number | lower]
  for spelling, meant in (_SPELLINGS | _MORE_SPELLINGS).items():
    if set(meant) == lower.keys():
      ways.append({s: lower[name] for s, name in zip(spelling, meant, strict=True)})
  fitting = [
      {label: way[label.lower()] for label in found}
      for way in ways
      if {label.lower() for label in found} <= way.keys()
  ]
  if any(way != fitting[0] for way in fitting):
    raise UserError(
        f'{", ".join(sorted(found))} can stand for {", ".join(names)} in several ways; '
        'name all labels, in the order of these classes.'
    )
  if fitting:
    return fitting[0]
  # Whatever has the most of them tells best which one is wrong.
  return max([exact, *ways], key=lambda way: len(set(found) & way.keys()))
