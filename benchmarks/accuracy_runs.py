"""Models trained on a task, tested on a split, two at a time.

A *task* is what of the tweets models are given:

- `hard`: words alone, without emoticons, links, handles and hash signs.
- `usual`: the same with emoticons.
- `with links, handles` and so on: `hard` with these left in, as tweets have them.

A *split* is `validation`, the corpus's own; `grouped`, `GroupedCorpus`'s; or one of
those of the 8,000 training tweets: `block 0` to `block 4` tests on a fifth of each
class, as they stand in the corpus, `group 0` to `group 4` has near-duplicates on one
side, and `topic 0` to `topic 4` tweets of about the same words.
"""

import contextlib
import dataclasses
import functools
import io
import os
import re
import tempfile
import time
from collections.abc import Sequence

import joblib
import numpy as np
import tqdm

from benchmarks.baselines import BASELINES, Settings, forget_texts

N_FOLDS = 5
FOLDINGS = ('block', 'group', 'topic')

# The package's models: gin file and further bindings.
HARD, USUAL = 'twitter_hard.gin', 'twitter.gin'
PACKAGE_MODELS: dict[str, tuple[str, tuple[str, ...]]] = {
    HARD: (HARD, ()),
    f'{HARD}, emoticons kept': (HARD, ('TweetTokenizer.keep_emoticons=True',)),
    USUAL: (USUAL, ()),
    f'{USUAL}, emoticons removed': (USUAL, ('TweetTokenizer.keep_emoticons=False',)),
    'twitter_notebook.gin': ('twitter_notebook.gin', ()),
    **{
        f'{HARD}, {feature}=False': (HARD, (f'TweetTokenizer.{feature}=False',))
        for feature in ('add_pairs', 'add_negated', 'add_lexicon')
    },
}

_N_PROCESSES = 2
_N_TOPICS = 40
_FILES = ('tokenizer.json', 'model.json', 'model.weights.npy.gz')


@dataclasses.dataclass(frozen=True)
class Job:
  """A model to train and test: with several settings, on one split."""

  model: str
  task: str
  split: str
  seed: int = 0
  settings: tuple[Settings, ...] = ({},)


@dataclasses.dataclass(frozen=True)
class Run:
  """What came of one of them.

  Attributes:
    accuracy: on the test tweets.
    n_tests: how many of them there are.
    seconds: of training, from texts to a model; imports aside.
    n_bytes: what prediction needs, on disk.
    right: which of them it reads rightly, as bits in hexadecimal; only of splits that
      test on validation tweets.
  """

  model: str
  task: str
  split: str
  seed: int
  settings: Settings
  accuracy: float
  n_tests: int
  seconds: float
  n_bytes: int
  right: str = ''

  @property
  def bits(self) -> np.ndarray:
    """`right` as <bool>[n_tests]."""
    return unpack(self.right, self.n_tests)


def pack(bits: np.ndarray) -> str:
  """Returns <bool>[n] in hexadecimal."""
  return np.packbits(bits).tobytes().hex()


def unpack(packed: str, n: int) -> np.ndarray:
  """Returns what was packed: <bool>[n]."""
  numbers = np.frombuffer(bytes.fromhex(packed), np.uint8)
  return np.unpackbits(numbers, count=n).astype(bool)


def alone_right(ours: np.ndarray, theirs: np.ndarray) -> tuple[int, int]:
  """Returns how many either alone has right, of <bool>[n] each."""
  return int((ours & ~theirs).sum()), int((theirs & ~ours).sum())


# Tweets and splits.


@functools.cache
def tweets() -> tuple[tuple[str, ...], np.ndarray]:
  """Returns all 10,000 tweets, those to train on first, and their labels."""
  from trax_twitter_sentiment.corpus import TwitterCorpus

  corpus = TwitterCorpus('nltk')
  labels = np.concatenate([corpus.train.labels, corpus.validation.labels])
  return corpus.train.texts + corpus.validation.texts, labels


@functools.cache
def n_train() -> int:
  from trax_twitter_sentiment.corpus import TwitterCorpus

  return len(TwitterCorpus('nltk').train.texts)


@functools.cache
def first_near_duplicates() -> np.ndarray:
  from trax_twitter_sentiment.near_duplicates import near_duplicates

  return np.array(near_duplicates(tweets()[0]))


@functools.cache
def texts_of(task: str) -> tuple[str, ...]:
  """Returns the tweets as a task has them."""
  from trax_twitter_sentiment.text.emoticons import remove_emoticons
  from trax_twitter_sentiment.tokenizer import TweetTokenizer

  # Words as NLTK finds them, with spaces between them and otherwise unchanged.
  tokenizer = TweetTokenizer(
      keep_emoticons=task == 'usual',
      shorten_elongations=False,
      lowercase=False,
      remove_stop_words=False,
      remove_punctuation=False,
      stem=False,
  )
  if task in ('hard', 'usual'):
    return tuple(' '.join(tokenizer.tokenize(text)) for text in tweets()[0])
  texts = [' '.join(remove_emoticons(text).split()) for text in tweets()[0]]
  if 'links' not in task:
    texts = [re.sub(r'https?://\S*', '', text) for text in texts]
  if 'handles' not in task:
    texts = [re.sub(r'[@＠]\w+', '', text) for text in texts]
  return tuple(texts)


def places(split: str) -> tuple[np.ndarray, np.ndarray]:
  """Returns the places of the tweets to train and to test on, positives first."""
  _, labels = tweets()
  everything = np.arange(len(labels))
  if split == 'validation':
    trains, tests = everything < n_train(), everything >= n_train()
  elif split == 'grouped':
    trains = first_near_duplicates() < n_train()
    tests = ~trains
  else:
    folding, fold = split.split()
    folds = _folds(folding)
    trains, tests = (folds >= 0) & (folds != int(fold)), folds == int(fold)
  by_label = np.argsort(-labels, kind='stable')
  return by_label[trains[by_label]], by_label[tests[by_label]]


@functools.cache
def _folds(folding: str) -> np.ndarray:
  """Returns the fold of each tweet, -1 for those of validation."""
  from sklearn.model_selection import StratifiedGroupKFold

  from trax_twitter_sentiment.near_duplicates import near_duplicates

  texts, labels = tweets()
  labels = labels[: n_train()]
  folds = np.full(len(texts), -1)
  if folding == 'block':
    for label in (0, 1):
      of_label = np.flatnonzero(labels == label)
      folds[of_label] = np.arange(len(of_label)) * N_FOLDS // len(of_label)
    return folds
  # Only what training tweets alone tell.
  if folding == 'group':
    groups = np.array(near_duplicates(texts[: n_train()]))
  else:
    groups = _topics(texts_of('hard')[: n_train()])
  splitter = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=0)
  for fold, (_, tests) in enumerate(splitter.split(labels, labels, groups)):
    folds[tests] = fold
  return folds


def _topics(texts: Sequence[str]) -> np.ndarray:
  """Returns a number for each text, the same for those that share content words."""
  from sklearn.cluster import KMeans
  from sklearn.decomposition import TruncatedSVD
  from sklearn.feature_extraction.text import TfidfVectorizer
  from sklearn.pipeline import make_pipeline
  from sklearn.preprocessing import Normalizer

  return make_pipeline(
      TfidfVectorizer(stop_words='english', min_df=3, sublinear_tf=True),
      TruncatedSVD(100, random_state=0),
      Normalizer(),
      KMeans(_N_TOPICS, n_init=3, random_state=0),
  ).fit_predict(texts)


# Runs.


def run_job(job: Job) -> list[Run]:
  """Returns a run for each of the settings."""
  os.environ['TRAX_TWITTER_SENTIMENT_CACHE'] = 'off'
  forget_texts()
  runs = []
  for settings in job.settings:
    predicted, seconds, n_bytes = predictions(job, settings)
    right = predicted == tweets()[1][places(job.split)[1]]
    run = Run(
        job.model,
        job.task,
        job.split,
        job.seed,
        settings,
        accuracy=round(float(right.mean()), 6),
        n_tests=len(right),
        seconds=round(seconds, 2),
        n_bytes=n_bytes,
        right='' if job.split.split()[0] in FOLDINGS else pack(right),
    )
    runs.append(run)
  return runs


def predictions(job: Job, settings: Settings) -> tuple[np.ndarray, float, int]:
  """Returns whether each test tweet is called positive, seconds, and bytes on disk."""
  if job.model in PACKAGE_MODELS:
    # Its tokenizer is given tweets as they are.
    log_odds, seconds, n_bytes = package_log_odds(job.model, job.split, job.seed)
    return log_odds > 0, seconds, n_bytes
  baseline = BASELINES[job.model]
  texts, labels = tweets()[0] if baseline.raw else texts_of(job.task), tweets()[1]
  trains, tests = places(job.split)
  train_texts = [texts[i] for i in trains]
  start = time.perf_counter()
  predict, n_bytes = baseline.train(
      train_texts, labels[trains], job.seed, **settings
  )
  seconds = time.perf_counter() - start
  return predict([texts[i] for i in tests]), seconds, n_bytes


def package_log_odds(
    model: str, split: str, seed: int
) -> tuple[np.ndarray, float, int]:
  """Trains a model of the package through the stock trainer's `train`.

  Returns:
    The log-odds of the test tweets, the seconds that training took, and the bytes
    that prediction needs on disk.
  """
  from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

  # isort: split
  import gin
  import trax.models
  import trax.optimizers  # noqa: F401  (as the trainer does)
  from absl import logging
  from trax.supervised import trainer_lib

  from trax_twitter_sentiment.corpus import Corpus, TwitterCorpus, examples_of
  from trax_twitter_sentiment.predictor import SentimentPredictor

  texts, labels = tweets()
  train, test = (
      examples_of((texts[i], int(labels[i])) for i in part) for part in places(split)
  )
  # A new one each time, so that nothing is encoded already.
  corpus = Corpus('tweets', train, test, TwitterCorpus('nltk').stop_words)
  config, bindings = PACKAGE_MODELS[model]
  gin.clear_config()
  logging.set_verbosity(logging.ERROR)
  gin.parse_config_files_and_bindings(
      [os.path.join('gin_configs', config)],
      [f'train.random_seed={seed}', f'TwitterBatches.seed={seed}', *bindings],
      finalize_config=False,
  )
  gin.bind_parameter('configured_corpus.corpus', lambda: corpus)
  with (
      tempfile.TemporaryDirectory() as folder,
      contextlib.redirect_stdout(io.StringIO()),
  ):
    start = time.perf_counter()
    trainer_lib.train(output_dir=folder)
    seconds = time.perf_counter() - start
    n_bytes = sum(os.path.getsize(os.path.join(folder, name)) for name in _FILES)
    predictions = SentimentPredictor.load(folder).predict(test.texts)
  # Its bindings would get into the tokenizers made next.
  gin.clear_config()
  return np.array([p.log_odds for p in predictions]), seconds, n_bytes


def run_jobs(jobs: Sequence[Job], description: str) -> list[Run]:
  """Returns the runs of all jobs, in the jobs' order."""
  parallel = joblib.Parallel(_N_PROCESSES, return_as='generator')
  found = parallel(joblib.delayed(run_job)(job) for job in jobs)
  progress = tqdm.tqdm(found, description, len(jobs))
  return [run for runs in progress for run in runs]
