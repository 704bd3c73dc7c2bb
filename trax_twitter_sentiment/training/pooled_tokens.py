"""The inputs of a logistic regression, as a product of small matrices."""

import operator
from typing import Any

import numpy as np
from scipy import sparse

from trax_twitter_sentiment.encoding.encoded_examples import EncodedExamples
from trax_twitter_sentiment.parallel import map_in_threads

# The number of entries of a block. Blocks share one array of ones.
_BLOCK_ENTRIES = 2**23


class CountMatrix:
  """A sparse matrix of counts that stores nothing but the columns of its entries.

  Products with the blocks of its rows run in parallel.

  Args:
    columns: <int32>[n], the columns of the entries of each row, one row after the
      other. A column that a row repeats has the number of its repetitions.
    starts: <int64>[n_rows + 1], the position of the first entry of each row.
    n_columns: the number of columns.
  """

  def __init__(self, columns: np.ndarray, starts: np.ndarray, n_columns: int):
    limits = np.searchsorted(starts, np.arange(0, len(columns), _BLOCK_ENTRIES))
    bounds = np.unique(np.append(limits, [0, len(starts) - 1]))
    sizes = np.diff(starts[bounds])
    ones = np.ones(sizes.max(initial=0))
    self._bounds = bounds
    self._n_columns = n_columns
    self._blocks, self._transposed_blocks = [], []
    for first, last, size in zip(bounds[:-1], bounds[1:], sizes):
      arrays = (
          ones[:size],
          columns[starts[first] : starts[last]],
          (starts[first : last + 1] - starts[first]).astype(np.int32),
      )
      shape = last - first, n_columns
      self._blocks.append(_sharing(sparse.csr_matrix(shape), *arrays))
      transposed = _sharing(sparse.csc_matrix(shape[::-1]), *arrays)
      self._transposed_blocks.append(transposed)

  def dot(self, vectors: np.ndarray) -> np.ndarray:
    """Returns the product with <float>[n_columns, k]."""
    products = map_in_threads(lambda block: block @ vectors, self._blocks)
    return np.concatenate([*products])

  def transposed_dot(self, vectors: np.ndarray) -> np.ndarray:
    """Returns the product of the transpose and <float>[n_rows, k]."""
    parts = np.split(vectors, self._bounds[1:-1])
    total = np.zeros((self._n_columns, vectors.shape[1]))
    for product in map_in_threads(operator.matmul, self._transposed_blocks, parts):
      total += product
    return total


def _sharing(
    matrix: Any, data: np.ndarray, indices: np.ndarray, starts: np.ndarray
) -> Any:
  """Gives an empty sparse matrix its arrays. SciPy's constructor would copy them."""
  matrix.data, matrix.indices, matrix.indptr = data, indices, starts
  return matrix


class PooledTokens:
  """The inputs of texts, <float>[n_texts, n_tokens + n_features].

  The inputs are the scaled counts of tokens and the sums of their features, divided by
  a power of the number of tokens. A text has hundreds of tokens, most of them n-grams
  of its words. So the matrix is stored as the groups of each text and the tokens of
  each group, and it is never multiplied out.

  Args:
    examples: the texts.
    power: the power of the number of tokens.
    scales: <float>[n_tokens], the factor of each token.
    features: <float>[n_tokens, n_features], dense or sparse.
  """

  def __init__(
      self, examples: EncodedExamples, power: float, scales: np.ndarray, features: Any
  ):
    n_groups = 0 if examples.groups is None else len(examples.groups.sizes)
    n_tokens = len(scales)
    self._ids = CountMatrix(examples.ids, examples.starts, n_tokens + n_groups)
    self._groups = None
    if examples.groups is not None:
      members, starts = examples.groups.members, examples.groups.starts
      self._groups = CountMatrix(members, starts, n_tokens)
    self._factors = np.maximum(examples.lengths, 1.0)[:, None] ** -power
    self._scales = scales[:, None]
    self._features = features
    self.shape = (len(examples.lengths), n_tokens + features.shape[1])

  def dot(self, weights: np.ndarray) -> np.ndarray:
    """Returns the product with <float>[n_inputs, k]."""
    n_tokens = len(self._scales)
    values = self._scales * weights[:n_tokens] + self._features @ weights[n_tokens:]
    if self._groups is not None:
      values = np.concatenate([values, self._groups.dot(values)])
    return self._factors * self._ids.dot(values)

  def transposed_dot(self, vectors: np.ndarray) -> np.ndarray:
    """Returns the product of the transpose and <float>[n_texts, k]."""
    n_tokens = len(self._scales)
    values = self._ids.transposed_dot(self._factors * vectors)
    if self._groups is not None:
      values[:n_tokens] += self._groups.transposed_dot(values[n_tokens:])
    values = values[:n_tokens]
    return np.concatenate([self._scales * values, self._features.T @ values])
