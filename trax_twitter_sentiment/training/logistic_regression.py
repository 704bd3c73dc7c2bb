"""A run that begins at the best weights there are for a bag of tokens."""

import functools
from collections.abc import Sequence
from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
import jax
import numpy as np
from scipy import sparse, special
from trax.supervised import callbacks, training

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.encoding.encoded_corpus import (
  EncodedCorpus,
  EncodedExamples,
  encoded_corpus,
)
from trax_twitter_sentiment.errors import UserError, check_positive_number
from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.text.lexicon import load_lexicon, side_features
from trax_twitter_sentiment.text.vocabulary import SPECIAL_TOKENS
from trax_twitter_sentiment.training.models import pooling_of

# Pooling -> the power of the number of tokens that it divides by, and by how much the
# result is scaled, so that one strength of L2 means about the same for both.
_POOLINGS = {'masked_mean': (1.0, 20.0), 'masked_sqrtn': (0.5, 1.4)}
_MAX_ITERATIONS = 300


@gin.configurable(module='trax_twitter_sentiment', denylist=['loop'])
class LogisticRegressionStart(callbacks.TrainingStepCallback):
  """Has a new run begin with the weights of a logistic regression.

  A `TwitterClassifier` is linear in how often a text has each token, so its best
  weights are the solution of a convex problem: multinomial logistic regression with L2,
  which scikit-learn solves by L-BFGS. What a lexicon says of tokens are four further
  numbers of a text, which have weights of their own; since they are sums over tokens,
  they become part of the tokens' weights, also of words that no training text has. So
  the model, its files and its explanations are the usual ones. What another run learned
  of tokens, of whatever classes, helps where texts are few, in the same way. In gin:

      encoded_corpus.lexicon = 'vader'
      LogisticRegressionStart.lexicon = 'vader'
      train.callbacks = [@SaveForPrediction, @LogisticRegressionStart]
      train.steps = 1
      lr_schedules.constant.value = 0.0  # To stay there; more would train on from it.

  Args:
    loop: the `trax.supervised.training.Loop` that makes the callback.
    inverse_l2: scikit-learn's `C`: the larger, the larger weights may be.
    balanced: whether classes count the same, however many texts they have.
    lexicon: `'vader'`, or a file of a word, a tab and a number a line; `None` for none.
    token_weights_from: the output directory of a run whose tokens' weights are such
      numbers, too; bind `encoded_corpus.further_tokens_from` to the same. `None` for
      none.
    calibrated: whether probabilities are made to mean what they say: by a temperature
      that is found on the validation texts, and becomes part of the weights.

  Raises:
    UserError: if the model is another, or an argument is not a legal value.
  """

  def __init__(
      self,
      loop: training.Loop,
      inverse_l2: float = 3.0,
      balanced: bool = True,
      lexicon: str | None = None,
      token_weights_from: str | None = None,
      calibrated: bool = True,
  ):
    super().__init__(loop)
    check_positive_number('LogisticRegressionStart.inverse_l2', inverse_l2)
    if gin.get_bindings('train').get('init_checkpoint'):
      raise UserError(
          'LogisticRegressionStart would take the place of train.init_checkpoint; bind '
          'train.callbacks=[@SaveForPrediction] to train on from a checkpoint.'
      )
    self._pooling = pooling_of(loop.model) or ''
    if self._pooling not in _POOLINGS:
      raise UserError(
          'LogisticRegressionStart takes a TwitterClassifier whose pooling is one of '
          f'{", ".join(map(repr, _POOLINGS))}.'
      )
    n_classes = len(configured_corpus().class_names)
    embedding = jax.tree_util.tree_leaves(loop.model.weights)[0]
    if embedding.shape[1] < n_classes:
      raise UserError(
          'LogisticRegressionStart takes TwitterClassifier.embedding_dim of '
          f'{n_classes} or more, the number of classes.'
      )
    self._inverse_l2 = inverse_l2
    self._balanced = balanced
    self._calibrated = calibrated
    self._lexicon = lexicon
    if lexicon is not None:
      load_lexicon('LogisticRegressionStart.lexicon', lexicon)
    self._other_run = None
    if token_weights_from is not None:
      self._other_run = _token_logits_of(token_weights_from)

  def call_at(self, step: int) -> bool:
    return step == 1

  def on_step_begin(self, step: int) -> None:
    corpus = encoded_corpus()
    vocabulary = corpus.vocabulary.tokens
    features = _lexicon_features(vocabulary, self._lexicon)
    if self._other_run is not None:
      features = np.hstack([features, _features_of_run(vocabulary, *self._other_run)])
    token_logits, bias = _solve(
        corpus,
        features,
        self._inverse_l2,
        self._balanced,
        self._calibrated,
        self._pooling,
    )
    self._loop.update_weights_and_state(
        weights=_with(self._loop.model.weights, token_logits, bias)
    )

  def on_step_end(self, step: int) -> None:
    pass


def _solve(
    corpus: EncodedCorpus,
    features: np.ndarray,
    inverse_l2: float,
    balanced: bool,
    calibrated: bool,
    pooling: str,
) -> tuple[np.ndarray, np.ndarray]:
  """Returns the tokens' logits, <float>[vocabulary_size, n_classes], and the bias.

  Args:
    corpus: to learn from.
    features: <float>[vocabulary_size, n_features], a token's side features.
    inverse_l2: of the regression.
    balanced: whether classes count the same.
    calibrated: whether to find a temperature.
    pooling: the classifier's.
  """
  # Imported on use: every run imports this module, and few fit a regression.
  from sklearn import linear_model

  n_tokens = len(features)
  labels = corpus.train.labels
  power, scale = _POOLINGS[pooling]
  scales = scale * _scales(corpus.train, n_tokens)
  pooled = functools.partial(_pooled, scales=scales, features=scale * features)
  inputs = pooled(corpus.train, power)
  model = linear_model.LogisticRegression(
      C=inverse_l2,
      class_weight='balanced' if balanced else None,
      max_iter=_MAX_ITERATIONS,
  ).fit(inputs, labels, sample_weight=corpus.train.weights)
  weights, bias = model.coef_.T, model.intercept_
  if weights.shape[1] == 1:  # Of positive alone.
    weights = np.hstack([-weights, weights]) / 2
    bias = np.concatenate([-bias, bias]) / 2
  token_logits = scales[:, None] * weights[:n_tokens]
  token_logits += scale * features @ weights[n_tokens:]
  if calibrated:
    logits = pooled(corpus.validation, power) @ weights + bias
    temperature = _temperature(logits, corpus.validation.labels)
    token_logits, bias = token_logits / temperature, bias / temperature
  return token_logits, bias


def _scales(examples: EncodedExamples, n_tokens: int) -> np.ndarray:
  """Returns <float>[n_tokens], what to multiply tokens by: 1 on the average.

  As L2 is the same for all weights, it holds back those of larger tokens less. These
  are the rarer ones, by the inverse document frequency, and those that some class has
  more often than the others, by the root of the log-count ratio.

  Sources: scikit-learn's `TfidfTransformer`; Wang and Manning, "Baselines and Bigrams:
  Simple, Good Sentiment and Topic Classification", 2012, whose scale is the ratio.
  """
  has_token = _counts(examples, n_tokens, 0).astype(bool)
  n_texts = np.asarray(has_token.sum(axis=0))[0]
  idf = 1 + np.log((1 + len(examples.lengths)) / (1 + n_texts))
  ratios = np.zeros(n_tokens)
  for label in np.unique(examples.labels):
    # One text more of each, so that no ratio is infinite.
    inside = 1 + np.asarray(has_token[examples.labels == label].sum(axis=0))[0]
    outside = 2 + n_texts - inside
    ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
    ratios = np.maximum(ratios, np.abs(ratio))
  scales = idf * np.sqrt(ratios)
  return scales / scales[n_texts > 0].mean()


def _pooled(
    examples: EncodedExamples, power: float, scales: np.ndarray, features: np.ndarray
) -> sparse.csr_matrix:
  """Returns <float>[n_texts, n_tokens + n_features]: scaled, and pooled over tokens."""
  counts = _counts(examples, len(scales), power)
  side = sparse.csr_matrix(counts @ features)
  return sparse.hstack([counts @ sparse.diags(scales), side], format='csr')


def _counts(
    examples: EncodedExamples, n_tokens: int, power: float
) -> sparse.csr_matrix:
  """Returns <float>[n_texts, n_tokens], over a power of a text's number of tokens."""
  starts = np.concatenate([[0], np.cumsum(examples.lengths)])
  each = np.repeat(np.maximum(examples.lengths, 1.0) ** -power, examples.lengths)
  shape = (len(examples.lengths), n_tokens)
  # A copy, since what is summed up is so in place.
  counts = sparse.csr_matrix((each, examples.ids.copy(), starts), shape)
  counts.sum_duplicates()
  return counts


def _temperature(logits: np.ndarray, labels: np.ndarray) -> float:
  """Returns what to divide logits by, for the lowest log-loss.

  So that texts that are all called rightly don't make it certain, each label counts as
  if one more text of two were wrong, as in Platt's scaling.

  Sources: Guo and others, "On Calibration of Modern Neural Networks", 2017; Platt,
  "Probabilistic Outputs for Support Vector Machines", 1999.
  """
  from scipy import optimize  # Imported on use, as scikit-learn is.

  n_texts, n_classes = logits.shape
  doubt = 1 / (n_texts + 2)
  targets = np.full(logits.shape, doubt / (n_classes - 1))
  targets[np.arange(n_texts), labels] = 1 - doubt

  def log_loss(log_temperature: float) -> float:
    scaled = special.log_softmax(logits / np.exp(log_temperature), axis=1)
    return -float((targets * scaled).sum() / n_texts)

  return float(np.exp(optimize.minimize_scalar(log_loss, bounds=(-4, 4)).x))


def _lexicon_features(vocabulary: Sequence[str], lexicon: str | None) -> np.ndarray:
  """Returns <float>[vocabulary_size, 4], or no column without a lexicon."""
  if lexicon is None:
    return np.zeros((len(vocabulary), 0))
  words = load_lexicon('LogisticRegressionStart.lexicon', lexicon)
  return np.array([side_features(token, words) for token in vocabulary])


def _token_logits_of(folder: str) -> tuple[Sequence[str], np.ndarray]:
  """Returns a run's vocabulary, and <float>[vocabulary_size, n_classes]."""
  predictor = SentimentPredictor.load(folder)
  if not isinstance(predictor.model, BagOfTokens):
    raise UserError(
        f'LogisticRegressionStart.token_weights_from={folder!r} takes the run of a '
        'TwitterClassifier.'
    )
  logits = predictor.model.token_logits
  tokens = predictor.encoder.vocabulary.tokens
  return tokens, logits - logits.mean(axis=1, keepdims=True)


def _features_of_run(
    vocabulary: Sequence[str], their_vocabulary: Sequence[str], logits: np.ndarray
) -> np.ndarray:
  """Returns <float>[vocabulary_size, n_classes of the run], 0 for other tokens."""
  id_of = {token: i for i, token in enumerate(vocabulary)}
  known = [i for i, token in enumerate(their_vocabulary) if token in id_of]
  features = np.zeros((len(vocabulary), logits.shape[1]))
  features[[id_of[their_vocabulary[i]] for i in known]] = logits[known]
  features[: len(SPECIAL_TOKENS)] = 0
  return features


def _with(weights: Any, token_logits: np.ndarray, bias: np.ndarray) -> Any:
  """Returns a classifier's weights whose product gives each token its logits."""
  leaves, tree = jax.tree_util.tree_flatten(weights)
  embedding, kernel, _ = (np.zeros_like(leaf) for leaf in leaves)
  n_classes = token_logits.shape[1]
  embedding[:, :n_classes] = token_logits
  kernel[:n_classes] = np.eye(n_classes)
  return jax.tree_util.tree_unflatten(
      tree, [embedding, kernel, bias.astype(embedding.dtype)]
  )
