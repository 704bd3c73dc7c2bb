"""Hostile texts in the tokenizer and the predictor."""

import math
import random
import string

import pytest
from fuzzing import SOAK, TEXTS, fuzz, run_briefly, run_folder, tokenizer, vocabulary
from hypothesis import strategies as st

from trax_twitter_sentiment.encoding.encoded_corpus import tokenize_tweet
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.text.emoticons import is_emoticon, remove_emoticons
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import (
    TweetTokenizer,
    _switch_names,
    shared_tokenizer,
)

# These tokenizers include both values of every switch.
_TOKENIZERS = [
  TweetTokenizer(
    **{name: rng.random() < 0.6 for name in _switch_names()},
    stop_words=tokenizer().stop_words,
  )
  for rng in map(random.Random, range(40))
]


@fuzz(text=TEXTS)
def test_any_text_is_tokenized_with_default_settings(text):
  tokens = shared_tokenizer(tokenizer()).tokenize(text)
  assert all(isinstance(token, str) and token for token in tokens)
  assert not any(token in string.punctuation for token in tokens)
  assert not tokenizer().stop_words & set(tokens)
  fresh = TweetTokenizer(stop_words=tokenizer().stop_words)
  assert fresh.tokenize(text) == tokens  # Earlier texts have no effect.


@fuzz(text=TEXTS, tokenizer=st.sampled_from(_TOKENIZERS))
def test_any_text_is_tokenized_with_any_settings(text, tokenizer):
  tokens = tokenizer.tokenize(text)
  assert all(isinstance(token, str) and token for token in tokens)
  encoder = TextEncoder(tokenizer, vocabulary())
  ids = encoder.encode(text)
  expected = encoder.vocabulary.encode(encoder.tokens(text))
  assert ids.tolist() == expected.tolist()
  assert all(0 < i < len(encoder.vocabulary) for i in ids)
  if tokenizer.remove_punctuation:
    assert not any(token in string.punctuation for token in tokens)
  if not tokenizer.keep_emoticons:
    assert not any(map(is_emoticon, tokens))


@fuzz(text=TEXTS)
def test_remove_emoticons_only_removes_characters(text):
  # The remaining characters are a subsequence of the text. Spaces replace emoticons.
  remaining = [c for c in remove_emoticons(text) if c != ' ']
  source = iter(text)
  assert all(c in source for c in remaining), 'not a part of the text'


def test_tokenize_tweet_accepts_extreme_texts(sample_corpus):
  for text in ('\ud83d\x00', ':(' * 9999, '&#xd800;', '\u202e' * 5000):
    assert all(tokenize_tweet(text))


@pytest.mark.parametrize(
  ('text', 'settings'),
  [
    (':#)', {}),
    (':##(', {}),
    ('xds', {}),
    (':&#41;', {'remove_hash_signs': False}),
    ('X&#68;', {'remove_hash_signs': False}),
    ('http://)', {'remove_links': False}),
  ],
)
def test_emoticon_formed_by_an_earlier_step_is_removed(text, settings):
  tokenizer = TweetTokenizer(keep_emoticons=False, **settings)
  assert tokenizer.tokenize(f'so {text} cool') in (
    ['so', 'cool'],
    ['so', 'http', 'cool'],
  )


@pytest.mark.parametrize('stem', [True, False])
def test_letter_repeated_1000_times_is_one_word(stem):
  tokenizer = TweetTokenizer(shorten_elongations=False, stem=stem)
  assert tokenizer.tokenize('y' * 1000) == ['y' * 1000]


_MEGABYTE = """
import random, sys
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer
from trax_twitter_sentiment.text.tokenizer import _switch_names
from trax_twitter_sentiment.text.emoticons import remove_emoticons
size, characters, units = 2**20, ':($#h@', sys.argv[1:]
rng = random.Random(0)
texts = [(unit * size)[:size] for unit in units]
texts.append(''.join(rng.choices(characters, k=size)))
texts.append(''.join(rng.choices(characters + ' ', k=size)))
for text in texts:
  assert all(TweetTokenizer().tokenize(text))
# Without the switches, nothing is removed before the text is split.
settings = dict.fromkeys(_switch_names(), False) | {'keep_emoticons': True}
plain = TweetTokenizer(**settings)
for text in texts[-1:]:
  assert all(plain.tokenize(text))
  assert len(remove_emoticons(text)) <= size
"""


def test_a_megabyte_of_signs_is_tokenized_in_seconds():
  # Quadratic time would be hours, so any deadline distinguishes it.
  rng = random.Random(0)
  units = ['h@h(', '#@']
  if SOAK:
    units += [*':($#h@', 'http:', '$h', 'h:', '#h']
    units += [''.join(rng.choices(':($#h@', k=k)) for k in range(1, 20)]
  for start in range(0, len(units), 5):
    result = run_briefly('-c', _MEGABYTE, *units[start : start + 5])
    assert result.returncode == 0, result.stderr


@fuzz(
  texts=st.lists(TEXTS, max_size=3), pooling=st.sampled_from(['mean', 'masked_mean'])
)
def test_any_texts_are_predicted_and_explained(texts, pooling):
  predictor = _predictor(pooling)
  predictions = predictor.predict(texts)
  assert len(predictions) == len(texts)
  for text, prediction in zip(texts, predictions, strict=True):
    negative, positive = prediction.log_probabilities
    assert math.isfinite(negative) and math.isfinite(positive)
    assert math.exp(negative) + math.exp(positive) == pytest.approx(1)
    assert prediction.label == (positive > negative)
    explanation = predictor.explain(text)
    total = math.fsum([*explanation.shares, explanation.bias])
    assert total == pytest.approx(prediction.log_odds, abs=1e-9)


def _predictor(pooling):
  if pooling not in _predictors:
    _predictors[pooling] = SentimentPredictor.load(run_folder('texts', pooling))
  return _predictors[pooling]


_predictors = {}
