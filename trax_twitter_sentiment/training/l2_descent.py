"""Gradient descent that keeps the L2 of a logistic regression."""

from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
import numpy as np
from trax.optimizers import base

from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError, check_positive_number
from trax_twitter_sentiment.training import solver
from trax_twitter_sentiment.training.logistic_regression import token_features


@gin.configurable(module='trax_twitter_sentiment')
class L2Descent(base.Optimizer):
  """Gradient descent on the objective of `LogisticRegression`, its L2 included.

  The regression has a weight `w` for each token and feature. The classifier has token
  scores, `scores = A w`, where `A` has the tokens' scales on its diagonal and their
  features beside it. Descent on `loss + l2 / 2 * |w|^2` by `w` is

      scores -= learning_rate * (A A^T gradient + l2 * scores)

  so the steps keep the solution of the regression, up to the noise of the batches. The
  dense kernel remains the identity. In gin, to train on from the solution:

      LogisticRegression.calibrated = False
      train.steps = 100
      train.optimizer = @L2Descent
      train.lr_schedule_fn = @lr_schedules.constant
      lr_schedules.constant.value = 0.1

  Training batches weigh the classes as the regression does if
  `LogisticRegression.balanced` and `train/TwitterBatches.balanced` are the same.

  Args:
    learning_rate: the learning rate without a schedule.

  Raises:
    UserError: if the classifier or its regression does not fit.
  """

  def __init__(self, learning_rate: float = 0.1):
    super().__init__(learning_rate=learning_rate)
    regression = gin.get_bindings('LogisticRegression')
    if regression.get('calibrated', True):
      raise UserError(
          'L2Descent requires LogisticRegression.calibrated=False: training steps '
          'would undo the calibration.'
      )
    inverse_l2 = regression.get('inverse_l2', solver.INVERSE_L2)
    check_positive_number('LogisticRegression.inverse_l2', inverse_l2)
    pooling = gin.get_bindings('TwitterClassifier').get('pooling')
    if pooling not in solver.POOLINGS:
      raise UserError(
          'L2Descent requires a TwitterClassifier whose pooling is one of '
          f'{", ".join(map(repr, solver.POOLINGS))}; it is {pooling!r}.'
      )
    corpus = encoded_corpus()
    scales, features = solver.coordinates(corpus, token_features(corpus), pooling)
    self._scales = scales.astype(np.float32)
    self._features = features.toarray().astype(np.float32)
    self._l2 = solver.l2_of_mean_loss(corpus.train, inverse_l2)

  def init(self, weights: Any) -> None:
    return None

  def update(
      self, step: int, grads: Any, weights: Any, slots: Any, opt_params: Any
  ) -> tuple[Any, Any]:
    del step
    rate = opt_params['learning_rate']
    if weights.ndim == 1:  # The bias, which has no L2.
      return weights - rate * grads, slots
    if weights.shape[0] != len(self._scales):  # The dense kernel.
      return weights, slots
    by_token = self._scales[:, None] ** 2 * grads
    by_feature = self._features @ (self._features.T @ grads)
    gradient = by_token + by_feature + self._l2 * weights
    return weights - rate * gradient, slots
