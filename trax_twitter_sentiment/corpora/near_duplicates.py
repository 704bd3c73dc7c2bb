"""Near-duplicates: texts that differ in a handle, a number or a word."""

import collections
import dataclasses
import functools
import math
import re
from collections.abc import Callable, Sequence

import gin
import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, joined
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.text.emoticons import remove_emoticons

# The smallest Jaccard index of near-duplicates: about one word in seven differs.
_SIMILARITY = 0.7
# Texts with fewer words are near-duplicates only if their words are equal.
_MIN_WORDS = 4

_NOISE = re.compile(r'https?://\S+|[@＠]\w+|&\w+;|[^\w\s]|[\d_]')


@gin.configurable(module='trax_twitter_sentiment')
def GroupedCorpus(corpus: Callable[[], Corpus] = TwitterCorpus) -> Corpus:
  """Returns a corpus in which no near-duplicates are in different splits.

  A validation text with a near-duplicate in the training split moves there, so all
  validation texts are new to the model. In gin:
  `configured_corpus.corpus = @GroupedCorpus`.

  Args:
    corpus: a function that returns the corpus.
  """
  return _grouped(corpus())


@functools.lru_cache(maxsize=2)
def _grouped(corpus: Corpus) -> Corpus:
  n_train = len(corpus.train.texts)
  examples = joined([corpus.train, corpus.validation])
  in_train = np.array(near_duplicates(examples.texts)) < n_train

  # The highest class comes first, as in all corpora of tweets.
  order = np.argsort(-examples.labels, kind='stable')
  return dataclasses.replace(
      corpus,
      name=f'{corpus.name}, grouped',
      train=examples.part(order[in_train[order]]),
      validation=examples.part(order[~in_train[order]]),
      recipe=corpus.recipe and Recipe.of('GroupedCorpus', corpus=corpus.recipe),
  )


def near_duplicates(texts: Sequence[str]) -> list[int]:
  """Returns the index of each text's first near-duplicate, or of the text itself.

  Two texts are near-duplicates if the Jaccard index of their sets of words is 0.7 or
  more. Links, handles, digits, emoticons, punctuation and case do not count. Two texts
  with a common near-duplicate are near-duplicates, too.

  Examples:
    >>> near_duplicates(['Thanks @amy!', 'so sad', 'thanks @sid :)'])
    [0, 1, 0]
  """
  # A lazy import: few corpora are grouped.
  from scipy import sparse
  from scipy.sparse import csgraph

  word_sets = [_words(text) for text in texts]
  frequency = collections.Counter(word for words in word_sets for word in words)
  pairs: list[tuple[int, int]] = []
  text_of: dict[frozenset[str], int] = {}
  texts_with: dict[str, list[int]] = collections.defaultdict(list)
  for i, words in enumerate(word_sets):
    if words in text_of:
      pairs.append((i, text_of[words]))
    elif words:
      text_of[words] = i
      rare_words = _rare_words(words, frequency)
      for j in {j for word in rare_words for j in texts_with[word]}:
        if len(words & word_sets[j]) >= _SIMILARITY * len(words | word_sets[j]):
          pairs.append((i, j))
      for word in rare_words:
        texts_with[word].append(i)
  rows, columns = np.array(pairs, int).reshape(-1, 2).T
  graph = sparse.coo_array((np.ones(len(rows)), (rows, columns)), (len(texts),) * 2)
  _, groups = csgraph.connected_components(graph, directed=False)
  _, firsts = np.unique(groups, return_index=True)
  return firsts[groups].tolist()


def _rare_words(
    words: frozenset[str], frequency: collections.Counter[str]
) -> list[str]:
  """Returns so many of the rarest words that near-duplicates share one of them."""
  if len(words) < _MIN_WORDS:
    return []
  n_rare = len(words) - math.ceil(_SIMILARITY * len(words)) + 1
  return sorted(words, key=lambda word: (frequency[word], word))[:n_rare]


def _words(text: str) -> frozenset[str]:
  return frozenset(_NOISE.sub(' ', remove_emoticons(text).lower()).split())
