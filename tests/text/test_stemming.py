"""The stemmer returns the stems of NLTK's `PorterStemmer`."""

import random

import pytest
from conftest import needs_real_corpus
from nltk.stem import PorterStemmer

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.text import stemming

nltk_stem = PorterStemmer().stem
SUFFIXES = [
    's', 'ies', 'sses', 'eed', 'ied', 'ed', 'ing', 'y', 'e', 'll', 'alli', 'logi',
    *(rule.suffix for table in (stemming._STEP_2, stemming._STEP_3, stemming._STEP_4)
      for rules in table.values() for rule in rules),
]  # fmt: skip


@pytest.mark.parametrize('letters', ['aeioubcdlstyzw', 'aylisng', "xé-'9Iß"])
def test_stems_of_random_words_equal_those_of_nltk(letters):
  rng = random.Random(letters)
  for _ in range(20_000):
    word = ''.join(rng.choices(letters, k=rng.randint(0, 6)))
    word += ''.join(rng.choices(SUFFIXES, k=rng.randint(0, 3)))
    assert stemming.stem(word) == nltk_stem(word), word


@needs_real_corpus
def test_stems_of_real_tweets_equal_those_of_nltk(real_corpus):
  words = {word for text in TwitterCorpus().train.texts for word in text.split()}
  for word in words:
    assert stemming.stem(word) == nltk_stem(word), word


def test_stems_of_irregular_words_equal_those_of_nltk():
  for word in stemming._IRREGULAR:
    assert stemming.stem(word.upper()) == nltk_stem(word.upper())
