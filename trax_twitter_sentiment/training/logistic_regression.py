"""Initial weights of a `TwitterClassifier` by logistic regression."""

import functools
from collections.abc import Sequence

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)
from trax_twitter_sentiment.trax_support.lazy_weights import initializer

import gin
import numpy as np
from scipy import sparse

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.encoding.encoded_corpus import EncodedCorpus, encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_bool, check_positive_number
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.text.lexicon import load_lexicon, side_features
from trax_twitter_sentiment.text.vocabulary import SPECIAL_TOKENS
from trax_twitter_sentiment.training import solver
from trax_twitter_sentiment.training.callbacks import steps_of_run
from trax_twitter_sentiment.training.models import Initializer

_DIMENSIONS = ['vocab_size', 'embedding_dim', 'output_dim', 'pooling']


@gin.configurable(module='trax_twitter_sentiment', denylist=_DIMENSIONS)
def LogisticRegression(
    vocab_size: int,
    embedding_dim: int,
    output_dim: int,
    pooling: str,
    inverse_l2: float = solver.INVERSE_L2,
    balanced: bool = True,
    calibrated: bool = True,
) -> tuple[Initializer, Initializer, Initializer]:
  """Returns initializers that fit a classifier to the training texts.

  A `TwitterClassifier` is linear in how often a text has each token. Its best weights
  are therefore the solution of a convex problem, multinomial logistic regression with
  L2, which L-BFGS solves. No training step can improve them, so a run consists of the
  fit, one evaluation and one checkpoint. In gin:

      TwitterClassifier.initializer = @LogisticRegression
      train.steps = 0

  If `encoded_corpus.lexicon` is bound, the strengths of its words are four more
  features of a text. If `encoded_corpus.further_tokens_from` is bound, the token
  weights of that run are features, too, one for each of its classes. Both are sums over
  tokens, so their weights become part of the token weights, even for words that no
  training text contains. The run has the files and explanations of any
  `TwitterClassifier`.

  Args:
    vocab_size: the number of token ids of the classifier.
    embedding_dim: the embedding dimension of the classifier: at least the number of
      classes.
    output_dim: the output dimension of the classifier: the number of classes.
    pooling: the pooling of the classifier: `'masked_mean'` or `'masked_sqrtn'`.
    inverse_l2: scikit-learn's `C`; larger values allow larger weights.
    balanced: whether all classes have the same weight in the loss, whatever their
      number of texts.
    calibrated: whether to divide the scores by the temperature that has the lowest
      log-loss on the validation texts.

  Returns:
    Initializers of the embedding, the dense kernel and its bias. The embedding of a
    token is its score for each class, and the kernel is the identity.

  Raises:
    UserError: if an argument or another setting of the run does not fit.
  """
  check_positive_number('LogisticRegression.inverse_l2', inverse_l2)
  check_bool('LogisticRegression.balanced', balanced)
  check_bool('LogisticRegression.calibrated', calibrated)
  _check_classifier(vocab_size, embedding_dim, output_dim, pooling)
  _check_training()

  def solution() -> solver.Solution:
    return _solution(encoded_corpus(), pooling, inverse_l2, balanced, calibrated)

  def embedding() -> np.ndarray:
    weights = np.zeros((vocab_size, embedding_dim), np.float32)
    weights[:, :output_dim] = solution().token_scores
    return weights

  return (
      initializer(embedding),
      initializer(lambda: np.eye(embedding_dim, output_dim, dtype=np.float32)),
      initializer(lambda: solution().bias.astype(np.float32)),
  )


def _check_classifier(
    vocab_size: int, embedding_dim: int, output_dim: int, pooling: str
) -> None:
  """Raises `UserError` for a `TwitterClassifier` that can't express the solution."""
  class_names = configured_corpus().class_names
  if pooling not in solver.POOLINGS:
    raise UserError(
        f'TwitterClassifier.pooling={pooling!r} does not fit LogisticRegression, which '
        f'requires one of {", ".join(map(repr, solver.POOLINGS))}.'
    )
  if output_dim != len(class_names):
    raise UserError(
        f'TwitterClassifier.output_dim={output_dim} does not fit the labels, which are '
        f'of {len(class_names)} classes ({", ".join(class_names)}). Bind output_dim to '
        '@number_of_classes().'
    )
  if embedding_dim < output_dim:
    raise UserError(
        f'TwitterClassifier.embedding_dim={embedding_dim} does not fit '
        f'LogisticRegression, which requires at least {output_dim}, the number of '
        'classes.'
    )
  n_tokens = len(encoded_corpus().vocabulary)
  if vocab_size != n_tokens:
    raise UserError(
        f'TwitterClassifier.vocab_size={vocab_size} does not fit the vocabulary, which '
        f'has {n_tokens} tokens. Bind vocab_size to @vocabulary_size().'
    )


def _check_training() -> None:
  """Raises `UserError` for bindings of `train` that contradict the fit."""
  bindings = gin.get_bindings('train', resolve_references=False)
  if bindings.get('init_checkpoint'):
    raise UserError(
        'TwitterClassifier.initializer=@LogisticRegression has no effect beside '
        'train.init_checkpoint. Bind one of them to None.'
    )
  if 'steps' in bindings and steps_of_run() and 'optimizer' not in bindings:
    raise UserError(
        f'train.steps={steps_of_run()} would change the solution of LogisticRegression '
        'by an optimizer without L2. Use train.steps=0, which saves the solution, or '
        'bind train.optimizer; @L2Descent keeps the L2.'
    )


# The model for training and the model for evaluation have the same solution.
@functools.lru_cache(maxsize=1)
def _solution(
    corpus: EncodedCorpus,
    pooling: str,
    inverse_l2: float,
    balanced: bool,
    calibrated: bool,
) -> solver.Solution:
  features = token_features(corpus)
  return solver.solve(corpus, features, pooling, inverse_l2, balanced, calibrated)


def token_features(corpus: EncodedCorpus) -> sparse.csr_matrix:
  """Returns <float>[vocabulary_size, n_features], the features beside token counts."""
  vocabulary = corpus.vocabulary.tokens
  features = [sparse.csr_matrix((len(vocabulary), 0))]
  if corpus.lexicon is not None:
    words = load_lexicon('encoded_corpus.lexicon', corpus.lexicon)
    has_phrases = any(' ' in word for word in words)
    strengths = {
        row: side_features(token, words)
        for row, token in enumerate(vocabulary)
        # Neither n-grams nor pairs are words of the lexicon.
        if has_phrases or ' ' not in token.removeprefix('<not> ')
    }
    sides = sparse.csr_matrix([*strengths.values()])
    rows = sparse.csr_matrix(
        (np.ones(len(strengths)), [*strengths], np.arange(len(strengths) + 1)),
        (len(strengths), len(vocabulary)),
    )
    features.append(rows.T @ sides)
  if corpus.further_tokens_from is not None:
    of_run = _features_of_run(vocabulary, corpus.further_tokens_from)
    features.append(sparse.csr_matrix(of_run))
  return sparse.hstack(features, format='csr')


def _features_of_run(vocabulary: Sequence[str], folder: str) -> np.ndarray:
  """Returns the token scores of another run, 0 for tokens that the run lacks.

  Returns:
    <float>[vocabulary_size, n_classes of the run].
  """
  predictor = SentimentPredictor.load(folder)
  if not predictor.explains:
    raise UserError(
        f'encoded_corpus.further_tokens_from={folder!r} is not the run of a '
        'TwitterClassifier, which LogisticRegression requires.'
    )
  encoder, model = predictor.additive_model()
  scores = model.token_logits
  scores = scores - scores.mean(axis=1, keepdims=True)
  row_of = encoder.vocabulary.ids
  features = np.zeros((len(vocabulary), scores.shape[1]))
  for row, token in enumerate(vocabulary):
    if token in row_of and row >= len(SPECIAL_TOKENS):
      features[row] = scores[row_of[token]]
  return features
