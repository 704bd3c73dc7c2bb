"""Reads the arrays of a weights file, which may be damaged or hostile."""

import gzip
import math
import zlib

import numpy as np

from trax_twitter_sentiment.files import open_regular

# The maximum size of the arrays: the larger one of a number of bytes and a multiple of
# the file's size. Trained weights hardly compress, so a larger file is a zip bomb.
_MAX_BYTES = 2**28
_MAX_RATIO = 16

_MAX_ARRAYS = 10_000


def load_arrays(path: str) -> list[np.ndarray]:
  """Returns the arrays of a gzipped file that Trax wrote.

  Nothing is unpickled, and the size of the arrays is limited by the size of the file.

  Raises:
    FileNotFoundError: if the file is missing.
    ValueError: if the file can't be read, is truncated, or contains anything else.
  """
  try:
    with open_regular(path) as packed, gzip.GzipFile(fileobj=packed) as file:
      budget = max(_MAX_BYTES, _MAX_RATIO * packed.seek(0, 2))
      packed.seek(0)
      arrays: list[np.ndarray] = []
      # Reading to the end of the file raises an error if the file is truncated.
      while file.peek(1):
        if len(arrays) == _MAX_ARRAYS:
          raise ValueError(f'more than {_MAX_ARRAYS:,} arrays')
        arrays.append(_read_array(file, budget))
        budget -= arrays[-1].nbytes
  except FileNotFoundError:
    raise
  except (EOFError, OSError, zlib.error) as error:
    raise ValueError(str(error)) from error
  return arrays


def _read_array(file: gzip.GzipFile, budget: int) -> np.ndarray:
  """Reads one array of at most `budget` bytes."""
  shape, order, dtype = _read_header(file)
  n_bytes = math.prod(shape) * dtype.itemsize
  if n_bytes > budget:
    raise ValueError(f'an array of {n_bytes:,} bytes, which the file is too small for')
  content = file.read(n_bytes)
  if len(content) < n_bytes:
    raise ValueError('an array is cut off')
  return np.frombuffer(content, dtype).reshape(shape, order=order)


def _read_header(file: gzip.GzipFile) -> tuple:
  """Returns shape, order and dtype of the next array."""
  try:
    # `np.save` writes version 1. Headers of later versions may have any size.
    if np.lib.format.read_magic(file) != (1, 0):
      raise ValueError('an unknown version')
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
  except (EOFError, OSError, zlib.error):
    raise
  # NumPy does not document its errors for a damaged header, so all are caught.
  except Exception as error:
    raise ValueError('it does not contain NumPy arrays') from error
  if dtype.hasobject or not dtype.itemsize or any(n < 0 for n in shape):
    raise ValueError('an array does not contain numbers')
  return shape, 'F' if fortran else 'C', dtype
