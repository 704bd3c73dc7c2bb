import pytest

from trax_twitter_sentiment.text.extra_tokens import (
    lexicon_tokens,
    negated,
    pairs,
    )
from trax_twitter_sentiment.text.lexicon import strength_of, vader_lexicon
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer


def test_pairs_are_of_neighbours():
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
def test_negation_reaches_three_words_of_its_clause(text, expected):
  tokens = text.split()
  flags = negated(tokens)
  assert [t for t, flag in zip(tokens, flags, strict=True) if flag] == expected.split()


def test_words_of_the_lexicon_bring_tokens_of_their_strength():
  lexicon = {'good': 2, 'awful': -3, 'so': 1}
  tokens = ['good', 'awful', 'day', 'sooo', 'good']
  flags = [False, False, False, False, True]
  assert lexicon_tokens(tokens, flags, lexicon) == [
      '<positive 2>',
      '<negative 3>',
      '<positive 1>',
      '<not positive 2>',
  ]


def test_vaders_lexicon_holds_words_and_emoji_and_no_emoticons():
  lexicon = dict(vader_lexicon())
  assert lexicon['great'] == 3
  assert lexicon['😍'] == 2
  assert lexicon['😠'] == lexicon['😭'] == -2
  assert lexicon['awful'] == -2
  assert len(lexicon) > 7000
  assert all(abs(strength) in (1, 2, 3) for strength in lexicon.values())
  assert not {':)', ':(', 'xd', 'xp', '<3'} & set(lexicon)
  # A face with tears of joy, a broken heart, a fire and a bus.
  assert not {'😂', '💔', '🔥', '🚌'} & set(lexicon)


def test_tokenizer_adds_what_is_switched_on():
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


def test_emoji_bring_the_tokens_of_their_strength():
  tokenizer = TweetTokenizer(add_lexicon=True, lexicon=vader_lexicon())
  # The heart as phones write it, with a variation selector, and as it was.
  for heart in ('❤️', '❤'):
    assert tokenizer.tokenize(f'day {heart}😭') == [
        *('day', '❤', '😭'),
        *('<positive 3>', '<negative 2>'),
    ]


@pytest.mark.parametrize('position', [0, 1, -1])
def test_elongated_words_find_their_entry(position):
  lexicon = dict(vader_lexicon())
  lost = []
  for word, strength in lexicon.items():
    if word.isalpha() and len(word) > 2:
      i = position % len(word)
      elongated = word[:i] + word[i] * 4 + word[i + 1 :]
      if strength_of(elongated, lexicon) * strength <= 0:
        lost.append(word)
  assert len(lost) <= 4  # Of 7,206: "zzz" and the like, elongated already.

