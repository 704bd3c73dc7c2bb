"""The vocabulary: its ids, its limits and its file."""

import json

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.run import VOCABULARY_FILE, Run
from trax_twitter_sentiment.text.vocabulary import SPECIAL_TOKENS, UNK_ID, Vocabulary


def test_ids_follow_the_order_of_appearance():
  vocabulary = Vocabulary.from_counts({'b': 1, 'a': 2, 'c': 1})
  assert vocabulary.tokens == (*SPECIAL_TOKENS, 'b', 'a', 'c')
  assert vocabulary.encode(['c', 'unseen', 'b']).tolist() == [5, UNK_ID, 3]


def test_limits_keep_the_most_frequent_tokens():
  counts = {'a': 1, 'b': 3, 'c': 2, 'd': 2}
  tokens = Vocabulary.from_counts(counts, max_size=5).tokens
  assert tokens == (*SPECIAL_TOKENS, 'b', 'c')
  tokens = Vocabulary.from_counts(counts, min_count=2, extra_tokens=['a', 'b']).tokens
  assert tokens == (*SPECIAL_TOKENS, 'b', 'c', 'd', 'a')


def test_saved_vocabulary_loads_unchanged():
  vocabulary = Vocabulary.from_counts({'naïve': 1, '\ud83d': 1, '😀': 1, '\0': 1})
  assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary


@pytest.mark.parametrize(
    'tokens', [['a'], [*SPECIAL_TOKENS, 'a', 'a'], [*SPECIAL_TOKENS, 1], None]
)
def test_damaged_file_is_named(tmp_path, tokens):
  content = {'format': 1, 'tokens': tokens}
  (tmp_path / VOCABULARY_FILE).write_text(json.dumps(content))
  with pytest.raises(UserError, match='vocabulary.json is not a vocabulary file'):
    _ = Run(tmp_path).vocabulary
