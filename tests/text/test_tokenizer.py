"""The tokenizer: its steps, its switches and its file."""

import gc
import json

import gin
import pytest
from conftest import REFERENCE_TOKENS, needs_real_corpus

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import (
    encoded_corpus,
    tokenize_tweet,
    vocabulary_size,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.run import TOKENIZER_FILE, Run
from trax_twitter_sentiment.text.emoticons import remove_emoticons
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import MAX_CHARACTERS, TweetTokenizer
from trax_twitter_sentiment.text.vocabulary import UNK_ID, Vocabulary

STOP_WORDS = frozenset({'the', 'was', 'is', 'a'})


def tokenize(text, **settings):
  return TweetTokenizer(stop_words=STOP_WORDS, **settings).tokenize(text)


def test_tokenizer_restores_the_garbage_collector():
  n_frozen = gc.get_freeze_count()
  tokenize('a day')
  assert gc.isenabled()
  assert gc.get_freeze_count() == n_frozen


@needs_real_corpus
def test_tokens_and_ids_equal_those_of_the_notebook(real_corpus):
  if not REFERENCE_TOKENS.exists():
    pytest.skip(f'{REFERENCE_TOKENS} is missing')
  corpus = TwitterCorpus()
  tweets = {
      f'{name}_tweets.json': [
          text
          for split in (corpus.train, corpus.validation)
          for text, text_label in zip(split.texts, split.labels, strict=True)
          if text_label == label
      ]
      for name, label in (('positive', 1), ('negative', 0))
  }
  encoder = encoded_corpus().encoder
  n_compared = 0
  with REFERENCE_TOKENS.open() as file:
    for reference in map(json.loads, file):
      text = tweets[reference['file']][reference['index']]
      assert tokenize_tweet(text) == reference['tokens']
      assert encoder.encode(text).tolist() == reference['ids']
      n_compared += 1
  assert n_compared == 250


@needs_real_corpus
def test_real_vocabulary_has_the_size_of_the_notebook(real_corpus):
  assert vocabulary_size() == 9162


@pytest.mark.parametrize(
    ('setting', 'text', 'on', 'off'),
    [
        ('join_split_emoticons', 'great : )', ['great', ':)'], ['great']),
        ('remove_tickers', 'buy $tsla', ['buy'], ['buy', 'tsla']),
        ('remove_retweet_mark', 'RT wow', ['wow'], ['rt', 'wow']),
        (
            'remove_links',
            'see https://t.co/x?a=1\r\nhere',
            ['see', 'here'],
            ['see', 'https://t.co/x?a=1', 'here'],
        ),
        ('keep_emoticons', 'fun :)', ['fun', ':)'], ['fun']),
        ('remove_hash_signs', '#fun', ['fun'], ['#fun']),
        ('remove_handles', '@amy hi', ['hi'], ['@ami', 'hi']),
        ('shorten_elongations', 'sooooo', ['sooo'], ['sooooo']),
        ('remove_stop_words', 'the fun', ['fun'], ['the', 'fun']),
        ('remove_punctuation', 'fun !', ['fun'], ['fun', '!']),
        ('stem', 'happiness', ['happi'], ['happiness']),
    ],
)
def test_every_step_has_a_switch(setting, text, on, off):
  assert tokenize(text) == on
  assert tokenize(text, **{setting: False}) == off


def test_lowercase_has_a_switch():
  assert tokenize('HELLO :D', stem=False) == ['hello', ':D']
  assert tokenize('HELLO :D', stem=False, lowercase=False) == ['HELLO', ':D']


def test_switches_are_bound_by_gin(sample_corpus):
  assert tokenize_tweet('happiness :)') == ['happi', ':)']
  gin.bind_parameter('TweetTokenizer.stem', False)
  gin.bind_parameter('TweetTokenizer.keep_emoticons', False)
  assert tokenize_tweet('happiness :)') == ['happiness']


def test_switch_that_is_not_boolean_is_refused():
  with pytest.raises(UserError, match=r"TweetTokenizer.stem='no' is not True or F"):
    TweetTokenizer(stem='no')


_EMOTICONS = """
    :) :-( :D ;) :p =) (: :') <3 :))) :-)) :-D XD xDD D: :-/ :| :o) ;-P =D >:( &lt;3
    </3 <333 (-: ): :((( :3 :* ^_^ -_- T_T ;_; :'-( =( :] :} :DDD :ppp
"""


@pytest.mark.parametrize('emoticon', _EMOTICONS.split())
def test_emoticons_can_be_removed(emoticon):
  assert tokenize(f'great {emoticon} day', keep_emoticons=False) == ['great', 'day']
  assert tokenize(f'great {emoticon}', keep_emoticons=False) == ['great']
  assert tokenize(f'{emoticon} day', keep_emoticons=False) == ['day']


@pytest.mark.parametrize('emoticon', [':)', ':D', ':-(', ': )', ': (', ':((', ';P'])
def test_emoticons_attached_to_a_word_can_be_removed(emoticon):
  assert tokenize(f'great{emoticon} day', keep_emoticons=False) == ['great', 'day']


@pytest.mark.parametrize(
    'text', ['18:30 or 4:3', 'ID: 5', 'note:please do', 'dx code', '8 days', 'it<30']
)
def test_removing_emoticons_keeps_words_and_numbers(text):
  assert remove_emoticons(text) == text


def test_ids_of_a_text_are_writable():
  ids = TextEncoder(TweetTokenizer(), Vocabulary()).encode('happy dogs')
  ids[0] = 1
  assert ids.tolist() == [1, UNK_ID]


def test_pair_of_tokens_that_forms_an_emoticon_is_removed():
  settings = {'add_pairs': True, 'remove_punctuation': False, 'stem': False}
  assert ': (' in tokenize('a : ( b', join_split_emoticons=False, **settings)
  tokens = tokenize('::d(', keep_emoticons=False, **settings)
  assert ': (' not in tokens


@pytest.mark.parametrize(
    'text', ['', '   ', '@amy', 'https://t.co/x', 'the was', '#', '@a https://b']
)
def test_text_of_removed_parts_has_no_token(text):
  assert tokenize(text) == []


@pytest.mark.parametrize(
    'text',
    [
        '1' * 100_000,
        ':(' * 50_000,
        '$h@:(#' * 17_000,
        'http://' * 15_000,
        'word ' * 20_000,
        '\ud83d lone surrogate',
        '👩‍👩‍👧 🇬🇧 ﷽ \u202ereversed\u202c \u200b\u0301',
        'العربية 日本語 ไทย',
    ],
)
def test_extreme_text_is_encoded(text):
  encoder = TextEncoder(TweetTokenizer(), Vocabulary.from_counts({'word': 1}))
  assert encoder.encode(text).max(initial=0) <= 3


def test_long_text_has_all_tokens_of_its_words():
  assert tokenize('happy day ' * 1000) == ['happi', 'day'] * 1000


def test_saved_tokenizer_loads_unchanged():
  tokenizer = TweetTokenizer(
      stem=False, stop_words=STOP_WORDS, lexicon=(('naïve', 1), ('😀', -3))
  )
  content = tokenizer.to_json()
  # Bindings at loading time do not change a saved tokenizer.
  gin.bind_parameter('TweetTokenizer.stem', True)
  gin.bind_parameter('TweetTokenizer.lowercase', False)
  assert TweetTokenizer.from_json(content) == tokenizer


def test_text_is_cut_after_the_maximum_of_characters():
  tokenizer = TweetTokenizer(add_marks=True)
  text = 'a ' * (MAX_CHARACTERS // 2)
  assert tokenizer.tokenize(text + ' end #end') == tokenizer.tokenize(text)


def _content(**changes):
  return json.dumps({**json.loads(TweetTokenizer().to_json()), **changes}).encode()


def test_missing_switches_of_a_file_have_their_defaults():
  content = _content(settings={'stem': False})
  assert TweetTokenizer.from_json(content.decode()) == TweetTokenizer(stem=False)


@pytest.mark.parametrize(
    'content',
    [
        b'',
        b'{',
        b'[]',
        b'\xff',
        b'[' * 100_000,
        _content(format=99),
        _content(lexicon={'good': 4}),
        _content(stop_words='the'),
        _content(settings={'fly': True}),
        _content(settings=None),
    ],
)
def test_damaged_tokenizer_file_is_named(tmp_path, content):
  (tmp_path / TOKENIZER_FILE).write_bytes(content)
  with pytest.raises(UserError, match=r'tokenizer.json is not a tokenizer file'):
    _ = Run(tmp_path).tokenizer
