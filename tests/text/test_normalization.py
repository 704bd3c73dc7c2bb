"""Normalization of HTML entities, apostrophes, links, handles and emoji."""

import gin
import pytest

from trax_twitter_sentiment.encoding.encoded_corpus import tokenize_tweet
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.text.emoticons import remove_emoticons
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

TOKENIZER = TweetTokenizer(
    normalize=True,
    keep_emoticons=False,
    remove_punctuation=False,
    stem=False,
    add_negated=True,
)


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('it&#39;s &amp;#39;fine&amp;#39;', ["it's", "'", 'fine', "'"]),
        ('AT&amp;T', ['at', '&', 't']),
        ('don’t cry', ["don't", 'cry', '<not> cry']),
        ('don´t cry', ["don't", 'cry', '<not> cry']),
        ('don＇t cry', ["don't", 'cry', '<not> cry']),
        ('#happy#blessed', ['happy', 'blessed']),
        ('lookhttps://t.co/abc', ['look']),
        ('(HTTPS://X.example)great', ['(', ')', 'great']),
        ('www.example.com/a?b t.co/abc see', ['see']),
        ('hi @a_handle_of_more_than_15_letters', ['hi']),
        ('＠amy hi', ['hi']),
        ('good 🙂', ['good']),
        ('☹️ sad 🙁', ['sad']),
        ('mail amy@example.com', ['mail', 'amy@example.com']),
        ('👍🏽 👍', ['👍', '👍']),
        ('❤️ ❤', ['❤', '❤']),
        ('👩‍👩‍👧🇩🇪🇫🇷', ['👩\u200d👩\u200d👧', '🇩🇪', '🇫🇷']),
    ],
)
def test_variants_become_the_same_tokens(text, expected):
  assert TOKENIZER.tokenize(text) == expected


@pytest.mark.parametrize(
    'text',
    ['R&amp;B', 'it&#39;s', 'AT&amp;T', 'Audi TT', 'a=b', 'R&B', '&quot;x&quot;'],
)
def test_remove_emoticons_keeps_entities_and_words(text):
  assert remove_emoticons(text) == text


@pytest.mark.parametrize(
    ('feature', 'step'), [('add_negated', 'remove_stop_words'), ('add_lexicon', 'stem')]
)
def test_incompatible_steps_are_refused(sample_corpus, feature, step):
  gin.bind_parameter(f'TweetTokenizer.{feature}', True)
  with pytest.raises(UserError, match=f'{feature}=True requires .*{step}'):
    tokenize_tweet('not good')


def test_marks_replace_handles_links_and_hashtags():
  tokenizer = TweetTokenizer(normalize=True, stem=False, add_marks=True)
  text = 'so #happy @amy_2 it&#39;s www.example.org #1'
  assert tokenizer.tokenize(text) == [
      'so', 'happy', "it's", '1', '<handle>', '<link>', '<hashtag>', '<hashtag>',
  ]  # fmt: skip
  assert tokenizer.tokenize('no mark') == ['no', 'mark']


def test_composed_and_decomposed_characters_have_the_same_tokens():
  tokenizer = TweetTokenizer(normalize=True, stem=False, add_characters=True)
  assert tokenizer.tokenize('cafe\u0301') == tokenizer.tokenize('caf\u00e9')


def test_html_tags_are_removed_and_emoticons_stay():
  tokenizer = TweetTokenizer(normalize=True, stem=False)
  assert tokenizer.tokenize('<b>great</b><br />film <3') == ['great', 'film', '<3']


@pytest.mark.parametrize('text', ["it&#39;s", "it&amp;#39;s"])
def test_character_reference_is_no_hashtag(text):
  tokenizer = TweetTokenizer(normalize=True, stem=False, add_marks=True)
  assert tokenizer.tokenize(text) == ["it's"]
