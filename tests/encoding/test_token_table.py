"""Ids and counts of tokens that are derived from the words of texts."""

import collections
import random

import numpy as np
import pytest

from trax_twitter_sentiment.encoding import token_table
from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.encoding.token_table import TokenTable
from trax_twitter_sentiment.encoding.tokenized_texts import token_index
from trax_twitter_sentiment.text.lexicon import vader_lexicon
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer, _switch_names
from trax_twitter_sentiment.text.vocabulary import Vocabulary

# Words such as `. . .` and `<handle>` look like pairs and marks.
TEXTS = (
    "I don't like it :( @amy http://x.org #sad #mad", 'not good at all . good', '',
    '@amy', 'so gooood!! 😢 not', 'wait . . . <handle> <not> good',
    'no . never bad, no',
    'a a a a', 'great film', 'not',
)  # fmt: skip


def _tokenizers():
  for rng in map(random.Random, range(8)):
    switches = {name: rng.random() < 0.6 for name in _switch_names()}
    yield TweetTokenizer(**switches, lexicon=vader_lexicon())


@pytest.fixture(params=_tokenizers(), ids=range(8))
def tokenizer(request):
  return request.param


@pytest.fixture(params=[2**20, 4])
def table(request, monkeypatch, tokenizer):
  monkeypatch.setattr(token_table, '_CHUNK_WORDS', request.param)
  monkeypatch.setattr(token_table, '_CHUNK_PAIRS', request.param)
  monkeypatch.setattr(token_table, '_CHUNK_NGRAM_WORDS', request.param)
  return TokenTable(tokenizer, token_index(tokenizer, TEXTS, use_cache=False))


def test_counts_are_those_of_the_tokenizer(tokenizer, table):
  expected = collections.Counter(
      token for text in TEXTS for token in tokenizer.tokenize(text)
  )
  assert table.counts() == expected


def test_limits_leave_only_rare_tokens_out(tokenizer):
  # Without texts in which one token is of two kinds.
  texts = [text for text in TEXTS if '<' not in text and '. .' not in text]
  table = TokenTable(tokenizer, token_index(tokenizer, texts, use_cache=False))
  counts = table.counts()
  frequent = {token: n for token, n in counts.items() if n >= 2}
  assert table.counts(min_count=2) == frequent
  for size in (1, 5, 1000):
    few = Vocabulary.from_counts(table.counts(1, size), size + 3)
    assert few == Vocabulary.from_counts(counts, size + 3)


def test_ids_are_those_of_the_tokenizer(tokenizer, table):
  tokens = sorted({token for text in TEXTS for token in tokenizer.tokenize(text)})
  vocabulary = Vocabulary.from_counts(dict.fromkeys(tokens[::2], 1))
  encoder = TextEncoder(tokenizer, vocabulary)
  encoded = table.ids(encoder)
  labels = np.arange(len(TEXTS)) % 2
  examples = EncodedExamples(
      encoded.ids, encoded.lengths, labels, None, encoded.groups, encoded.group_lengths
  )
  expected = [encoder.encode(text).tolist() for text in TEXTS]
  assert examples.lengths.tolist() == [*map(len, expected)]
  rows = np.array([5, 0, 2, 9])
  assert examples.tokens(rows).tolist() == [i for row in rows for i in expected[row]]
  padded = examples.padded(7)
  assert padded.tolist() == [(ids + [0] * 7)[:7] for ids in expected]
  frequencies = examples.document_frequencies(len(vocabulary), 2)
  for label in range(2):
    n_texts = collections.Counter(
        token for i, ids in enumerate(expected) if i % 2 == label for token in {*ids}
    )
    assert dict(enumerate(frequencies[label])) == {
        i: n_texts[i] for i in range(len(vocabulary))
    }


def test_word_and_its_n_grams_have_one_id():
  tokenizer = TweetTokenizer(stem=False, add_characters=True)
  table = TokenTable(tokenizer, token_index(tokenizer, ('good day',), use_cache=False))
  encoder = TextEncoder(tokenizer, Vocabulary.from_counts(table.counts()))
  encoded = table.ids(encoder)
  assert len(encoded.ids) == 2
  assert encoded.lengths.tolist() == [len(tokenizer.tokenize('good day'))]
