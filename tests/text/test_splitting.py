"""The splitter returns the words of NLTK's `TweetTokenizer`."""

import itertools
import json
import os
import random

import pytest
import regex
from conftest import SHARED, needs_real_corpus
from nltk.tokenize.casual import TweetTokenizer

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.text import splitting
from trax_twitter_sentiment.text.words import CachedByPiece

N_TEXTS = 250_000 if os.environ.get('SOAK') else 5_000

# Random texts consist of these parts: starts, middles and ends of all kinds of words,
# and separators.
PARTS = [
    '.', '..', '...', ' ', ' ', '  ', '\n', '\r', '\t', '\xa0', '\u3000',
    '\x1c', '\x85', '123', '456', '7890', '1', '0', '+', '(', ')', '-', '*',
    '/', '1/2', '½', '²', '٣', '@', '@amy', '@@', '@a@',
    '@a_name_of_15_letters', 'a@b.co', '#', '#tag', '_', 'http://',
    'https://t.co/a', 'www.', '.com', 'x.y', '&amp;', '&#46;', '&#x2e;', '&lt',
    '&nosuch;', '&#1_0;', '&#128;', '&', ';', ':', '=', '8', 'D', 'p', '<', '>',
    '<3', '</3', '-->', '<--', "'", '’', '“', '”', '…', '!', '!!!!!', '?', ',',
    '|', '\\', '{', '}', '[', ']', '~', '$', '%', '^', '"', '`', 'word', 'a',
    'B', 'aaaaa', "don't", 'a-b', 'é', 'ééééé', 'ß', 'ſ', '\u212a', 'क', 'ि',
    'ع', '😀', '❤', '❤️', '\u200d', '👩', '👩\u200d👧', '🏽', '🇩', '🇪',
    '🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f',
]  # fmt: skip

settings = pytest.mark.parametrize(
    ('strip_handles', 'reduce_len'), [*itertools.product([True, False], repeat=2)]
)


def assert_words_are_nltks(texts, strip_handles, reduce_len):
  splitter = splitting.Splitter(strip_handles, reduce_len)
  cached = CachedByPiece(
      splitter, list, lambda results: [*itertools.chain.from_iterable(results)]
  )
  nltks = TweetTokenizer(strip_handles=strip_handles, reduce_len=reduce_len).tokenize
  for text in texts:
    expected = nltks(text)
    assert splitter.words(text) == expected, repr(text)
    assert cached(text) == expected, repr(text)
    assert cached(text) == expected, repr(text)  # The second result is from the cache.


@settings
def test_words_of_random_texts_equal_those_of_nltk(strip_handles, reduce_len):
  rng = random.Random(0)
  texts = (''.join(rng.choices(PARTS, k=rng.randint(1, 9))) for _ in range(N_TEXTS))
  assert_words_are_nltks(texts, strip_handles, reduce_len)


@settings
@pytest.mark.parametrize(
    'text',
    [
        'call 1 800 555 1234 or (555) 555-1234',
        'call +1 - (800) 5551234 now',
        'in 2015 100 of 2016',
        'well . . . ...so. .. 5. 100 . 99',
        '.@amy . @bob .',
        'R&amp;B &#46; &#46; &#49;23 4567',
        'a' * 200 + '! ' + ':' * 300 + ' ' + '@amy' * 80,
        '',
    ],
)
def test_words_that_contain_spaces_equal_those_of_nltk(text, strip_handles, reduce_len):
  assert_words_are_nltks([text], strip_handles, reduce_len)


@needs_real_corpus
def test_words_of_real_tweets_equal_those_of_nltk(real_corpus):
  texts = list(TwitterCorpus().validation.texts)
  for path in sorted(SHARED.glob('tweeteval/*/val.jsonl')):
    texts += [json.loads(line)['text'] for line in path.read_text().splitlines()]
  assert_words_are_nltks(texts, strip_handles=True, reduce_len=True)


def test_both_engines_agree_on_plain_characters():
  plain = [c for c in map(chr, range(0x110000)) if splitting._PLAIN.fullmatch(c)]
  assert len(plain) > 1000
  word_or_space = regex.compile(r'[\w\s]', regex.UNICODE)
  assert not [c for c in plain if not c.isascii() and word_or_space.match(c)]
  expressions = splitting._expressions()
  assert [splitting._find_plain_words(c) for c in plain] == [
      expressions['word'].findall(c) for c in plain
  ]
