"""Scores by sums over words equal the scores by tokens."""

import random

import numpy as np
import pytest

from trax_twitter_sentiment.prediction import word_sums
from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.word_sums import WordSums
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.text.lexicon import vader_lexicon
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer, _switch_names
from trax_twitter_sentiment.text.vocabulary import Vocabulary

TEXTS = (
    "I don't like it :( @amy http://x.org #sad #mad", 'not good at all . good', '',
    '@amy', 'so gooood!! 😢 not', 'wait . . . <handle> <not> good',
    'no . never bad, no',
    'a a a a', 'great film', 'not', 'x' * 200 + ' ' + 'y' * 200, '', '',
)  # fmt: skip


@pytest.mark.parametrize('pooling', ['mean', 'masked_mean', 'masked_sqrtn'])
@pytest.mark.parametrize('seed', range(8))
def test_scores_are_those_of_the_tokens(seed, pooling, monkeypatch):
  monkeypatch.setattr(word_sums, '_MAX_WORDS', 10)
  rng = random.Random(seed)
  switches = {name: rng.random() < 0.6 for name in _switch_names()}
  switches |= {'keep_emoticons': True, 'add_characters': True}
  tokenizer = TweetTokenizer(**switches, lexicon=vader_lexicon())
  tokens = sorted({token for text in TEXTS for token in tokenizer.tokenize(text)})
  encoder = TextEncoder(
      tokenizer, Vocabulary.from_counts(dict.fromkeys(tokens[::2], 1))
  )
  logits = np.random.default_rng(seed).normal(size=(len(encoder.vocabulary), 3))
  info = ModelInfo(pooling, 40, ('a', 'b', 'c'), None)
  model = BagOfTokens(logits, np.arange(3.0), info)
  assert WordSums.of(encoder, model)
  predictor = SentimentPredictor(encoder, model, info.class_names)
  expected = predictor._scores(TEXTS, *encoder.encode_all(TEXTS))
  for _ in range(2):  # The second call finds the words of the first.
    scores = predictor.score(TEXTS)
    np.testing.assert_allclose(scores.log_probabilities, expected.log_probabilities)
    np.testing.assert_array_equal(scores.n_tokens, expected.n_tokens)
    np.testing.assert_array_equal(scores.n_known, expected.n_known)
  assert predictor.score(['']).n_tokens.tolist() == [0]


def test_removed_emoticons_and_cut_texts_are_scored_by_tokens():
  encoder = TextEncoder(TweetTokenizer(add_pairs=True), Vocabulary())
  model = BagOfTokens(np.zeros((3, 2)), np.zeros(2), ModelInfo('mean', 9, ('a', 'b')))
  cut = BagOfTokens(np.zeros((3, 2)), np.zeros(2), ModelInfo('mean', 9, ('a', 'b'), 5))
  assert WordSums.of(encoder, model)
  assert WordSums.of(encoder, cut) is None
  assert WordSums.of(encoder.without_emoticons(), model) is None
