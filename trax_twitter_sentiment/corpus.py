"""Labelled tweets: where they come from and how they are split."""

import dataclasses
import functools
import importlib.resources
import json
import queue
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterable

import gin
import numpy as np

from trax_twitter_sentiment.errors import UserError, check_choice

SPLITS = ('train', 'validation')
SOURCES = ('auto', 'nltk', 'sample')

# Ends the name of a corpus whose near-duplicates are in one split.
GROUPED = ', grouped'

# NLTK package -> the resources of it that the corpus reads.
_NLTK_PACKAGES = {
    'twitter_samples': (
        'corpora/twitter_samples/positive_tweets.json',
        'corpora/twitter_samples/negative_tweets.json',
    ),
    'stopwords': ('corpora/stopwords/english',),
}
_FETCH_COMMAND = f'python -m nltk.downloader {" ".join(_NLTK_PACKAGES)}'

# NLTK's files of tweets have a tenth of it.
_MAX_FILE_BYTES = 2**28

# A download that brings nothing for `_STALL_SECONDS`, or isn't complete after
# `_DOWNLOAD_SECONDS`, is given up.
_STALL_SECONDS = 8.0
_DOWNLOAD_SECONDS = 60.0


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
  """The labelled texts of one split.

  Attributes:
    texts: the texts; of tweets, positives first, as in the notebook.
    labels: <int32>[n_texts], each text's class: 1 for positive and 0 for negative.
  """

  texts: tuple[str, ...]
  labels: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Corpus:
  """Labelled texts in two splits.

  Attributes:
    name: where the texts come from, recorded beside what is trained on them: of
      tweets `'nltk'` or `'sample'`.
    train: the texts to train on.
    validation: the texts to validate on.
    stop_words: the words that the tokenizer leaves out by default.
  """

  name: str
  train: Examples
  validation: Examples
  stop_words: frozenset[str]


@gin.configurable(module='trax_twitter_sentiment')
def TwitterCorpus(source: str = 'auto') -> Corpus:
  """Returns the tweets to train and validate on; each source is read once.

  Of each class, the first four fifths train and the last fifth validates.

  Args:
    source: `'nltk'` for NLTK's `twitter_samples` (5,000 positive and 5,000
      negative tweets), looked for on NLTK's data path and else downloaded;
      `'sample'` for the made-up tweets that the package holds; `'auto'` for the
      first, or the second with a warning where the first can't be had.

  Raises:
    UserError: if `source` is none of these, if `'nltk'` can't be had, or if a
      file of the corpus is empty or damaged.
  """
  check_choice('TwitterCorpus.source', source, SOURCES)
  return _load(source)


def recorded_corpus(name: str) -> Corpus:
  """Returns the corpus that a run was trained on, by the name its tokenizer records.

  Raises:
    UserError: if it is not one of the package's, or can't be had.
  """
  source = name.removesuffix(GROUPED)
  if source not in ('nltk', 'sample'):
    raise UserError(
        f'The run was trained on the corpus {name!r}, whose validation texts are not '
        'at hand; the evaluate command takes other labelled texts with --input.'
    )
  if source == name:
    return TwitterCorpus(source)
  # Imported on use: it imports this module.
  from trax_twitter_sentiment.near_duplicates import GroupedCorpus

  return GroupedCorpus(lambda: TwitterCorpus(source))


@gin.configurable(module='trax_twitter_sentiment')
def configured_corpus(corpus: Callable[[], Corpus] = TwitterCorpus) -> Corpus:
  """Returns the corpus that all streams and the vocabulary are made of.

  Args:
    corpus: what makes it. In gin: `configured_corpus.corpus = @TextFileCorpus`.
  """
  return corpus()


def english_stop_words() -> frozenset[str]:
  """Returns NLTK's English stop words where they are at hand, else the sample's."""
  resource = _NLTK_PACKAGES['stopwords'][0]
  read = _read_sample if 'stopwords' in _missing_packages() else _read_nltk
  return _parse_stop_words(*read(resource))


def examples_of(pairs: Iterable[tuple[str, int]]) -> Examples:
  """Returns the examples of pairs of text and label."""
  texts, labels = [], []
  for text, label in pairs:
    texts.append(text)
    labels.append(label)
  return Examples(tuple(texts), np.array(labels, np.int32))


@functools.cache
def _load(source: str) -> Corpus:
  if source == 'sample':
    return _read_corpus('sample', _read_sample)
  missing = _missing_packages()
  problem = _download(missing) if missing else ''
  if not _missing_packages():
    return _read_corpus('nltk', _read_nltk)
  if source == 'nltk':
    raise UserError(_not_found_message(missing, problem))
  _warn_of_sample(missing, problem)
  return _load('sample')


def _read_corpus(name: str, read: Callable[[str], tuple[str, bytes]]) -> Corpus:
  """Reads a corpus with a function from resource to file name and content."""
  train: list[tuple[str, int]] = []
  validation: list[tuple[str, int]] = []
  for resource, label in zip(
      _NLTK_PACKAGES['twitter_samples'], (1, 0), strict=True
  ):
    tweets = _parse_tweets(*read(resource))
    n_train = len(tweets) * 4 // 5
    train += [(text, label) for text in tweets[:n_train]]
    validation += [(text, label) for text in tweets[n_train:]]
  return Corpus(
      name=name,
      train=examples_of(train),
      validation=examples_of(validation),
      stop_words=_parse_stop_words(*read(_NLTK_PACKAGES['stopwords'][0])),
  )


def _parse_stop_words(file_name: str, content: bytes) -> frozenset[str]:
  try:
    return frozenset(content.decode('utf-8').split())
  except UnicodeDecodeError as error:
    raise UserError(f'{file_name}: not UTF-8.') from error


def _parse_tweets(file_name: str, content: bytes) -> list[str]:
  """Returns the texts of JSON Lines of tweets."""
  texts = []
  for number, line in enumerate(content.split(b'\n'), start=1):
    if not line.strip():
      continue
    try:
      text = json.loads(line.decode('utf-8'))['text']
    except (ValueError, KeyError, TypeError, RecursionError):
      text = None
    if not isinstance(text, str):
      raise UserError(
          f'{file_name}, line {number}: not a JSON object with a string "text".'
      )
    texts.append(text)
  if len(texts) < 5:
    raise UserError(
        f'{file_name}: {len(texts)} tweets; at least 5 are needed to split a file '
        'into training and validation.'
    )
  return texts


def _read_sample(resource: str) -> tuple[str, bytes]:
  name = resource.rsplit('/', 1)[1]
  data = importlib.resources.files('trax_twitter_sentiment') / 'data' / 'sample'
  return str(data / name), (data / name).read_bytes()


def _read_nltk(resource: str) -> tuple[str, bytes]:
  import nltk.data

  path = nltk.data.find(resource)
  if path.file_size() > _MAX_FILE_BYTES:  # Zipped, it may take little of a disk.
    raise UserError(f'{path}: larger than {_MAX_FILE_BYTES:,} bytes.')
  try:
    with path.open() as file:
      return str(path), file.read()
  # What a damaged archive makes zipfile raise is documented nowhere.
  except Exception as error:
    raise UserError(f'{path}: {error}.') from error


def _missing_packages() -> list[str]:
  import nltk.data

  missing = []
  for package, resources in _NLTK_PACKAGES.items():
    try:
      for resource in resources:
        nltk.data.find(resource)
    except LookupError:
      missing.append(package)
    except zipfile.BadZipFile as error:
      raise UserError(
          f"NLTK's {package}.zip, on one of {', '.join(nltk.data.path)}, is damaged; "
          f'remove it and fetch it again with `{_FETCH_COMMAND}`.'
      ) from error
  return missing


def _download(packages: list[str]) -> str:
  """Downloads NLTK packages; returns what went wrong, or ''.

  NLTK itself waits two minutes for a server that doesn't answer and hours for a
  slow one, so it runs in a thread that is left behind when time is up. What it
  installs, it moves into place complete and checked.
  """
  import tqdm
  from nltk import downloader

  messages: queue.Queue = queue.Queue()
  given_up = threading.Event()

  def fetch() -> None:
    try:
      for message in downloader.Downloader().incr_download(packages):
        messages.put(message)
        if given_up.is_set():
          return
    except Exception as error:  # Whatever NLTK raises becomes the report.
      messages.put(error)
    finally:
      messages.put(None)

  threading.Thread(target=fetch, daemon=True).start()
  deadline = time.monotonic() + _DOWNLOAD_SECONDS
  with tqdm.tqdm(
      total=100, unit='%', desc='Downloading NLTK twitter_samples'
  ) as progress:
    problem = ''
    while True:
      remaining = deadline - time.monotonic()
      try:
        message = messages.get(timeout=max(0.0, min(_STALL_SECONDS, remaining)))
      except queue.Empty:
        given_up.set()
        return 'the download took too long'
      if message is None:
        progress.update(0 if problem else 100 - progress.n)
        return problem
      if isinstance(message, Exception):
        problem = f'the download failed: {message}'
      elif isinstance(message, downloader.ErrorMessage):
        problem = f'the download failed: {message.message}'
      elif isinstance(message, downloader.ProgressMessage):
        progress.update(int(message.progress) - progress.n)


def _not_found_message(missing: list[str], problem: str) -> str:
  import nltk.data

  reason = ' '.join((problem or 'the download did not install it').split())
  return (
      f"TwitterCorpus.source='nltk', but NLTK's {' and '.join(missing)} could not "
      f'be found in {", ".join(nltk.data.path)} ({reason}). Fetch it with '
      f'`{_FETCH_COMMAND}`, or set the environment variable NLTK_DATA to the '
      'folder that holds it.'
  )


def _warn_of_sample(missing: list[str], problem: str) -> None:
  reason = ' '.join((problem or 'the download did not install it').split())
  rule = '!' * 79
  print(
      f'\n{rule}\n'
      "WARNING: NOT THE REAL TWEETS. NLTK's "
      f'{" and ".join(missing)} could not be had\n({reason}).\n'
      'Going on with the bundled sample of 1,000 made-up tweets: figures '
      'reached on it\nsay nothing about real tweets. To get the real corpus:\n\n'
      f'    {_FETCH_COMMAND}\n\n'
      'or set NLTK_DATA to the folder that holds it. '
      "TwitterCorpus.source='nltk' makes\nits absence an error, 'sample' silences "
      f'this warning.\n{rule}\n',
      file=sys.stderr,
      flush=True,
  )
