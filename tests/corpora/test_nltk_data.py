"""Downloads of NLTK's data, from servers of this machine."""

import functools
import hashlib
import http.server
import pathlib
import shutil
import socket
import threading
import urllib.request

import pytest

from trax_twitter_sentiment.corpora import nltk_data
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.errors import UserError


@pytest.fixture
def no_server(monkeypatch):
  """Points NLTK's downloader to a port that refuses every connection."""
  from nltk import downloader

  with socket.create_server(('127.0.0.1', 0)) as server:
    port = server.getsockname()[1]
  monkeypatch.setattr(
      downloader.Downloader, 'DEFAULT_URL', f'http://127.0.0.1:{port}/index.xml'
  )


def test_source_nltk_requires_the_corpus(tmp_path, only_nltk_data, no_server):
  only_nltk_data(tmp_path)
  with pytest.raises(UserError) as error:
    TwitterCorpus('nltk')
  message = error.value.message
  assert 'twitter_samples and stopwords' in message
  assert str(tmp_path) in message
  assert 'python -m nltk.downloader twitter_samples stopwords' in message


def test_missing_corpus_is_replaced_by_the_sample_with_a_warning(
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


def test_download_from_a_silent_server_times_out(tmp_path, only_nltk_data, monkeypatch):
  from nltk import downloader

  monkeypatch.setattr(nltk_data, '_STALL_SECONDS', 0.5)
  # NLTK's own `urlopen` refuses loopback addresses.
  monkeypatch.setattr(downloader, 'urlopen', urllib.request.urlopen)
  only_nltk_data(tmp_path)
  with socket.create_server(('127.0.0.1', 0)) as server:
    url = f'http://127.0.0.1:{server.getsockname()[1]}/index.xml'
    monkeypatch.setattr(downloader.Downloader, 'DEFAULT_URL', url)
    with pytest.raises(UserError, match='the download took too long'):
      TwitterCorpus('nltk')


@pytest.fixture
def nltk_server(write_corpus, tmp_path, monkeypatch):
  """Serves the index and the packages of a small corpus; returns their folder."""
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
    # NLTK's own `urlopen` refuses loopback addresses.
    monkeypatch.setattr(downloader, 'urlopen', urllib.request.urlopen)
    monkeypatch.setattr(downloader.Downloader, 'DEFAULT_URL', f'{address}/index.xml')
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()


def test_corpus_is_downloaded_into_nltks_folder(
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


def test_truncated_package_is_refused(
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


def test_interrupted_download_is_refused_and_can_be_repeated(
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
