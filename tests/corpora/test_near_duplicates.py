"""Near-duplicate texts, and the corpus that keeps them in one split."""

import gin
import numpy as np
import pytest
from conftest import needs_real_corpus
from runs import train

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.corpus import Corpus, examples_of
from trax_twitter_sentiment.corpora.near_duplicates import (
    GroupedCorpus,
    near_duplicates,
)
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.run.run import Run

TEN_WORDS = 'please follow us and win one of our great prizes'


@pytest.mark.parametrize(
    ('text', 'is_near_duplicate'),
    [
        (TEN_WORDS.upper() + ' :) https://t.co/x @amy #42', True),
        (TEN_WORDS.replace('great', 'big'), True),
        (TEN_WORDS.replace('great', 'big').replace('win', 'get'), False),
        ('please follow us', False),
    ],
)
def test_near_duplicates_share_most_words(text, is_near_duplicate):
  assert near_duplicates([TEN_WORDS, text]) == ([0, 0] if is_near_duplicate else [0, 1])


def test_short_near_duplicates_have_the_same_words():
  texts = ['Thanks @amy!', 'thanks', 'thanks so much', '@sid', '', 'much so thanks :)']
  assert near_duplicates(texts) == [0, 0, 2, 3, 4, 2]


def test_near_duplicates_are_transitive():
  middle = TEN_WORDS.replace('great', 'big')
  texts = [TEN_WORDS, middle.replace('win', 'get'), 'else', middle]
  assert near_duplicates(texts) == [0, 0, 2, 0]


def test_groups_equal_those_of_comparing_all_pairs():
  rng = np.random.default_rng(0)
  words = [f'w{chr(97 + i)}' for i in range(12)]
  texts = [' '.join(rng.choice(words, rng.integers(1, 9))) for _ in range(120)]
  sets = [frozenset(text.split()) for text in texts]
  group = list(range(len(texts)))
  for i, a in enumerate(sets):
    for j, b in enumerate(sets[:i]):
      long = min(len(a), len(b)) >= 4
      if a == b or (long and len(a & b) / len(a | b) >= 0.7):
        group = [group[j] if g == group[i] else g for g in group]
  firsts = near_duplicates(texts)
  for i in range(len(texts)):
    for j in range(i):
      assert (firsts[i] == firsts[j]) == (group[i] == group[j])


def test_grouped_corpus_moves_near_duplicates_to_training():
  corpus = Corpus(
      'texts',
      examples_of([(TEN_WORDS, 1), ('so good', 1), ('so sad', 0)]),
      examples_of([('new', 1), (TEN_WORDS + ' @amy', 1), ('old', 0), ('So sad!', 0)]),
      frozenset(),
  )
  grouped = GroupedCorpus(lambda: corpus)
  assert grouped.validation.texts == ('new', 'old')
  assert grouped.validation.labels.tolist() == [1, 0]
  assert grouped.train.texts == (
      *(TEN_WORDS, 'so good', TEN_WORDS + ' @amy'),
      *('so sad', 'So sad!'),
  )
  assert grouped.train.labels.tolist() == [1, 1, 1, 0, 0]


def test_run_on_the_grouped_corpus_restores_it(tmp_path):
  grouped = 'configured_corpus.corpus=@GroupedCorpus'
  train(tmp_path, grouped, config='twitter_hard.gin')
  corpus = Run(tmp_path).corpus()
  assert corpus.name == 'sample, grouped'
  assert corpus.validation.texts == GroupedCorpus().validation.texts
  assert len(corpus.validation.texts) < len(TwitterCorpus('sample').validation.texts)


@needs_real_corpus
def test_near_duplicates_across_the_real_splits_are_counted(real_corpus):
  gin.bind_parameter('configured_corpus.corpus', GroupedCorpus)
  corpus = configured_corpus()
  assert len(corpus.validation.texts) == 2000 - 150
  assert len(corpus.train.texts) == 8000 + 150
