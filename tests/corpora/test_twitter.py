import functools
import hashlib
import http.server
import pathlib
import shutil
import socket
import threading
import urllib.request

import gin
import numpy as np
import pytest
from conftest import needs_real_corpus, run_python

from trax_twitter_sentiment.corpora import nltk_data
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.errors import UserError


def test_sample_holds_four_fifths_of_each_class_for_training():
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


def test_damaged_line_is_named(write_corpus, only_nltk_data):
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


def test_empty_file_is_named(write_corpus, only_nltk_data):
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


def test_corpus_is_found_without_importing_nltk(write_corpus):
  folder = write_corpus([f'good {i}' for i in range(10)], ['bad'] * 5)
  code = (
      'import sys; from trax_twitter_sentiment.corpora.twitter import TwitterCorpus; '
      'print(TwitterCorpus("nltk").validation.texts, "nltk" in sys.modules)'
  )
  result = run_python('-c', code, NLTK_DATA=f'/nowhere:{folder}')
  assert result.stdout == "('good 8', 'good 9', 'bad') False\n"


@pytest.fixture
def no_server(monkeypatch):
  """Makes NLTK ask a server that refuses every connection."""
  from nltk import downloader

  with socket.create_server(('127.0.0.1', 0)) as server:
    port = server.getsockname()[1]
  monkeypatch.setattr(
      downloader.Downloader, 'DEFAULT_URL', f'http://127.0.0.1:{port}/index.xml'
  )


def test_missing_corpus_is_an_error_for_nltk(tmp_path, only_nltk_data, no_server):
  only_nltk_data(tmp_path)
  with pytest.raises(UserError) as error:
    TwitterCorpus('nltk')
  message = error.value.message
  assert 'twitter_samples and stopwords' in message
  assert str(tmp_path) in message
  assert 'python -m nltk.downloader twitter_samples stopwords' in message


def test_missing_corpus_falls_back_on_the_sample_with_a_warning(
    tmp_path, only_nltk_data, no_server, capfd
):
  only_nltk_data(tmp_path)
  tweets = TwitterCorpus('auto')
  assert tweets.name == TwitterCorpus('sample').name
  TwitterCorpus('auto')
  captured = capfd.readouterr()
  assert captured.err.count('WARNING: NOT THE REAL TWEETS') == 1
  assert 'python -m nltk.downloader twitter_samples stopwords' in captured.err
  assert not captured.out


def test_silent_server_is_given_up(tmp_path, only_nltk_data, monkeypatch):
  from nltk import downloader

  monkeypatch.setattr(nltk_data, '_STALL_SECONDS', 0.5)
  # NLTK refuses loopback addresses, where the test's silent server listens.
  monkeypatch.setattr(downloader, 'urlopen', urllib.request.urlopen)
  only_nltk_data(tmp_path)
  with socket.create_server(('127.0.0.1', 0)) as server:
    url = f'http://127.0.0.1:{server.getsockname()[1]}/index.xml'
    monkeypatch.setattr(downloader.Downloader, 'DEFAULT_URL', url)
    with pytest.raises(UserError, match='the download took too long'):
      TwitterCorpus('nltk')


@pytest.fixture
def nltk_server(write_corpus, tmp_path, monkeypatch):
  """Serves an index and packages of a small corpus, as NLTK's server does."""
  from nltk import downloader

  folder = write_corpus([f'good {i}' for i in range(10)], ['bad'] * 5) / 'corpora'
  site = tmp_path / 'site'
  site.mkdir()
  handler = functools.partial(
      http.server.SimpleHTTPRequestHandler, directory=str(site)
  )
  with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
    address = f'http://127.0.0.1:{server.server_port}'
    packages = []
    for name in ('twitter_samples', 'stopwords'):
      path = pathlib.Path(
          shutil.make_archive(str(site / name), 'zip', folder, name)
      )
      content = path.read_bytes()
      files = (f for f in (folder / name).rglob('*') if f.is_file())
      unzipped_size = sum(file.stat().st_size for file in files)
      packages.append(
          f'<package id="{name}" name="{name}" subdir="corpora" unzip="1" '
          f'size="{len(content)}" unzipped_size="{unzipped_size}" '
          f'checksum="{hashlib.md5(content).hexdigest()}" '
          f'sha256_checksum="{hashlib.sha256(content).hexdigest()}" '
          f'url="{address}/{name}.zip"/>'
      )
    (site / 'index.xml').write_text(
        f'<nltk_data><packages>{"".join(packages)}</packages></nltk_data>'
    )
    # NLTK refuses loopback addresses.
    monkeypatch.setattr(downloader, 'urlopen', urllib.request.urlopen)
    monkeypatch.setattr(downloader.Downloader, 'DEFAULT_URL', f'{address}/index.xml')
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()


def test_corpus_is_downloaded_where_nltk_keeps_its_data(
    nltk_server, tmp_path, only_nltk_data, capfd
):
  data = tmp_path / 'empty'
  data.mkdir()
  only_nltk_data(data)
  tweets = TwitterCorpus('auto')
  assert tweets.name == 'nltk'
  assert tweets.validation.texts == ('good 8', 'good 9', 'bad')
  assert (data / 'corpora' / 'twitter_samples').is_dir()
  captured = capfd.readouterr()
  assert 'Downloading NLTK twitter_samples: 100%' in captured.err
  assert not captured.out


def test_download_that_is_cut_off_is_no_corpus(
    nltk_server, tmp_path, only_nltk_data
):
  package = nltk_server / 'twitter_samples.zip'
  package.write_bytes(package.read_bytes()[:-100])
  data = tmp_path / 'empty'
  data.mkdir()
  only_nltk_data(data)
  with pytest.raises(UserError, match='the download failed'):
    TwitterCorpus('nltk')
  assert not list(data.glob('corpora/twitter_samples*'))


def test_download_that_breaks_off_is_no_corpus_and_can_be_repeated(
    nltk_server, tmp_path, only_nltk_data
):
  def copy_half(self, source, output):
    content = source.read()
    is_index = self.path.endswith('.xml')
    output.write(content if is_index else content[: len(content) // 2])

  (tmp_path / 'empty').mkdir()
  only_nltk_data(tmp_path / 'empty')
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(http.server.SimpleHTTPRequestHandler, 'copyfile', copy_half)
    with pytest.raises(UserError, match='the download failed'):
      TwitterCorpus('nltk')
  assert not [path for path in (tmp_path / 'empty').rglob('*') if path.is_file()]
  assert TwitterCorpus('nltk').validation.texts == ('good 8', 'good 9', 'bad')


def test_corpus_is_bound_by_gin(sample_corpus):
  assert TwitterCorpus() is TwitterCorpus('sample')
  gin.bind_parameter('TwitterCorpus.source', 'web')
  with pytest.raises(UserError):
    TwitterCorpus()


def test_importing_the_package_loads_neither_trax_nor_tensorflow():
  code = (
      'import sys, trax_twitter_sentiment as t; t.TweetTokenizer; '
      't.compute_accuracy; t.TwitterCorpus("sample"); '
      'print({"trax", "jax", "tensorflow"} & set(sys.modules))'
  )
  result = run_python('-c', code)
  assert result.stdout == 'set()\n', result.stderr
