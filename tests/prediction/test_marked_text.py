"""Texts with their words marked by shares."""

import pytest

from trax_twitter_sentiment.prediction.marked_text import Fragment, marked_text
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

TEXTS = (
    '@amy So HAPPY today:) http://x.org',
    "I don't like it . . .",
    '',
    '🙂 sooooo bad',
)


def test_words_are_marked_at_their_positions():
  tokenizer = TweetTokenizer(stop_words=frozenset({'so'}))
  assert marked_text(tokenizer, '@amy So HAPPY today:)', [1.5, None, -2.0]) == (
      Fragment('@amy So ', None),
      Fragment('HAPPY', 1.5),
      Fragment(' today', None),
      Fragment(':)', -2.0),
  )


@pytest.mark.parametrize('text', TEXTS)
def test_fragments_join_to_the_text_and_shares_to_the_log_odds(run_dir, text):
  explanation = SentimentPredictor.load(run_dir).explain(text)
  fragments = explanation.marked_text
  assert ''.join(fragment.text for fragment in fragments) == text
  total = sum(f.share for f in fragments if f.share is not None) + explanation.bias
  assert total == pytest.approx(explanation.prediction.log_odds)
  assert explanation.rest == pytest.approx(explanation.bias)
