"""Several corpora in one: a few texts of one's own, and many of others."""

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
  """Returns several corpora to train on, of which the first one also validates.

  In gin, for a file of one's own beside the tweets of SemEval:

      configured_corpus.corpus = @MixedCorpus
      MixedCorpus.corpora = [@TextFileCorpus, @TweetEvalCorpus]
      MixedCorpus.weights = [1.0, 0.2]

  Two of a kind take gin's scopes: `[@mine/TextFileCorpus, @theirs/TextFileCorpus]`.

  Args:
    corpora: what makes them. Classes are those of the first; the others' are among
      them, by name. Stop words are the first one's.
    weights: how much a training text of each counts, for `TwitterBatches` and
      `LogisticRegressionStart`; `None` for one.

  Raises:
    UserError: if a corpus has a class that the first one hasn't, or an argument is
      not a legal value.
  """
  if not isinstance(corpora, (list, tuple)) or not all(map(callable, corpora)):
    raise UserError(
        f'MixedCorpus.corpora={corpora!r} is not a list of what makes a corpus, as '
        '[@TextFileCorpus, @TweetEvalCorpus].'
    )
  if not corpora:
    raise UserError('MixedCorpus.corpora is empty; it takes one or more.')
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
  return Corpus(
      name=' + '.join(corpus.name for corpus in corpora),
      train=joined(parts),
      validation=first.validation,
      stop_words=first.stop_words,
      class_names=first.class_names,
      recipe=_recipe(corpora, weights),
      class_of_label=first.class_of_label,
  )


def _recipe(corpora: tuple[Corpus, ...], weights: tuple[float, ...]) -> Recipe | None:
  recipes = [corpus.recipe for corpus in corpora]
  if None in recipes:
    return None
  return Recipe.of('MixedCorpus', corpora=recipes, weights=weights)


def _weighted(corpus: Corpus, class_names: tuple[str, ...], weight: float) -> Examples:
  """Returns the training texts with their classes by `class_names`."""
  unknown = set(corpus.class_names) - set(class_names)
  if unknown:
    raise UserError(
        f'MixedCorpus: {corpus.name} has the classes {", ".join(sorted(unknown))}, '
        f'which the first corpus, of {", ".join(class_names)}, has not; '
        'TextFileCorpus.skip_labels leaves out the texts of a class.'
    )
  train = corpus.train
  class_of = np.array([class_names.index(name) for name in corpus.class_names])
  weights = train.weights
  if weight != 1:
    ones = np.ones(len(train.labels), np.float32)
    weights = np.float32(weight) * (ones if weights is None else weights)
  return Examples(train.texts, class_of[train.labels].astype(np.int32), weights)
