"""Fixtures and helpers of all tests: corpora, a trained run, a clean gin state."""

import importlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import gin
import pytest

from trax_twitter_sentiment.corpora import twitter

REPOSITORY = pathlib.Path(__file__).parent.parent
SHARED = REPOSITORY.parent / 'shared'
SHARED_NLTK_DATA = SHARED / 'nltk_data'
REFERENCE_TOKENS = SHARED / 'reference' / 'notebook_tokens.jsonl'

# Arguments of `run_python` that start the stock trainer, and the launcher.
STOCK = ('-m', 'trax.trainer')
LAUNCHER = ('-m', 'trax_twitter_sentiment.trainer')


def _nltk_data() -> str | None:
  """Returns the first folder that contains the real corpus, or None."""
  candidates = [*os.environ.get('NLTK_DATA', '').split(os.pathsep), SHARED_NLTK_DATA]
  for folder in candidates:
    if folder and (pathlib.Path(folder) / 'corpora' / 'twitter_samples').is_dir():
      return str(folder)
  return None


NLTK_DATA = _nltk_data()
needs_real_corpus = pytest.mark.skipif(
    NLTK_DATA is None,
    reason='neither NLTK_DATA nor ../shared/nltk_data contains twitter_samples',
)


# All processes of a test run share one compilation cache, so XLA compiles each program
# once.
if 'JAX_COMPILATION_CACHE_DIR' not in os.environ:
  _compilation_cache = tempfile.TemporaryDirectory(prefix='compiled_')
  os.environ.update(
      JAX_COMPILATION_CACHE_DIR=_compilation_cache.name,
      JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS='0',
      JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES='-1',
  )
# The environment of a process that does not use the compilation cache.
COMPILING = {'JAX_ENABLE_COMPILATION_CACHE': 'false'}


def pytest_configure(config):
  # A background job of a shell ignores SIGINT, and so do its child processes. Tests
  # send SIGINT, so we restore the default handler.
  if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
  # A job under nohup ignores SIGHUP, so we restore the default handler, too.
  if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
  # The controller of pytest-xdist runs no tests, so it does not import Trax.
  if config.getoption('dist', 'no') == 'no':
    # The repairs import Trax fast, for all tests of this process.
    importlib.import_module('trax_twitter_sentiment.trax_support.repairs')


@pytest.fixture(scope='session', autouse=True)
def _own_cache_folder(tmp_path_factory):
  with pytest.MonkeyPatch.context() as patch:
    patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
    yield


@pytest.fixture(autouse=True)
def _clean_gin():
  gin.clear_config()
  yield
  gin.clear_config()


@pytest.fixture(scope='session')
def run_dir(tmp_path_factory):
  """Returns the output directory of a run on the sample. Tests do not change it."""
  from runs import train  # Imports Trax, so only tests that train import it.

  folder = tmp_path_factory.mktemp('run')
  train(folder, 'train.steps=20')
  return folder


@pytest.fixture(scope='session')
def storage(tmp_path_factory):
  """Starts an S3 server and yields it; see `object_storage`.

  All modules share it, so no two of them write to the same folder.
  """
  from object_storage import ObjectStorage

  started = ObjectStorage(tmp_path_factory.mktemp('storage'))
  yield started
  started.stop()


@pytest.fixture(scope='session')
def browser():
  """Starts Chromium and yields its driver. `.ci/run` installs both."""
  chromium = shutil.which('chromium') or shutil.which('google-chrome')
  binaries = [chromium, shutil.which('chromedriver')]
  if not all(binaries):
    if 'NEEDS_BROWSER' in os.environ:
      pytest.fail('CI requires chromium and chromedriver.')
    pytest.skip('no chromium and chromedriver: apt-get install chromium-driver')
  from selenium import webdriver

  options = webdriver.ChromeOptions()
  options.binary_location = binaries[0]
  for argument in ('--headless=new', '--no-sandbox', '--disable-dev-shm-usage'):
    options.add_argument(argument)
  driver = webdriver.Chrome(options, webdriver.ChromeService(binaries[1]))
  yield driver
  driver.quit()


@pytest.fixture
def sample_corpus():
  """Binds the bundled sample as the corpus."""
  gin.bind_parameter('TwitterCorpus.source', 'sample')


@pytest.fixture
def real_corpus(monkeypatch):
  """Binds NLTK's tweets as the corpus and reads them from `NLTK_DATA`."""
  import nltk.data

  monkeypatch.setattr(nltk.data, 'path', [NLTK_DATA])
  gin.bind_parameter('TwitterCorpus.source', 'nltk')


@pytest.fixture
def write_corpus(tmp_path):
  """Returns a function that writes an NLTK data folder with the given tweets."""

  def write(positive: list[str], negative: list[str]) -> pathlib.Path:
    folder = tmp_path / 'nltk_data'
    tweets = folder / 'corpora' / 'twitter_samples'
    tweets.mkdir(parents=True)
    for name, texts in (('positive', positive), ('negative', negative)):
      lines = (json.dumps({'text': text}) + '\n' for text in texts)
      (tweets / f'{name}_tweets.json').write_text(''.join(lines))
    stop_words = folder / 'corpora' / 'stopwords' / 'english'
    stop_words.parent.mkdir()
    stop_words.write_text('the\nis\n')
    return folder

  return write


@pytest.fixture
def only_nltk_data(monkeypatch):
  """Returns a function that makes a folder NLTK's only search path."""
  import nltk.data

  def use(folder):
    monkeypatch.setattr(nltk.data, 'path', [str(folder)])
    twitter._load.cache_clear()

  yield use
  twitter._load.cache_clear()


def run_python(
    *arguments: str,
    cwd: os.PathLike | None = None,
    input: bytes = b'',
    **environment: str,
) -> subprocess.CompletedProcess:
  """Runs this Python in a process of its own and decodes its output."""
  result = subprocess.run(
      [sys.executable, *arguments],
      cwd=cwd,
      input=input,
      capture_output=True,
      check=False,
      env={**os.environ, **environment},
  )
  result.stdout = result.stdout.decode()
  result.stderr = result.stderr.decode()
  return result


@pytest.fixture(scope='session')
def encoder_run_dir(tmp_path_factory):
  """Returns the output directory of a small encoder's run. Tests do not change it."""
  from runs import train_encoder  # Imports Trax, as above.

  folder = tmp_path_factory.mktemp('encoder_run')
  train_encoder(folder)
  return folder
