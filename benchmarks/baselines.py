"""Simple classifiers of text, with the settings that cross-validation chooses from."""

import dataclasses
import functools
import io
import itertools
import os
import random
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import joblib
import numpy as np

# The label of each text.
Predict = Callable[[Sequence[str]], np.ndarray]
Settings = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Baseline:
  """A way to learn from labelled texts.

  Attributes:
    train: `train(texts, labels, seed, **settings)` returns what predicts, and its
      size on disk in bytes.
    grid: the settings to choose from; the first of equally good ones is taken.
    seeded: whether it learns something else with another seed.
    raw: whether it is given tweets as they are, and removes by itself what the
      texts of the others have lost.
  """

  train: Callable[..., tuple[Predict, int]]
  grid: tuple[Settings, ...] = ({},)
  seeded: bool = False
  raw: bool = False


def forget_texts() -> None:
  """Has what is trained next start from texts, not from what was made of them."""
  _vectorized.cache_clear()


def _grid(**choices: Sequence[Any]) -> tuple[Settings, ...]:
  return tuple(
      dict(zip(choices, values, strict=True))
      for values in itertools.product(*choices.values())
  )


@functools.lru_cache(maxsize=1)
def _vectorized(options: tuple, texts: tuple[str, ...]) -> tuple[Any, Any]:
  """Returns a fitted vectorizer and the texts' matrix; the last pair is remembered."""
  make, *arguments = options
  vectorizer = make(*arguments)
  return vectorizer, vectorizer.fit_transform(texts)


def _train_linear(
    options: tuple, classifier: Any, texts: Sequence[str], labels: np.ndarray
) -> tuple[Predict, int]:
  vectorizer, matrix = _vectorized(options, tuple(texts))
  classifier.fit(matrix, labels)
  file = io.BytesIO()
  joblib.dump((vectorizer, classifier), file)
  return (
      lambda texts: classifier.predict(vectorizer.transform(texts)),
      file.tell(),
  )


def _counts(tokens: str) -> Any:
  from sklearn.feature_extraction.text import CountVectorizer

  return CountVectorizer(token_pattern=_TOKENS[tokens])


def _tf_idf(tokens: str) -> Any:
  from sklearn.feature_extraction.text import TfidfVectorizer

  return TfidfVectorizer(
      token_pattern=_TOKENS[tokens], ngram_range=(1, 2), sublinear_tf=True
  )


def _tf_idf_characters(analyzer: str) -> Any:
  from sklearn.feature_extraction.text import TfidfVectorizer
  from sklearn.pipeline import make_union

  return make_union(
      TfidfVectorizer(
          token_pattern=_TOKENS['all'], ngram_range=(1, 3), sublinear_tf=True
      ),
      TfidfVectorizer(analyzer=analyzer, ngram_range=(2, 6), sublinear_tf=True),
  )


def _package_tokens(norm: str) -> Any:
  from sklearn.feature_extraction.text import TfidfVectorizer

  return TfidfVectorizer(analyzer=_tokenize_hard, norm=norm, use_idf=False)


def _tokenize_hard(text: str) -> list[str]:
  return _hard_tokenizer().tokenize(text)


@functools.cache
def _hard_tokenizer() -> Any:
  """Returns the tokenizer of `twitter_hard.gin`."""
  from trax_twitter_sentiment.text import extra_tokens
  from trax_twitter_sentiment.tokenizer import TweetTokenizer

  # Read here, since gin would have the settings count in all tokenizers made later.
  with open(os.path.join('gin_configs', 'twitter_hard.gin'), encoding='utf-8') as file:
    found = re.findall(r'^TweetTokenizer\.(\w+) = (\w+)$', file.read(), re.MULTILINE)
  settings = {name: value == 'True' for name, value in found}
  return TweetTokenizer(**settings, lexicon=extra_tokens.vader_lexicon())


def _logistic_regression(c: float) -> Any:
  from sklearn.linear_model import LogisticRegression

  return LogisticRegression(C=c, solver='liblinear')


def _naive_bayes(
    texts: Sequence[str], labels: np.ndarray, seed: int, alpha: float, tokens: str
) -> tuple[Predict, int]:
  from sklearn.naive_bayes import MultinomialNB

  del seed
  options = (_counts, tokens)
  return _train_linear(options, MultinomialNB(alpha=alpha), texts, labels)


def _linear(
    make: Callable[[str], Any],
    texts: Sequence[str],
    labels: np.ndarray,
    seed: int,
    c: float,
    **settings: str,
) -> tuple[Predict, int]:
  del seed
  options = (make, *settings.values())
  return _train_linear(options, _logistic_regression(c), texts, labels)


def _fasttext(
    texts: Sequence[str], labels: np.ndarray, seed: int, **settings: Any
) -> tuple[Predict, int]:
  import fasttext

  def line(text: str) -> str:
    return ' '.join(text.lower().split())

  lines = [
      f'__label__{label} {line(text)}\n'
      for text, label in zip(texts, labels, strict=True)
  ]
  random.Random(seed).shuffle(lines)  # It learns in the file's order.
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'tweets.txt')
    with open(path, 'w', encoding='utf-8') as file:
      file.writelines(lines)
    model = fasttext.train_supervised(
        path,
        dim=50,
        bucket=200_000,
        seed=seed,
        thread=_FASTTEXT_THREADS,
        verbose=0,
        **settings,
    )
    path = os.path.join(folder, 'model.bin')
    model.save_model(path)
    size = os.path.getsize(path)

  def predict(texts: Sequence[str]) -> np.ndarray:
    # One without any word gets no label.
    predicted, _ = model.predict([line(text) for text in texts])
    return np.array([tuple(labels) == ('__label__1',) for labels in predicted])

  return predict, size


def _vader(texts: Sequence[str], labels: np.ndarray, seed: int) -> tuple[Predict, int]:
  from vaderSentiment import vaderSentiment  # type: ignore[import-untyped]

  del texts, labels, seed
  analyzer = vaderSentiment.SentimentIntensityAnalyzer()
  folder = os.path.dirname(vaderSentiment.__file__)
  size = os.path.getsize(os.path.join(folder, 'vader_lexicon.txt'))

  def predict(texts: Sequence[str]) -> np.ndarray:
    return np.array([analyzer.polarity_scores(text)['compound'] > 0 for text in texts])

  return predict, size


# Of its vectors, fastText 0.9.2 gives a tenth their first values in each thread, and
# leaves the rest to what memory holds, NaN at times.
_FASTTEXT_THREADS = 11

# Which tokens of texts count, whose tokens have spaces between them.
_TOKENS = {'all': r'\S+', 'words': r'(?u)\b\w\w+\b'}

LINEAR_CHARACTERS = 'logistic regression, TF-IDF word 1-3, character 2-6'
# Settings of it for rawer texts, beside those that cross-validation chooses.
LESS_REGULAR = {'analyzer': 'char_wb', 'c': 10}

BASELINES = {
    'VADER, not trained': Baseline(_vader),
    'naive Bayes, words': Baseline(
        _naive_bayes, _grid(tokens=('all', 'words'), alpha=(0.5, 1, 2, 4))
    ),
    'logistic regression, words': Baseline(
        functools.partial(_linear, _counts),
        _grid(tokens=('all', 'words'), c=(0.1, 0.2, 0.5, 1)),
    ),
    'logistic regression, TF-IDF word 1-2': Baseline(
        functools.partial(_linear, _tf_idf),
        _grid(tokens=('all', 'words'), c=(1, 3, 10)),
    ),
    LINEAR_CHARACTERS: Baseline(
        functools.partial(_linear, _tf_idf_characters),
        _grid(analyzer=('char', 'char_wb'), c=(1, 3, 10)),
    ),
    'fastText': Baseline(
        _fasttext,
        tuple(
            {'wordNgrams': n_words, **characters, **steps}
            for n_words in (1, 2)
            for characters in ({'minn': 0, 'maxn': 0}, {'minn': 3, 'maxn': 6})
            for steps in (
                {'lr': 0.1, 'epoch': 10},
                {'lr': 0.3, 'epoch': 10},
                {'lr': 0.5, 'epoch': 5},
            )
        ),
        seeded=True,
    ),
    "logistic regression, twitter_hard.gin's tokens": Baseline(
        functools.partial(_linear, _package_tokens),
        (
            *_grid(norm=('l1',), c=(30, 100, 300)),
            *_grid(norm=('l2',), c=(1, 3, 10)),
        ),
        raw=True,
    ),
}
