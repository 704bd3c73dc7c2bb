"""The baseline: the pipeline of the notebook in plain Python and Trax.

The baseline uses no code of the package, and no repair of Trax. Each batch is tokenized
when it is drawn, and padded to its longest tweet.
"""

import random
import re
import string
import sys
import traceback
from collections.abc import Iterator
from unittest import mock

import numpy as np
from nltk.corpus import stopwords, twitter_samples
from nltk.stem import PorterStemmer
from nltk.tokenize import TweetTokenizer

# The import of Trax is not measured, so this patch makes it fast. The repairs of the
# package are not imported, because they would speed up the baseline.
with mock.patch(
    'inspect.stack', lambda: list(traceback.walk_stack(sys._getframe(1)))
):
  from trax import layers as tl
  from trax import optimizers, shapes
  from trax.supervised import training

BATCH_SIZE = 16
STEPS = 100
STEPS_PER_EVALUATION = 10  # A checkpoint follows each evaluation.

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]

_N_TRAINING = 4000  # The number of training tweets of each class.
_SPECIAL_TOKENS = ('__PAD__', '__</e>__', '__UNK__')


def read_tweets() -> tuple[list[list[str]], list[list[str]]]:
  """Returns the training and validation split, each as positive and negative tweets."""
  files = 'positive_tweets.json', 'negative_tweets.json'
  tweets = [twitter_samples.strings(file) for file in files]
  return (
      [texts[:_N_TRAINING] for texts in tweets],
      [texts[_N_TRAINING:] for texts in tweets],
  )


class Converter:
  """A converter from tweets to token ids.

  Attributes:
    vocabulary: maps each token of the training tweets to its id.
  """

  def __init__(self, tweets: list[str]):
    self._split = TweetTokenizer(
        preserve_case=False, strip_handles=True, reduce_len=True
    ).tokenize
    self._stem = PorterStemmer().stem
    self._stop_words = set(stopwords.words('english'))
    self.vocabulary = {token: i for i, token in enumerate(_SPECIAL_TOKENS)}
    for tweet in tweets:
      for token in self.tokenize(tweet):
        self.vocabulary.setdefault(token, len(self.vocabulary))

  def tokenize(self, tweet: str) -> list[str]:
    tweet = re.sub(r'(^|\s): ([()])(?=\s|$)', r'\1:\2', tweet)
    tweet = re.sub(r'\$\w*', '', tweet)
    tweet = re.sub(r'^RT\s+', '', tweet)
    tweet = re.sub(r'https?://\S*[\r\n]*', '', tweet)
    tweet = re.sub(r'#', '', tweet)
    return [
        self._stem(word)
        for word in self._split(tweet)
        if word not in self._stop_words and word not in string.punctuation
    ]

  def to_tensor(self, tweet: str) -> list[int]:
    unknown = self.vocabulary['__UNK__']
    return [self.vocabulary.get(token, unknown) for token in self.tokenize(tweet)]


def batches(
    converter: Converter, positive: list[str], negative: list[str]
) -> Iterator[Batch]:
  """Yields endless batches; the first half of each is positive."""
  size = BATCH_SIZE // 2
  halves = _endless(positive), _endless(negative)
  while True:
    tensors = [converter.to_tensor(next(half)) for half in halves for _ in range(size)]
    longest = max(map(len, tensors))
    inputs = [ids + [0] * (longest - len(ids)) for ids in tensors]
    yield np.array(inputs), np.array([1] * size + [0] * size), np.ones(BATCH_SIZE)


def classifier(vocabulary_size: int) -> tl.Serial:
  """Returns the model of the notebook."""
  return tl.Serial(
      tl.Embedding(vocabulary_size, 256), tl.Mean(axis=1), tl.Dense(2), tl.LogSoftmax()
  )


def untrained_classifier(vocabulary_size: int) -> tl.Serial:
  """Returns a classifier with random weights."""
  model = classifier(vocabulary_size)
  model.init(shapes.ShapeDtype((1, 1), np.int32))
  return model


def predict(model: tl.Serial, converter: Converter, tweet: str) -> int:
  """Returns 1 if a tweet is positive and 0 if it is negative."""
  inputs = np.array(converter.to_tensor(tweet))[None, :]
  scores = model(inputs)
  return int(scores[0, 1] > scores[0, 0])


def train(output_dir: str) -> training.Loop:
  """Reads the corpus, makes the vocabulary and trains like the notebook."""
  train_tweets, validation_tweets = read_tweets()
  converter = Converter([tweet for tweets in train_tweets for tweet in tweets])
  train_task = training.TrainTask(
      labeled_data=batches(converter, *train_tweets),
      loss_layer=tl.WeightedCategoryCrossEntropy(),
      optimizer=optimizers.Adam(0.01),
      n_steps_per_checkpoint=STEPS_PER_EVALUATION,
  )
  eval_task = training.EvalTask(
      labeled_data=batches(converter, *validation_tweets),
      metrics=[tl.WeightedCategoryCrossEntropy(), tl.WeightedCategoryAccuracy()],
  )
  loop = training.Loop(
      classifier(len(converter.vocabulary)),
      train_task,
      eval_tasks=eval_task,
      output_dir=output_dir,
  )
  loop.run(STEPS)
  return loop


def _endless(tweets: list[str]) -> Iterator[str]:
  rng = random.Random(0)
  order = list(range(len(tweets)))
  while True:
    rng.shuffle(order)
    for i in order:
      yield tweets[i]
