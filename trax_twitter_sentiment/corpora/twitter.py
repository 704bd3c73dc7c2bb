"""NLTK's labelled tweets, and the made-up tweets that replace them."""

import functools
import importlib.resources
import json
import sys
from collections.abc import Callable

import gin

from trax_twitter_sentiment.corpora import nltk_data
from trax_twitter_sentiment.corpora.corpus import Corpus, examples_of
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.errors import UserError, check_choice

SOURCES = ('auto', 'nltk', 'sample')


@gin.configurable(module='trax_twitter_sentiment')
def TwitterCorpus(source: str = 'auto') -> Corpus:
  """Returns labelled tweets. A process reads each source once.

  The first four fifths of each class are the training split, the last fifth is the
  validation split, as in the notebook.

  Args:
    source: `'nltk'` for NLTK's `twitter_samples`, 5,000 positive and 5,000 negative
      tweets, which are downloaded if NLTK's data path lacks them; `'sample'` for the
      1,000 made-up tweets of this package; `'auto'` for NLTK's tweets, or for the
      made-up tweets with a warning if NLTK's tweets are not available.

  Raises:
    UserError: if `source` is another value, if `'nltk'` is not available, or if a
      file of the corpus is empty or damaged.
  """
  check_choice('TwitterCorpus.source', source, SOURCES)
  return _load(source)


def english_stop_words() -> frozenset[str]:
  """Returns NLTK's English stop words, or this package's copy if NLTK's are missing."""
  resource = nltk_data.PACKAGES['stopwords'][0]
  read = _read_sample if 'stopwords' in nltk_data.missing_packages() else nltk_data.read
  return _parse_stop_words(*read(resource))


@functools.cache
def _load(source: str) -> Corpus:
  if source == 'sample':
    return _read_corpus('sample', _read_sample)
  missing = nltk_data.missing_packages()
  problem = nltk_data.download(missing) if missing else ''
  if not nltk_data.missing_packages():
    return _read_corpus('nltk', nltk_data.read)
  names = ' and '.join(missing)
  reason = ' '.join((problem or 'the download did not install it').split())
  if source == 'nltk':
    import nltk.data

    raise UserError(
        f"TwitterCorpus.source='nltk', but NLTK's {names} could not be found in "
        f'{", ".join(nltk.data.path)} ({reason}). Fetch it with '
        f'`{nltk_data.FETCH_COMMAND}`, or set the environment variable NLTK_DATA to '
        'the folder that contains it.'
    )
  rule = '!' * 79
  print(
      f"""
{rule}
WARNING: NOT THE REAL TWEETS. NLTK's {names} are missing
({reason}).
The run uses the 1,000 made-up tweets of this package instead. Its scores say
nothing about real tweets. To get the real tweets:

    {nltk_data.FETCH_COMMAND}

or set NLTK_DATA to the folder that contains them. TwitterCorpus.source='nltk'
makes missing tweets an error, 'sample' silences this warning.
{rule}
""",
      file=sys.stderr,
      flush=True,
  )
  return _load('sample')


def _read_corpus(name: str, read: Callable[[str], tuple[str, bytes]]) -> Corpus:
  """Returns a source's corpus; `read` returns the path and content of a resource."""
  train: list[tuple[str, int]] = []
  validation: list[tuple[str, int]] = []
  for resource, label in zip(nltk_data.PACKAGES['twitter_samples'], (1, 0)):
    tweets = _parse_tweets(*read(resource))
    n_train = len(tweets) * 4 // 5
    train += [(text, label) for text in tweets[:n_train]]
    validation += [(text, label) for text in tweets[n_train:]]
  return Corpus(
      name=name,
      recipe=Recipe.of('TwitterCorpus', source=name),
      labels_from_emoticons=True,
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
