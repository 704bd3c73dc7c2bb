"""A corpus that joins the training texts of several corpora."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import gin
import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples, joined
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.errors import UserError, check_positive_number


@gin.configurable(module='trax_twitter_sentiment')
def MixedCorpus(
    corpora: Sequence[Callable[[], Corpus]] = gin.REQUIRED,
    weights: Sequence[float] | None = None,
) -> Corpus:
  """Returns a corpus of all training texts and of the first corpus's validation texts.

  In gin, for an own file and the tweets of SemEval:

      configured_corpus.corpus = @MixedCorpus
      MixedCorpus.corpora = [@TextFileCorpus, @TweetEvalCorpus]
      MixedCorpus.weights = [1.0, 0.2]

  Two corpora of one kind require scopes: `[@TextFileCorpus, @theirs/TextFileCorpus]`.

  Args:
    corpora: functions that return a corpus. The first corpus has the classes and the
      stop words. The other corpora must not have other classes.
    weights: the weight of each training text of a corpus, for `TwitterBatches` and
      `LogisticRegression`; `None` for 1.

  Raises:
    UserError: if a corpus has a class that the first one lacks, or if an argument is
      not a legal value.
  """
  if (
      not isinstance(corpora, (list, tuple))
      or not corpora
      or not all(map(callable, corpora))
  ):
    raise UserError(
        f'MixedCorpus.corpora={corpora!r} is not a list of one or more corpora, such '
        'as [@TextFileCorpus, @TweetEvalCorpus].'
    )
  if weights is None:
    weights = [1.0] * len(corpora)
  if not isinstance(weights, (list, tuple)) or len(weights) != len(corpora):
    raise UserError(
        f'MixedCorpus.weights={weights!r} is not a list of {len(corpora)} numbers, one '
        'for each of MixedCorpus.corpora.'
    )
  for weight in weights:
    check_positive_number('MixedCorpus.weights', weight)
  return _mixed(tuple(make() for make in corpora), tuple(map(float, weights)))


@functools.lru_cache(maxsize=2)
def _mixed(corpora: tuple[Corpus, ...], weights: tuple[float, ...]) -> Corpus:
  first = corpora[0]
  parts = [
      _weighted(corpus, first.class_names, weight)
      for corpus, weight in zip(corpora, weights, strict=True)
  ]
  recipes = [corpus.recipe for corpus in corpora]
  return dataclasses.replace(
      first,
      name=' + '.join(corpus.name for corpus in corpora),
      train=joined(parts),
      recipe=Recipe.of('MixedCorpus', corpora=recipes, weights=weights)
      if all(recipes)
      else None,
      labels_from_emoticons=False,
  )


def _weighted(corpus: Corpus, class_names: tuple[str, ...], weight: float) -> Examples:
  """Returns weighted training texts, whose labels are indices in `class_names`."""
  extra_names = set(corpus.class_names) - set(class_names)
  if extra_names:
    raise UserError(
        f'MixedCorpus: {corpus.name} has the classes {", ".join(sorted(extra_names))}, '
        f'but the first corpus has only {", ".join(class_names)}. '
        'TextFileCorpus.skip_labels leaves out the texts of a class.'
    )
  train = corpus.train
  new_labels = np.array([class_names.index(name) for name in corpus.class_names])
  weights = train.weights
  if weight != 1:
    ones = np.ones(len(train.labels), np.float32)
    weights = np.float32(weight) * (ones if weights is None else weights)
  return Examples(train.texts, new_labels[train.labels].astype(np.int32), weights)
