"""Initial weights that are computed or read only if a run needs them."""

from collections.abc import Callable
from typing import Any

from trax_twitter_sentiment.trax_support.safe_loop import SafeLoop

import jax
import numpy as np


def initializer(weights: Callable[[], np.ndarray]) -> Callable[..., Any]:
  """Returns a Trax initializer that calls `weights` only if they are needed.

  The initial weights of a run that goes on are replaced at once by its checkpoint, so
  they are zero.

  Args:
    weights: returns <float32> of the shape that the layer requires.
  """

  def initialize(shape: tuple[int, ...], rng: Any) -> Any:
    if SafeLoop.replaces_initial_weights:
      return jax.numpy.zeros(shape, np.float32)
    if isinstance(rng, jax.core.Tracer):  # Trax traces models for their shapes.
      return jax.pure_callback(weights, jax.ShapeDtypeStruct(shape, np.float32))
    return jax.numpy.array(weights())

  return initialize
