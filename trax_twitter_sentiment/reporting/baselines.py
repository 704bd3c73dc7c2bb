"""Baselines: simple models on the texts of a run."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

MOST_FREQUENT = 'always the most frequent class'

# The regression fits each class against the others: 500 classes take a minute.
_MAX_REGRESSION_CLASSES = 50

# The inverse strength of L2, without and with character n-grams: the best of a few on
# tweets. More features require a stronger L2.
_C = {False: 5.0, True: 2.0}
_MIN_PROBABILITY = 1e-12

# A word, or a run of punctuation such as an emoticon.
_WORD = r'\w+|[^\w\s]+'

# A function from texts to <float64>[n_texts, n_classes] log-probabilities.
Classifier = Callable[[Sequence[str]], np.ndarray]


def most_frequent_class(labels: np.ndarray, n_classes: int) -> Classifier:
  """Returns a classifier that gives every text the class shares of `labels`."""
  shares = np.bincount(labels, minlength=n_classes) + 1.0
  return lambda texts: np.tile(np.log(shares / shares.sum()), (len(texts), 1))


def learner_name(n_classes: int) -> str:
  """Returns the name of the model that `tf_idf` fits."""
  many = n_classes > _MAX_REGRESSION_CLASSES
  return 'naive Bayes' if many else 'logistic regression'


def tf_idf(
    texts: Sequence[str], labels: np.ndarray, n_classes: int, characters: bool = False
) -> Classifier:
  """Fits scikit-learn's `learner_name` on TF-IDF of words and word pairs.

  Args:
    texts: the training texts.
    labels: <int>[n_texts], their classes.
    n_classes: the number of classes.
    characters: whether n-grams of 2 to 6 characters are features, too, which takes
      longer.
  """
  # Lazy imports: only reports and benchmarks fit baselines.
  from sklearn.linear_model import LogisticRegression
  from sklearn.multiclass import OneVsRestClassifier
  from sklearn.naive_bayes import ComplementNB

  vectorizer = _vectorizer(characters)
  try:
    inputs = vectorizer.fit_transform(texts)
  except ValueError:  # No word appears in two texts.
    return most_frequent_class(labels, n_classes)
  if len(np.unique(labels)) == 1:
    return most_frequent_class(labels, n_classes)
  if n_classes > _MAX_REGRESSION_CLASSES:
    model = ComplementNB()
  else:
    # The dual is ten times as fast as the primal, with the same accuracy.
    regression = LogisticRegression(
        solver='liblinear', dual=True, tol=0.01, C=_C[characters], random_state=0
    )
    model = OneVsRestClassifier(regression)
  model.fit(inputs, labels)

  def predict(texts: Sequence[str]) -> np.ndarray:
    probabilities = np.zeros((len(texts), n_classes))
    probabilities[:, model.classes_] = model.predict_proba(vectorizer.transform(texts))
    return np.log(np.maximum(probabilities, _MIN_PROBABILITY))

  return predict


def _vectorizer(characters: bool) -> Any:
  from sklearn.feature_extraction.text import TfidfVectorizer
  from sklearn.pipeline import make_union

  # A word of a single text says nothing about other texts.
  words = TfidfVectorizer(
      ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=_WORD
  )
  if not characters:
    return words
  return make_union(
      words, TfidfVectorizer(analyzer='char_wb', ngram_range=(2, 6), min_df=2)
  )
