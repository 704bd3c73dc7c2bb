"""NLTK's tweets and the bundled sample as a corpus."""

import shutil

import gin
import numpy as np
import pytest
from conftest import needs_real_corpus, run_python

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.errors import UserError


def test_sample_has_four_fifths_of_each_class_in_training():
  tweets = TwitterCorpus('sample')
  assert tweets.train.labels.tolist() == [1] * 400 + [0] * 400
  assert tweets.validation.labels.tolist() == [1] * 100 + [0] * 100
  assert tweets.train.labels.dtype == np.int32
  assert len(set(tweets.train.texts + tweets.validation.texts)) == 1000
  assert 'the' in tweets.stop_words
  assert 'sample' in tweets.name


@needs_real_corpus
def test_real_corpus_is_split_as_in_the_notebook(real_corpus):
  tweets = TwitterCorpus()
  assert np.bincount(tweets.train.labels).tolist() == [4000, 4000]
  assert np.bincount(tweets.validation.labels).tolist() == [1000, 1000]
  assert tweets.train.texts[0].startswith('#FollowFriday')
  assert len(tweets.stop_words) >= 179


def test_unknown_source_is_refused():
  with pytest.raises(UserError, match=r"TwitterCorpus.source='web'.*'nltk'"):
    TwitterCorpus('web')


def test_line_that_is_not_json_is_named(write_corpus, only_nltk_data):
  folder = write_corpus(['good :)'] * 5, ['bad :('] * 5)
  path = folder / 'corpora' / 'twitter_samples' / 'negative_tweets.json'
  path.write_text(path.read_text() + '{"text": \n')
  only_nltk_data(folder)
  with pytest.raises(UserError, match=r'negative_tweets.json, line 6: not a JSON'):
    TwitterCorpus('nltk')


def test_line_without_text_is_named(write_corpus, only_nltk_data):
  folder = write_corpus(['good :)'] * 5, ['bad :('] * 5)
  path = folder / 'corpora' / 'twitter_samples' / 'positive_tweets.json'
  path.write_text('{"id": 1}\n' + path.read_text())
  only_nltk_data(folder)
  with pytest.raises(UserError, match=r'positive_tweets.json, line 1'):
    TwitterCorpus('auto')


def test_file_without_tweets_is_refused(write_corpus, only_nltk_data):
  only_nltk_data(write_corpus(['good :)'] * 5, []))
  with pytest.raises(UserError, match=r'negative_tweets.json: 0 tweets'):
    TwitterCorpus('nltk')


def test_zipped_corpus_is_read(write_corpus, only_nltk_data, tmp_path):
  folder = write_corpus([f'good {i}' for i in range(10)], ['bad'] * 5) / 'corpora'
  for package in ('twitter_samples', 'stopwords'):
    shutil.make_archive(str(folder / package), 'zip', folder, package)
    shutil.rmtree(folder / package)
  only_nltk_data(folder.parent)
  assert TwitterCorpus('nltk').validation.texts == ('good 8', 'good 9', 'bad')


def test_corpus_is_read_without_importing_nltk(write_corpus):
  folder = write_corpus([f'good {i}' for i in range(10)], ['bad'] * 5)
  code = (
      'import sys; from trax_twitter_sentiment.corpora.twitter import TwitterCorpus; '
      'print(TwitterCorpus("nltk").validation.texts, "nltk" in sys.modules)'
  )
  result = run_python('-c', code, NLTK_DATA=f'/nowhere:{folder}')
  assert result.stdout == "('good 8', 'good 9', 'bad') False\n"


def test_source_is_bound_by_gin(sample_corpus):
  assert TwitterCorpus() is TwitterCorpus('sample')
  gin.bind_parameter('TwitterCorpus.source', 'web')
  with pytest.raises(UserError):
    TwitterCorpus()
