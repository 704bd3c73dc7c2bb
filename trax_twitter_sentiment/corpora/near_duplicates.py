"""Texts that differ in a handle, a number or a word: campaigns, mostly."""

import collections
import dataclasses
import functools
import math
import re
from collections.abc import Callable, Sequence

import gin
import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples, joined
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.text.emoticons import remove_emoticons

# Two texts of the same words but for one in seven or so.
_SIMILARITY = 0.7
# Shorter texts have to be of the same words.
_MIN_WORDS = 4

_NOISE = re.compile(r'https?://\S+|[@＠]\w+|&\w+;|[^\w\s]|[\d_]')


@gin.configurable(module='trax_twitter_sentiment')
def GroupedCorpus(corpus: Callable[[], Corpus] = TwitterCorpus) -> Corpus:
  """Returns a corpus whose near-duplicates are in one split.

  Validation texts with a near-duplicate among the training texts go there, so that
  validation is on texts that are new. In gin:
  `configured_corpus.corpus = @GroupedCorpus`.

  Args:
    corpus: what makes the corpus.
  """
  return _grouped(corpus())


@functools.lru_cache(maxsize=2)
def _grouped(corpus: Corpus) -> Corpus:
  n_train = len(corpus.train.texts)
  examples = joined([corpus.train, corpus.validation])
  trains = np.array(near_duplicates(examples.texts)) < n_train

  def split(chosen: np.ndarray) -> Examples:
    # Positives first, as ever.
    rows = np.flatnonzero(chosen)
    return examples.part(rows[np.argsort(-examples.labels[rows], kind='stable')])

  recipe = corpus.recipe and Recipe.of('GroupedCorpus', corpus=corpus.recipe)
  return dataclasses.replace(
      corpus,
      name=f'{corpus.name}, grouped',
      train=split(trains),
      validation=split(~trains),
      recipe=recipe,
  )


def near_duplicates(texts: Sequence[str]) -> list[int]:
  """Returns the first near-duplicate of each text, as its index among the texts.

  A text without any is its own. Two texts are near-duplicates if their sets of words
  have a Jaccard index of 0.7 or more; links, handles, digits, emoticons, punctuation
  and case don't count. So are those that have one in common.

  Examples:
    >>> near_duplicates(['Thanks @amy!', 'so sad', 'thanks @sid :)'])
    [0, 1, 0]
  """
  word_sets = [_words(text) for text in texts]
  frequency = collections.Counter(word for words in word_sets for word in words)
  first_of = list(range(len(texts)))

  def first(i: int) -> int:
    while first_of[i] != i:
      first_of[i] = first_of[first_of[i]]
      i = first_of[i]
    return i

  def join(i: int, j: int) -> None:
    i, j = sorted((first(i), first(j)))
    first_of[j] = i

  seen: dict[frozenset[str], int] = {}
  holders: dict[str, list[int]] = collections.defaultdict(list)
  for i, words in enumerate(word_sets):
    if words in seen:
      join(i, seen[words])
    elif words:
      seen[words] = i
      if len(words) >= _MIN_WORDS:
        # Sets so similar share one of so many of their rarest words.
        n_rare = len(words) - math.ceil(_SIMILARITY * len(words)) + 1
        rare = sorted(words, key=lambda word: (frequency[word], word))[:n_rare]
        for j in {j for word in rare for j in holders[word]}:
          if _similarity(words, word_sets[j]) >= _SIMILARITY:
            join(i, j)
        for word in rare:
          holders[word].append(i)
  return [first(i) for i in range(len(texts))]


def _similarity(a: frozenset[str], b: frozenset[str]) -> float:
  n_shared = len(a & b)
  return n_shared / (len(a) + len(b) - n_shared)


def _words(text: str) -> frozenset[str]:
  return frozenset(_NOISE.sub(' ', remove_emoticons(text).lower()).split())
