"""Reads the arrays of a safetensors file with NumPy alone."""

import json
import math
import os
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

# The types of numbers, by their names in the file. BF16 is the upper half of F32.
DTYPES = {'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'BF16': '<u2'}

# The maximum size of the header, the same as in the package safetensors.
_MAX_HEADER = 10**8


class _Entry(NamedTuple):
  dtype: str
  shape: tuple[int, ...]
  start: int
  end: int


class TensorFile:
  """A safetensors file, whose arrays are read when they are needed.

  The file consists of the size of its header (8 bytes, little-endian), the header
  (JSON: the type, the shape and the place of each array), and the arrays. No part of
  the file is executed.

  Args:
    path: the path of the file.

  Raises:
    OSError: if the file can't be read.
    ValueError: if the file is anything else, such as a pickle.
  """

  def __init__(self, path: str):
    self._path = path
    with open(path, 'rb') as file:
      n_bytes = int.from_bytes(file.read(8), 'little')
      size = os.fstat(file.fileno()).st_size
      if not 2 <= n_bytes <= min(_MAX_HEADER, size - 8):
        raise ValueError('its header is missing or cut off')
      header = json.loads(file.read(n_bytes))
    if not isinstance(header, dict):
      raise ValueError('its header is not a JSON object')
    header.pop('__metadata__', None)
    self._first_byte = 8 + n_bytes
    self._entries = {
        name: _entry(name, fields, size - self._first_byte)
        for name, fields in header.items()
    }

  @property
  def shapes(self) -> Mapping[str, tuple[int, ...]]:
    """The name of each array with its shape."""
    return {name: entry.shape for name, entry in self._entries.items()}

  @property
  def dtypes(self) -> Mapping[str, str]:
    """The name of each array with its type. `read` supports the types in `DTYPES`."""
    return {name: entry.dtype for name, entry in self._entries.items()}

  def read(self, name: str) -> np.ndarray:
    """Returns an array of the file, as <float32>."""
    dtype, shape, start, _ = self._entries[name]
    array = np.fromfile(
        self._path, DTYPES[dtype], math.prod(shape), offset=self._first_byte + start
    )
    if dtype == 'BF16':
      array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.reshape(shape).astype(np.float32, copy=False)


def _entry(name: str, fields: object, n_bytes: int) -> _Entry:
  """Returns an entry of the header; raises `ValueError` if it is not valid."""
  try:
    dtype, shape, (start, end) = (
        fields[key] for key in ('dtype', 'shape', 'data_offsets')  # type: ignore[index]
    )
    size = math.prod(shape)
    is_valid = all(type(n) is int and n >= 0 for n in (*shape, start, end))
  except (KeyError, TypeError, ValueError) as error:
    raise ValueError(f'the entry of {name!r} in its header is damaged') from error
  if dtype not in DTYPES:  # Integers, such as the positions in old checkpoints.
    return _Entry(str(dtype), (), 0, 0)
  n_expected = size * np.dtype(DTYPES[dtype]).itemsize
  if not is_valid or end > n_bytes or end - start != n_expected:
    raise ValueError(f'the array {name!r} is cut off, or its header is damaged')
  return _Entry(dtype, tuple(shape), start, end)
