"""Tokens attributed to words, and words to positions in the text."""

import collections
import random

import pytest
from conftest import needs_real_corpus

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.text.attribution import attributed_tokens, word_spans
from trax_twitter_sentiment.text.lexicon import vader_lexicon
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer, _switch_names

ALL_FEATURES = TweetTokenizer(
    normalize=True, stem=False, remove_stop_words=False, remove_punctuation=False,
    add_marks=True, add_pairs=True, add_negated=True, add_characters=True,
    add_lexicon=True, lexicon=vader_lexicon(),
)  # fmt: skip
TEXTS = ("I don't like it :( @amy http://x.org #sad", 'so gooood!! 😢', '', '@amy')


def _tokenizers():
  for rng in map(random.Random, range(20)):
    switches = {name: rng.random() < 0.6 for name in _switch_names()}
    yield TweetTokenizer(**switches, lexicon=vader_lexicon())


def test_attributed_tokens_are_those_of_the_tokenizer():
  for tokenizer in (ALL_FEATURES, *_tokenizers()):
    for text in TEXTS:
      tokens = [t.token for t in attributed_tokens(tokenizer, text)]
      expected = tokenizer.tokenize(text)
      assert collections.Counter(tokens) == collections.Counter(expected)


def test_extra_tokens_are_attributed_to_their_words():
  words = ALL_FEATURES.word_tokens("don't like it")
  attributed = {
      t.token: t.words for t in attributed_tokens(ALL_FEATURES, "don't like it")
  }
  like = words.index('like')
  assert attributed['<not> like'] == (like,)
  assert attributed['like it'] == (like, like + 1)
  assert attributed['<not positive 2>'] == (like,)
  assert attributed['<chars _li>'] == (like,)


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('@amy So happy:)', ['So', 'happy', ':)']),
        ('The   #concert was sooooo amazing', ['#concert', 'sooooo', 'amazing']),
        ('RT look: http://t.co/x\nyes', ['look', 'yes']),
        ('wait . . . what', ['wait', '. . .', 'what']),
        ('x : ) y', ['x', 'y']),
    ],
)
def test_spans_are_the_positions_of_words(text, words):
  tokenizer = TweetTokenizer(stop_words=frozenset({'the', 'was'}))
  spans = word_spans(tokenizer, text)
  assert len(spans) == len(tokenizer.word_tokens(text))
  assert [text[slice(*span)] for span in spans if span] == words


@needs_real_corpus
@pytest.mark.parametrize('tokenizer', [TweetTokenizer(), ALL_FEATURES])
def test_nearly_all_words_of_real_tweets_have_a_span(real_corpus, tokenizer):
  spans = [
      span
      for text in TwitterCorpus('nltk').validation.texts[:500]
      for span in word_spans(tokenizer, text)
  ]
  assert sum(span is None for span in spans) < 0.005 * len(spans)
