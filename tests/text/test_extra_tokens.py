"""Extra tokens: pairs, negated words and strengths of a lexicon."""

import pytest

from trax_twitter_sentiment.text.extra_tokens import (
    lexicon_tokens,
    negated,
    pairs,
)
from trax_twitter_sentiment.text.lexicon import strength_of, vader_lexicon
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer


def test_pairs_join_neighbouring_words():
  assert pairs(['not', 'a', 'day']) == ['not a', 'a day']
  assert pairs(['day']) == pairs([]) == []


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('i do not like this one bit at all', 'like this one'),
        ("don't go . stay", 'go'),
        ('never not good', 'good'),
        ('no , thanks', ''),
        ('not', ''),
        ('good', ''),
    ],
)
def test_negation_affects_up_to_three_words_of_its_clause(text, expected):
  tokens = text.split()
  flags = negated(tokens)
  assert [t for t, flag in zip(tokens, flags, strict=True) if flag] == expected.split()


def test_lexicon_words_have_tokens_of_their_strength():
  lexicon = {'good': 2, 'awful': -3, 'so': 1}
  tokens = ['good', 'awful', 'day', 'sooo', 'good']
  flags = [False, False, False, False, True]
  assert lexicon_tokens(tokens, flags, lexicon) == [
      '<positive 2>',
      '<negative 3>',
      '',
      '<positive 1>',
      '<not positive 2>',
  ]


def test_vader_lexicon_contains_words_and_emoji_but_no_emoticons():
  lexicon = dict(vader_lexicon())
  assert lexicon['great'] == 3
  assert lexicon['😍'] == 2
  assert lexicon['😠'] == lexicon['😭'] == -2
  assert lexicon['awful'] == -2
  assert len(lexicon) > 7000
  assert all(abs(strength) in (1, 2, 3) for strength in lexicon.values())
  assert not {':)', ':(', 'xd', 'xp', '<3'} & set(lexicon)
  # The emoji are: face with tears of joy, broken heart, fire, bus.
  assert not {'😂', '💔', '🔥', '🚌'} & set(lexicon)


def test_tokenizer_adds_the_tokens_of_each_switch():
  tokenizer = TweetTokenizer(
      stem=False,
      remove_stop_words=False,
      remove_punctuation=False,
      add_pairs=True,
      add_negated=True,
      add_lexicon=True,
      lexicon=(('good', 2),),
  )
  assert tokenizer.tokenize('Don’t say good!') == [
      *("don't", 'say', 'good', '!'),
      *("don't say", 'say good', 'good !'),
      *('<not> say', '<not> good'),
      '<not positive 2>',
  ]


def test_emoji_add_tokens_of_their_strength():
  tokenizer = TweetTokenizer(add_lexicon=True, lexicon=vader_lexicon())
  # Phones write the heart with a variation selector.
  for heart in ('❤️', '❤'):
    assert tokenizer.tokenize(f'day {heart}😭') == [
        *('day', '❤', '😭'),
        *('<positive 3>', '<negative 2>'),
    ]


@pytest.mark.parametrize('position', [0, 1, -1])
def test_elongated_words_have_the_strength_of_their_word(position):
  lexicon = dict(vader_lexicon())
  misses = []
  for word, strength in lexicon.items():
    if word.isalpha() and len(word) > 2:
      i = position % len(word)
      elongated = word[:i] + word[i] * 4 + word[i + 1 :]
      if strength_of(elongated, lexicon) * strength <= 0:
        misses.append(word)
  # Words such as "zzz" are elongated already, so up to 4 of 7,206 words fail.
  assert len(misses) <= 4

