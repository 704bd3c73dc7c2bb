"""Labelled texts to evaluate a run on: its own validation tweets, or a file."""

import dataclasses

import numpy as np

from trax_twitter_sentiment.corpus import Examples, TwitterCorpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.records import RecordReader

_LABELS = {'0': 0, '1': 1, 'negative': 0, 'positive': 1}


def validation_examples(corpus: str) -> Examples:
  """Returns the validation tweets of the corpus that a run was trained on.

  Args:
    corpus: the corpus's name, as the run's tokenizer records it.

  Raises:
    UserError: if the corpus is not one of the package's, or can't be had.
  """
  if corpus not in ('nltk', 'sample'):
    raise UserError(
        f'The run was trained on the corpus {corpus!r}, which has no validation set '
        'here; name a file of labelled texts with --input.'
    )
  return TwitterCorpus(corpus).validation


@dataclasses.dataclass(frozen=True)
class LabelledFile:
  """Labelled texts read from a file.

  Attributes:
    examples: the texts, in the file's order, with their labels.
    n_damaged: the number of lines that were not UTF-8.
  """

  examples: Examples
  n_damaged: int


def read_labelled(path: str, column: str, label_column: str) -> LabelledFile:
  """Reads a CSV, TSV or JSON Lines file of labelled texts.

  Labels are 0 and 1, or negative and positive.

  Raises:
    UserError: if the file or a column is missing, or a row is malformed; it names
      the line.
  """
  texts, labels = [], []
  try:
    with open(path, 'rb') as file:
      reader = RecordReader(file, path, (column, label_column))
      for line, (text, label) in reader:
        if label.strip().lower() not in _LABELS:
          raise UserError(
              f'{path}, line {line}: label {label!r} is not one of '
              f'{", ".join(_LABELS)}.'
          )
        texts.append(text)
        labels.append(_LABELS[label.strip().lower()])
  except OSError as error:
    raise UserError(f'{path}: {error.strerror}.') from error
  if not texts:
    raise UserError(f'{path} holds no labelled text.')
  examples = Examples(tuple(texts), np.array(labels, np.int32))
  return LabelledFile(examples, reader.n_damaged)
