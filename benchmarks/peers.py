"""Other libraries on the same tweets, each as its own documentation would have it.

All but the package see a tweet as words and runs of signs, so that none of them loses
the emoticons, which Keras and scikit-learn do by default.
"""

import dataclasses
import functools
import importlib.util
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
import tqdm

from benchmarks import measure

Predict = Callable[[Sequence[str]], Sequence[int]]

_ROUNDS = 3

_TOKEN = re.compile(r'\w+|[^\w\s]+')


@dataclasses.dataclass(frozen=True)
class Peer:
  """A library that learns to tell positive tweets from negative ones.

  Attributes:
    module: what can be imported if it is installed.
    training_imports: what a process imports to train, as a statement.
    prediction_imports: what a process imports to predict.
    train: trains on texts and their labels.
  """

  module: str
  training_imports: str
  prediction_imports: str
  train: Callable[[Sequence[str], Sequence[int]], Predict]


@dataclasses.dataclass(frozen=True)
class Measured:
  """What was measured of a library, as medians."""

  train_seconds: float
  predictions_per_second: float
  accuracy: float
  accuracy_removed: float
  accuracy_trained_removed: float
  train_import_seconds: float
  predict_import_seconds: float


def measure_peers() -> dict[str, Measured | None]:
  """Measures all libraries in turn; `None` stands for one that is not installed."""
  measured: dict[str, list[dict[str, float]]] = {}
  for name, peer in PEERS.items():
    if importlib.util.find_spec(peer.module):
      measured[name] = []
      _measure_once(name)  # Compiles Python files.
  with tqdm.tqdm(total=_ROUNDS * len(measured), desc='peers') as progress:
    for _ in range(_ROUNDS):
      for name, values in measured.items():
        values.append(_measure_once(name))
        progress.update()
  return {name: _medians(measured.get(name, [])) for name in PEERS}


def measure_in_process(name: str) -> dict[str, float]:
  """Returns what is measured of a library but for its imports."""
  from trax_twitter_sentiment.corpus import TwitterCorpus
  from trax_twitter_sentiment.text.emoticons import remove_emoticons

  corpus = TwitterCorpus('nltk')
  texts, validation_texts = corpus.train.texts, corpus.validation.texts
  removed, validation_removed = (
      [remove_emoticons(text) for text in part] for part in (texts, validation_texts)
  )
  labels = corpus.train.labels.tolist()
  peer = PEERS[name]
  exec(peer.training_imports, {})  # Not a part of training.
  start = time.perf_counter()
  predict = peer.train(texts, labels)
  seconds = time.perf_counter() - start
  predict(texts[:16])
  all_texts = [*texts, *validation_texts]
  rate = measure.rate(lambda: predict(all_texts), len(all_texts))

  def accuracy(predict: Predict, texts: Sequence[str]) -> float:
    return float((np.asarray(predict(texts)) == corpus.validation.labels).mean())

  predict_trained_removed = peer.train(removed, labels)
  return {
      'train_seconds': seconds,
      'predictions_per_second': rate,
      'accuracy': accuracy(predict, validation_texts),
      'accuracy_removed': accuracy(predict, validation_removed),
      'accuracy_trained_removed': accuracy(predict_trained_removed, validation_removed),
  }


def _measure_once(name: str) -> dict[str, float]:
  peer = PEERS[name]
  # The package's training tokenizes the texts each time, as the others' does.
  environment = {'TRAX_TWITTER_SENTIMENT_CACHE': 'off'}
  return {
      **measure.run_task('peer', name, environment=environment),
      'train_import_seconds': measure.run('-c', peer.training_imports).seconds,
      'predict_import_seconds': measure.run('-c', peer.prediction_imports).seconds,
  }


def _medians(measured: Sequence[dict[str, float]]) -> Measured | None:
  if not measured:
    return None
  return Measured(**{
      key: measure.median([values[key] for values in measured]) for key in measured[0]
  })


def _train_package(texts: Sequence[str], labels: Sequence[int]) -> Predict:
  """`twitter.gin`, its encoding included, without evaluations."""
  from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

  # isort: split
  import gin
  import trax.models
  import trax.optimizers  # noqa: F401  (as the trainer does)
  from trax.supervised import trainer_lib

  from trax_twitter_sentiment.corpus import Corpus, english_stop_words, examples_of
  from trax_twitter_sentiment.predictor import SentimentPredictor

  examples = examples_of(zip(texts, labels, strict=True))
  corpus = Corpus('tweets', examples, examples, english_stop_words())
  gin.clear_config()
  gin.bind_parameter('configured_corpus.corpus', lambda: corpus)
  gin.parse_config_files_and_bindings(
      ['gin_configs/twitter.gin'], ['train.eval_frequency=1_000_000']
  )
  with tempfile.TemporaryDirectory() as folder:
    trainer_lib.train(output_dir=folder)
    predictor = SentimentPredictor.load(folder)
  return lambda texts: [p.label for p in predictor.predict(texts)]


def _train_scikit_learn(
    texts: Sequence[str], labels: Sequence[int], package_tokens: bool = False
) -> Predict:
  from sklearn.feature_extraction.text import CountVectorizer
  from sklearn.linear_model import LogisticRegression
  from sklearn.pipeline import make_pipeline

  from trax_twitter_sentiment import tokenize_tweet

  options = (
      {'analyzer': tokenize_tweet}
      if package_tokens
      else {'token_pattern': _TOKEN.pattern}
  )
  vectorizer = CountVectorizer(**options)
  pipeline = make_pipeline(vectorizer, LogisticRegression(max_iter=1000))
  return pipeline.fit(texts, labels).predict


def _train_fasttext(texts: Sequence[str], labels: Sequence[int]) -> Predict:
  import fasttext

  def one_line(text: str) -> str:
    return ' '.join(_TOKEN.findall(text.lower()))

  lines = [
      f'__label__{label} {one_line(text)}\n'
      for text, label in zip(texts, labels, strict=True)
  ]
  random.Random(0).shuffle(lines)  # It learns in the file's order.
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'tweets.txt')
    with open(path, 'w', encoding='utf-8') as file:
      file.writelines(lines)
    model = fasttext.train_supervised(
        path, lr=0.5, epoch=10, thread=measure.N_CORES, verbose=0
    )

  def predict(texts: Sequence[str]) -> list[int]:
    predicted, _ = model.predict([one_line(text) for text in texts])
    return [int(labels[0].removeprefix('__label__')) for labels in predicted]

  return predict


def _train_keras(texts: Sequence[str], labels: Sequence[int]) -> Predict:
  """The package's sizes: 256 numbers a token, batches of 128, Adam."""
  import keras
  import tensorflow as tf

  keras.utils.set_random_seed(0)

  def standardize(texts):
    signs = r'([^\pL\pN_\s]+)'
    return tf.strings.regex_replace(tf.strings.lower(texts), signs, r' \1 ')

  vectorize = keras.layers.TextVectorization(
      standardize=standardize, split='whitespace', output_sequence_length=51
  )
  vectorize.adapt(tf.constant(texts))
  model = keras.Sequential([
      keras.layers.Input((1,), dtype='string'),
      vectorize,
      keras.layers.Embedding(vectorize.vocabulary_size(), 256, mask_zero=True),
      keras.layers.GlobalAveragePooling1D(),
      keras.layers.Dense(2, activation='softmax'),
  ])
  model.compile(keras.optimizers.Adam(0.01), 'sparse_categorical_crossentropy')
  model.fit(
      tf.constant(texts)[:, None], np.array(labels), batch_size=128, epochs=2, verbose=0
  )

  def predict(texts: Sequence[str]) -> list[int]:
    scores = model.predict(tf.constant(texts)[:, None], batch_size=128, verbose=0)
    return scores.argmax(axis=1).tolist()

  return predict


_SCIKIT_LEARN = 'import sklearn.feature_extraction.text, sklearn.linear_model'
_KERAS = 'import keras, tensorflow'

PEERS = {
    'this package': Peer(
        'trax_twitter_sentiment',
        'from trax_twitter_sentiment.trax_support import repairs',
        'import trax_twitter_sentiment.predictor, nltk.stem, nltk.tokenize.casual',
        _train_package,
    ),
    'scikit-learn': Peer('sklearn', _SCIKIT_LEARN, _SCIKIT_LEARN, _train_scikit_learn),
    "scikit-learn, the package's tokens": Peer(
        'sklearn',
        _SCIKIT_LEARN,
        _SCIKIT_LEARN,
        functools.partial(_train_scikit_learn, package_tokens=True),
    ),
    'fastText': Peer(
        'fasttext', 'import fasttext', 'import fasttext', _train_fasttext
    ),
    'Keras': Peer('keras', _KERAS, _KERAS, _train_keras),
}
