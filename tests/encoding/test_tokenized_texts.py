"""Tokens of a corpus as an index, with the token cache."""

import concurrent.futures
import os
import pathlib

import gin
import numpy as np
import pytest
from conftest import run_python

from trax_twitter_sentiment.encoding import cache, tokenized_texts
from trax_twitter_sentiment.encoding.tokenized_texts import token_index
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

TEXTS = ('good :)', '', 'not good :( \ud83d', 'good \x00 day')
TOKENIZER = TweetTokenizer(stop_words=frozenset({'not'}))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))


def token_lists(index):
  ends = np.cumsum(index.lengths)
  texts = np.split(index.indices, ends[:-1])
  return [[index.tokens[i] for i in text] for text in texts]


def entries():
  return sorted(os.listdir(cache.folder())) if os.path.exists(cache.folder()) else []


@pytest.mark.parametrize('n_runs', [1, 2])
def test_index_has_the_tokens_of_the_tokenizer(n_runs):
  for _ in range(n_runs):  # The second run reads the cache.
    index = token_index(TOKENIZER, TEXTS)
  assert token_lists(index) == [TOKENIZER.tokenize(text) for text in TEXTS]
  assert index.tokens[:2] == ('good', ':)')
  assert index.lengths.dtype == np.int64
  assert len(entries()) == 1


def test_second_run_tokenizes_nothing(monkeypatch):
  first = token_index(TOKENIZER, TEXTS)
  monkeypatch.setattr(tokenized_texts, '_tokenize', None)
  assert token_lists(token_index(TOKENIZER, TEXTS)) == token_lists(first)


@pytest.mark.parametrize(
    ('tokenizer', 'texts'),
    [
        (TOKENIZER, ('good :)', 'not', '', 'good :( \ud83d', 'good \x00 day')),
        (TOKENIZER, ('good :', ')', 'not good :( \ud83d', 'good \x00 day')),
        (TOKENIZER, TEXTS[::-1]),
        (TweetTokenizer(), TEXTS),
        (TweetTokenizer(stop_words=frozenset({'not'}), stem=False), TEXTS),
    ],
)
def test_cache_key_depends_on_texts_and_settings(tokenizer, texts):
  token_index(TOKENIZER, TEXTS)
  index = token_index(tokenizer, texts)
  assert token_lists(index) == [tokenizer.tokenize(text) for text in texts]
  assert len(entries()) == 2


def test_cache_key_covers_every_module_of_the_tokenizer():
  code = (
      'import sys; import trax_twitter_sentiment.text.tokenizer; '
      'print(*(m.__file__ for n, m in sys.modules.items() '
      'if n.startswith("trax_twitter_sentiment.")))'
  )
  files = {pathlib.Path(name) for name in run_python('-c', code).stdout.split()}
  package = pathlib.Path(tokenized_texts.__file__).parent.parent
  # This module raises errors and does not affect tokens.
  irrelevant_files = {package / 'errors.py'}
  assert package / 'text' / 'tokenizer.py' in files
  assert files - irrelevant_files <= set(tokenized_texts.code_files())


def test_binding_or_environment_variable_turns_the_cache_off(monkeypatch):
  token_index(TOKENIZER, TEXTS, use_cache=False)
  gin.bind_parameter('token_index.use_cache', False)
  token_index(TOKENIZER, TEXTS)
  gin.bind_parameter('token_index.use_cache', True)
  monkeypatch.setenv('TRAX_TWITTER_SENTIMENT_CACHE', 'off')
  token_index(TOKENIZER, TEXTS)
  assert entries() == []


@pytest.mark.parametrize(
    'damage',
    [
        {'tokens': np.frombuffer(b'["good"]', np.uint8)},
        {'tokens': np.frombuffer(b'[[[[', np.uint8)},
        {'indices': np.array([-1] * 7, np.int32)},
        {'indices': np.zeros(7, np.float32)},
        {'indices': np.zeros((7, 1), np.int32)},
        {'lengths': np.array([7])},
        {'lengths': np.array([-1, 1, 3, 4])},
    ],
)
def test_damaged_entry_is_replaced(damage):
  first = token_index(TOKENIZER, TEXTS)
  (key,) = (name.removesuffix('.npz') for name in entries())
  cache.save(key, {**cache.load(key), **damage})
  assert token_lists(token_index(TOKENIZER, TEXTS)) == token_lists(first)
  damaged = next(iter(damage))
  expected = tokenized_texts._to_arrays(first)[damaged]
  np.testing.assert_array_equal(cache.load(key)[damaged], expected)


def test_several_processes_make_the_index_of_one(monkeypatch):
  texts = [f'word{i % 700} :) number {i}' for i in range(10_000)]
  one = token_index(TOKENIZER, texts, use_cache=False)
  monkeypatch.setattr(tokenized_texts, '_MANY_TEXTS', 0)
  several = token_index(TOKENIZER, texts, use_cache=False)
  assert several.tokens == one.tokens
  np.testing.assert_array_equal(several.indices, one.indices)
  np.testing.assert_array_equal(several.lengths, one.lengths)


def test_concurrent_processes_share_one_entry(tmp_path):
  code = (
      'import sys; sys.stdin.read();'
      'from trax_twitter_sentiment.encoding.tokenized_texts import token_index;'
      'from trax_twitter_sentiment.text.tokenizer import TweetTokenizer;'
      'index = token_index(TweetTokenizer(), ["good day :)"] * 3000);'
      'print(index.tokens, len(index.indices))'
  )
  with concurrent.futures.ThreadPoolExecutor() as executor:
    runs = [executor.submit(run_python, '-c', code) for _ in range(4)]
  outputs = {run.result().stdout for run in runs}
  assert outputs == {"('good', 'day', ':)') 9000\n"}
  assert len(entries()) == 1
