"""A corpus of the texts of a TFDS data set."""

import functools
from collections.abc import Sequence

import gin

from trax_twitter_sentiment.corpora.corpus import Corpus, examples_of
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.corpora.twitter import english_stop_words
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import absolute
from trax_twitter_sentiment.tables import labels as label_names


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
  """Returns a corpus of a TFDS data set, which TFDS prepares on first use.

  Bind it to `configured_corpus.corpus`.

  Args:
    dataset_name: the name of the data set in TFDS, such as `'imdb_reviews'`.
    data_dir: the folder in which TFDS keeps its data; `None` for its default.
    train_split: the split to train on, or a slice of it, as in `'train[:80%]'`.
    validation_split: the split to validate on.
    text_key: the feature of the texts.
    label_key: the feature of the labels, which are integers.
    labels: the labels of the data set, in the order of their classes, such as `(0, 4)`
      for `sentiment140`. `None` for all labels of the data set, by their numbers.

  Raises:
    UserError: if the data set, a split or a feature is missing, or a label is not among
      `labels`.
  """
  arguments = dict(locals())
  # A relative folder would be another one in another working folder.
  arguments['data_dir'] = data_dir and absolute(data_dir)
  recipe = Recipe.of('TfdsCorpus', **arguments)
  return _load_tfds(
      dataset_name,
      data_dir,
      (train_split, validation_split),
      (text_key, label_key),
      None if labels is None else tuple(labels),
      recipe,
  )


@functools.cache
def _load_tfds(
    dataset_name: str,
    data_dir: str | None,
    splits: tuple[str, str],
    keys: tuple[str, str],
    labels: tuple[int, ...] | None,
    recipe: Recipe,
) -> Corpus:
  parts, names = _read(dataset_name, data_dir, splits, keys)
  present = sorted({label for part in parts for _, label in part})
  if labels is None:
    labels = tuple(range(len(names)) if names else present)
  class_of = {label: i for i, label in enumerate(labels)}
  for label in present:
    if label not in class_of:
      raise UserError(
          f'The TFDS data set {dataset_name} has a label {label}, which is not among '
          f'TfdsCorpus.labels={labels}.'
      )
  class_names = label_names.names_of(names[i] if names else str(i) for i in labels)
  train, validation = (
      examples_of((text, class_of[label]) for text, label in part) for part in parts
  )
  name = f'tfds {dataset_name}'
  return Corpus(name, train, validation, english_stop_words(), class_names, recipe)


def _read(
    dataset_name: str,
    data_dir: str | None,
    splits: tuple[str, str],
    keys: tuple[str, str],
) -> tuple[list[list[tuple[str, int]]], list[str] | None]:
  """Returns the texts and labels of each split, and the names of the labels, if any."""
  # A lazy import, since it imports TensorFlow.
  import tensorflow_datasets as tfds

  try:
    data_sets, info = tfds.load(
        dataset_name, split=list(splits), data_dir=data_dir, with_info=True
    )
  except (OSError, ValueError) as error:
    # The next lines may list all data sets of TFDS.
    reason = str(error).strip().partition('\n')[0]
    raise UserError(
        f'TfdsCorpus cannot read dataset_name={dataset_name!r} with the splits '
        f'{" and ".join(splits)}: {reason}'
    ) from error
  for key in keys:
    if key not in info.features:
      raise UserError(
          f'The TFDS data set {dataset_name} has no feature {key!r}; the '
          f'features are {", ".join(map(repr, info.features))}.'
      )
  text_key, label_key = keys
  parts = [
      [
          (row[text_key].decode('utf-8', 'replace'), int(row[label_key]))
          for row in tfds.as_numpy(data_set)
      ]
      for data_set in data_sets
  ]
  return parts, getattr(info.features[label_key], 'names', None)
