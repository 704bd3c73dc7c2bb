"""The corpus that gin configures."""

from collections.abc import Callable

import gin

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus


@gin.configurable(module='trax_twitter_sentiment')
def configured_corpus(corpus: Callable[[], Corpus] = TwitterCorpus) -> Corpus:
  """Returns the corpus of all streams and of the vocabulary.

  In gin: `configured_corpus.corpus = @TextFileCorpus`.

  Args:
    corpus: the function that makes the corpus.
  """
  return corpus()


@gin.configurable(module='trax_twitter_sentiment')
def number_of_classes() -> int:
  """Returns the number of classes of the configured corpus.

  In gin: `TwitterClassifier.output_dim = @number_of_classes()`.
  """
  return len(configured_corpus().class_names)
