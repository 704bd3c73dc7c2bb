"""Labelled tweets: where they come from and how they are split."""

import dataclasses
import functools
import importlib.resources
import json
import sys
from collections.abc import Callable, Iterable, Sequence

import gin
import numpy as np

from trax_twitter_sentiment.corpora import nltk_data
from trax_twitter_sentiment.errors import UserError, check_choice

# The class names of tweets, in the order of their labels.
SENTIMENTS = ('negative', 'positive')

SPLITS = ('train', 'validation')
SOURCES = ('auto', 'nltk', 'sample')


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
  """The labelled texts of one split.

  Attributes:
    texts: the texts; of tweets, positives first, as in the notebook.
    labels: <int32>[n_texts], each text's class; of tweets, 1 for positive and 0 for
      negative.
    weights: <float32>[n_texts], how much each counts in training; `None` for one.
  """

  texts: tuple[str, ...]
  labels: np.ndarray
  weights: np.ndarray | None = None

  def part(self, rows: np.ndarray) -> 'Examples':
    """Returns some of the texts, by their indices or as a <bool>[n_texts]."""
    texts = np.array(self.texts, object)[rows]
    weights = None if self.weights is None else self.weights[rows]
    return Examples(tuple(texts), self.labels[rows], weights)


@dataclasses.dataclass(frozen=True, eq=False)
class Corpus:
  """Labelled texts in two splits.

  Attributes:
    name: where the texts come from, recorded beside what is trained on them: of
      tweets `'nltk'` or `'sample'`.
    train: the texts to train on.
    validation: the texts to validate on.
    stop_words: the words that the tokenizer leaves out by default.
    class_names: of the labels, in their order.
  """

  name: str
  train: Examples
  validation: Examples
  stop_words: frozenset[str]
  class_names: tuple[str, ...] = SENTIMENTS


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


@gin.configurable(module='trax_twitter_sentiment')
def configured_corpus(corpus: Callable[[], Corpus] = TwitterCorpus) -> Corpus:
  """Returns the corpus that all streams and the vocabulary are made of.

  Args:
    corpus: what makes it. In gin: `configured_corpus.corpus = @TextFileCorpus`.
  """
  return corpus()


def joined(parts: Sequence[Examples]) -> Examples:
  """Returns the examples of several, one after the other."""
  weights = None
  if any(part.weights is not None for part in parts):
    weights = np.concatenate([
        np.ones(len(part.labels), np.float32) if part.weights is None else part.weights
        for part in parts
    ])
  texts = tuple(text for part in parts for text in part.texts)
  return Examples(texts, np.concatenate([part.labels for part in parts]), weights)


@gin.configurable(module='trax_twitter_sentiment')
def number_of_classes() -> int:
  """Returns how many classes the configured corpus has.

  In gin: `TwitterClassifier.output_dim = @number_of_classes()`.
  """
  return len(configured_corpus().class_names)


def english_stop_words() -> frozenset[str]:
  """Returns NLTK's English stop words where they are at hand, else the sample's."""
  resource = nltk_data.PACKAGES['stopwords'][0]
  read = _read_sample if 'stopwords' in nltk_data.missing_packages() else nltk_data.read
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
  missing = nltk_data.missing_packages()
  problem = nltk_data.download(missing) if missing else ''
  if not nltk_data.missing_packages():
    return _read_corpus('nltk', nltk_data.read)
  if source == 'nltk':
    raise UserError(_not_found_message(missing, problem))
  _warn_of_sample(missing, problem)
  return _load('sample')


def _read_corpus(name: str, read: Callable[[str], tuple[str, bytes]]) -> Corpus:
  """Reads a corpus with a function from resource to file name and content."""
  train: list[tuple[str, int]] = []
  validation: list[tuple[str, int]] = []
  for resource, label in zip(
      nltk_data.PACKAGES['twitter_samples'], (1, 0), strict=True
  ):
    tweets = _parse_tweets(*read(resource))
    n_train = len(tweets) * 4 // 5
    train += [(text, label) for text in tweets[:n_train]]
    validation += [(text, label) for text in tweets[n_train:]]
  return Corpus(
      name=name,
      train=examples_of(train),
      validation=examples_of(validation),
      stop_words=_parse_stop_words(*read(nltk_data.PACKAGES['stopwords'][0])),
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


def _not_found_message(missing: list[str], problem: str) -> str:
  import nltk.data

  reason = ' '.join((problem or 'the download did not install it').split())
  return (
      f"TwitterCorpus.source='nltk', but NLTK's {' and '.join(missing)} could not "
      f'be found in {", ".join(nltk.data.path)} ({reason}). Fetch it with '
      f'`{nltk_data.FETCH_COMMAND}`, or set the environment variable NLTK_DATA to the '
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
      f'    {nltk_data.FETCH_COMMAND}\n\n'
      'or set NLTK_DATA to the folder that holds it. '
      "TwitterCorpus.source='nltk' makes\nits absence an error, 'sample' silences "
      f'this warning.\n{rule}\n',
      file=sys.stderr,
      flush=True,
  )
