"""The full text of a tweet, in the fields of several APIs."""

import pytest

from trax_twitter_sentiment.tables.tweets import text_of, tweets_of

FULL = 'a text that is so long that an API cuts it'
CUT = 'a text that is so long that…'
USER = {'screen_name': 'amy'}


@pytest.mark.parametrize(
    ('tweet', 'text'),
    [
        ({'text': 'short'}, 'short'),
        ({'full_text': FULL}, FULL),
        ({'text': CUT, 'full_text': FULL}, FULL),
        ({'text': 'title', 'full_text': 'an article'}, 'title'),
        ({'text': CUT, 'extended_tweet': {'full_text': FULL}}, FULL),
        ({'text': CUT, 'note_tweet': {'text': FULL}}, FULL),
    ],
)
def test_full_text_is_preferred(tweet, text):
  assert text_of(tweet) == (True, text)


@pytest.mark.parametrize(
    'original',
    [
        {'text': FULL, 'user': USER},
        {'full_text': FULL, 'user': USER},
        {'full_text': FULL},
        {'text': CUT, 'extended_tweet': {'full_text': FULL}, 'user': USER},
        {'text': CUT, 'note_tweet': {'text': FULL}, 'author': {'username': 'amy'}},
    ],
)
@pytest.mark.parametrize('field', ['text', 'full_text'])
def test_retweet_gets_the_full_text_of_the_original(original, field):
  tweet = {field: f'RT @amy: {CUT}'}
  expected = (True, f'RT @amy: {FULL}')
  assert text_of(tweet | {'retweeted_status': original}) == expected
  reference = {'type': 'retweeted', 'id': '1', **original}
  quoted = {'type': 'quoted', 'id': '2', 'text': 'other'}
  assert text_of(tweet | {'referenced_tweets': [quoted, reference]}) == expected


def test_retweet_without_the_original_keeps_its_text():
  tweet = {'text': f'RT @amy: {CUT}', 'referenced_tweets': [{'type': 'retweeted'}]}
  assert text_of(tweet) == (True, f'RT @amy: {CUT}')
  assert text_of({'id': 1}) == (False, None)


def test_retweets_are_resolved_within_a_page():
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
              {'id': '2', 'author_id': '9', 'text': CUT, 'note_tweet': {'text': FULL}}
          ],
          'users': [{'id': '9', 'username': 'amy'}],
      },
      'meta': {},
  }
  tweets = tweets_of(page)
  assert [text_of(tweet)[1] for tweet in tweets] == [f'RT @amy: {FULL}', 'short']
  del page['includes']['users']
  assert text_of(tweets_of(page)[0]) == (True, f'RT @amy: {FULL}')


def test_entry_of_an_archive_is_a_tweet_or_a_note():
  assert tweets_of({'tweet': {'full_text': 'hi'}}) == [{'full_text': 'hi'}]
  (note,) = tweets_of({'noteTweet': {'noteTweetId': '1', 'core': {'text': FULL}}})
  assert text_of(note) == (True, FULL)
