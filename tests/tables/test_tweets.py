"""The whole text of a tweet, wherever an API keeps it."""

import pytest

from trax_twitter_sentiment.tables.tweets import text_of, tweets_of

WHOLE = 'a text that is so long that an API cuts it'
CUT = 'a text that is so long that…'
USER = {'screen_name': 'amy'}


@pytest.mark.parametrize(
    ('tweet', 'text'),
    [
        ({'text': 'short'}, 'short'),
        ({'full_text': WHOLE}, WHOLE),
        ({'text': CUT, 'full_text': WHOLE}, WHOLE),
        ({'text': 'title', 'full_text': 'an article'}, 'title'),
        ({'text': CUT, 'extended_tweet': {'full_text': WHOLE}}, WHOLE),
        ({'text': CUT, 'note_tweet': {'text': WHOLE}}, WHOLE),
    ],
)
def test_own_text(tweet, text):
  assert text_of(tweet) == (True, text)


@pytest.mark.parametrize(
    'original',
    [
        {'text': WHOLE, 'user': USER},
        {'full_text': WHOLE, 'user': USER},
        {'full_text': WHOLE},
        {'text': CUT, 'extended_tweet': {'full_text': WHOLE}, 'user': USER},
        {'text': CUT, 'note_tweet': {'text': WHOLE}, 'author': {'username': 'amy'}},
    ],
)
@pytest.mark.parametrize('field', ['text', 'full_text'])
def test_text_of_a_retweet_is_that_of_the_original(original, field):
  tweet = {field: f'RT @amy: {CUT}'}
  expected = (True, f'RT @amy: {WHOLE}')
  assert text_of(tweet | {'retweeted_status': original}) == expected
  reference = {'type': 'retweeted', 'id': '1', **original}
  quoted = {'type': 'quoted', 'id': '2', 'text': 'other'}
  assert text_of(tweet | {'referenced_tweets': [quoted, reference]}) == expected


def test_retweet_of_an_unknown_text_is_as_it_is():
  tweet = {'text': f'RT @amy: {CUT}', 'referenced_tweets': [{'type': 'retweeted'}]}
  assert text_of(tweet) == (True, f'RT @amy: {CUT}')
  assert text_of({'id': 1}) == (False, None)


def test_page_includes_what_its_tweets_retweet():
  page = {
      'data': [
          {
              'id': '1',
              'text': f'RT @amy: {CUT}',
              'referenced_tweets': [{'type': 'retweeted', 'id': '2'}],
          },
          {'id': '3', 'text': 'short'},
      ],
      'includes': {
          'tweets': [
              {'id': '2', 'author_id': '9', 'text': CUT, 'note_tweet': {'text': WHOLE}}
          ],
          'users': [{'id': '9', 'username': 'amy'}],
      },
      'meta': {},
  }
  tweets = tweets_of(page)
  assert [text_of(tweet)[1] for tweet in tweets] == [f'RT @amy: {WHOLE}', 'short']
  del page['includes']['users']
  assert text_of(tweets_of(page)[0]) == (True, f'RT @amy: {WHOLE}')


def test_entries_of_the_archive():
  assert tweets_of({'tweet': {'full_text': 'hi'}}) == [{'full_text': 'hi'}]
  (note,) = tweets_of({'noteTweet': {'noteTweetId': '1', 'core': {'text': WHOLE}}})
  assert text_of(note) == (True, WHOLE)
