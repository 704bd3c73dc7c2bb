"""What others reach on a run's texts: the largest class, and TF-IDF of words."""

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.prediction import scores

MAJORITY = 'the largest class'
TF_IDF = 'TF-IDF and logistic regression, by scikit-learn'

# So that the report of a large corpus doesn't take longer than its training.
MAX_TRAINING_TEXTS = 20_000

_LEAST_PROBABILITY = 1e-12


def evaluate(
    corpus: Corpus, training: list[str], validation: list[str]
) -> dict[str, scores.Evaluation]:
  """Returns the scores of baselines on the validation texts, by their names.

  Args:
    corpus: the labels.
    training: its training texts, as they are to be read.
    validation: its validation texts, too.
  """
  labels = corpus.validation.labels
  names = corpus.class_names
  shares = np.bincount(corpus.train.labels, minlength=len(names)) + 1.0
  always = np.tile(np.log(shares / shares.sum()), (len(labels), 1))
  return {
      MAJORITY: scores.evaluate(always, labels, names),
      TF_IDF: scores.evaluate(_tf_idf(corpus, training, validation), labels, names),
  }


def _tf_idf(corpus: Corpus, training: list[str], validation: list[str]) -> np.ndarray:
  """Returns <float64>[n_texts, n_classes] log-probabilities of the validation texts."""
  # Imported on use: only reports take them, and they take long.
  from sklearn.feature_extraction.text import TfidfVectorizer
  from sklearn.linear_model import LogisticRegression
  from sklearn.multiclass import OneVsRestClassifier

  chosen = np.arange(len(training))
  if len(chosen) > MAX_TRAINING_TEXTS:
    chosen = np.random.default_rng(0).choice(chosen, MAX_TRAINING_TEXTS, replace=False)
  labels = corpus.train.labels[chosen]
  # A word of one text tells of that text alone. The pattern takes emoticons, too.
  vectorizer = TfidfVectorizer(
      ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r'\S+'
  )
  found = np.zeros((len(validation), len(corpus.class_names)))
  classes = np.unique(labels)
  try:
    inputs = vectorizer.fit_transform([training[i] for i in chosen])
  except ValueError:  # No word is in two texts.
    classes = classes[:1]
  if len(classes) == 1:
    found[:, classes] = 1.0
  else:
    # Some five times as fast as all classes at once, and as good.
    regression = LogisticRegression(solver='liblinear')
    model = OneVsRestClassifier(regression).fit(inputs, labels)
    found[:, model.classes_] = model.predict_proba(vectorizer.transform(validation))
  return np.log(np.maximum(found, _LEAST_PROBABILITY))
