"""Hostile files in the token cache: a sound entry or None, never an error."""

import functools
import io
import json
import os
import pathlib
import tempfile
import zipfile
import zlib

import numpy as np
import pytest
from fuzzing import JSON, at_most, fuzz, mutated, pickled, pickled_npy, tokenizer
from hypothesis import strategies as st

from trax_twitter_sentiment.encoding import cache
from trax_twitter_sentiment.encoding.tokenized_texts import (
    _from_arrays,
    _key,
    token_index,
)
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

_TEXTS = ('good day :)', '', 'the good night')
_TOKENIZER = TweetTokenizer(stop_words=tokenizer().stop_words)


@functools.cache
def _folder():
  """Returns the cache folder of all cases."""
  folder = tempfile.TemporaryDirectory(prefix='fuzz')
  _folders.append(folder)  # The folder is removed when the process ends.
  return folder.name


_folders: list[tempfile.TemporaryDirectory] = []


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch):
  monkeypatch.setenv('XDG_CACHE_HOME', _folder())
  os.makedirs(cache.folder(), exist_ok=True)


def _write(key, content):
  pathlib.Path(cache.folder(), f'{key}.npz').write_bytes(content)


def _zipped(members):
  """Returns an uncompressed zip archive of `(name, content)` members."""
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w') as archive:
    for name, content in members:
      archive.writestr(name, content)
  return buffer.getvalue()


def _npy(array):
  buffer = io.BytesIO()
  np.save(buffer, array)
  return buffer.getvalue()


_TOKENS = json.dumps(['good', 'day', ':)', 'night']).encode()
_VALID_ENTRY = {
  'tokens.npy': _npy(np.frombuffer(_TOKENS, np.uint8)),
  'indices.npy': _npy(np.array([0, 1, 2, 0, 3], np.int32)),
  'lengths.npy': _npy(np.array([3, 0, 2], np.int64)),
}
_NUMBERS = st.lists(
  st.one_of(st.integers(-1, 9), st.sampled_from([2**31 - 1, 2**62, 2**63 - 1])),
  max_size=6,
)
_MEMBERS = st.fixed_dictionaries(
  {
    'tokens.npy': st.one_of(
      st.just(_VALID_ENTRY['tokens.npy']),
      JSON.map(lambda v: _npy(np.frombuffer(json.dumps(v).encode(), np.uint8))),
      mutated(_VALID_ENTRY['tokens.npy']),
      st.binary(max_size=9),
    ),
    'indices.npy': st.one_of(
      st.just(_VALID_ENTRY['indices.npy']),
      _NUMBERS.map(lambda n: _npy(np.array(n, np.int64).astype(np.int32))),
      mutated(_VALID_ENTRY['indices.npy']),
      st.binary(max_size=9),
    ),
    'lengths.npy': st.one_of(
      st.just(_VALID_ENTRY['lengths.npy']),
      _NUMBERS.map(lambda n: _npy(np.array(n, np.int64))),
      mutated(_VALID_ENTRY['lengths.npy']),
    ),
  }
).map(lambda members: _zipped(members.items()))


@fuzz(
  content=st.one_of(
    _MEMBERS, mutated(_zipped(_VALID_ENTRY.items())), st.binary(max_size=60)
  )
)
def test_any_cache_entry_is_sound_or_none(content):
  _write('key', content)
  loaded = cache.load('key')
  if loaded is None:
    return
  assert all(isinstance(array, np.ndarray) for array in loaded.values())
  index = _from_arrays(loaded, len(_TEXTS), n_marks=0)
  if index is None:
    return
  # The entry is consistent, so streams can use it.
  assert len(index.lengths) == len(_TEXTS)
  assert index.lengths.min() >= 0
  assert sum(index.lengths.tolist()) == len(index.indices)
  assert all(isinstance(token, str) for token in index.tokens)
  assert all(0 <= i < len(index.tokens) for i in index.indices.tolist())


def test_valid_entry_is_used():
  other = _npy(np.frombuffer(json.dumps(['x', 'day', ':)', 'z']).encode(), np.uint8))
  _write(
    _key(_TOKENIZER, _TEXTS),
    _zipped({**_VALID_ENTRY, 'tokens.npy': other}.items()),
  )
  assert token_index(_TOKENIZER, _TEXTS).tokens == ('x', 'day', ':)', 'z')


@pytest.mark.parametrize(
  'members',
  [
    {'lengths.npy': _npy(np.array([2**63 - 1, 2**63 - 1, 7]))},  # Their sum overflows.
    {'tokens.npy': b'not an array'},
    {'tokens.npy': _npy(np.frombuffer(b'"good"', np.uint8))},
    {'tokens.npy': _npy(np.frombuffer(b'{"a": 1, "b": 2, "c": 3, "d": 4}', np.uint8))},
    {'indices.npy': _npy(np.array(0, np.int32))},
  ],
)
def test_inconsistent_entry_is_replaced(members):
  _write(_key(_TOKENIZER, _TEXTS), _zipped({**_VALID_ENTRY, **members}.items()))
  index = token_index(_TOKENIZER, _TEXTS)
  assert index.tokens == ('good', 'day', ':)', 'night')
  assert index.lengths.tolist() == [3, 0, 2]


def test_no_cache_entry_is_unpickled(tmp_path):
  proof = tmp_path / 'proof'
  npy = pickled_npy(proof)
  for content in (
    pickled(proof),
    npy,
    _zipped([('tokens.npy', npy)]),
    _zipped([('tokens.npy', pickled(proof)), ('tokens', pickled(proof))]),
  ):
    _write('key', content)
    assert cache.load('key') is None
    assert not proof.exists()


def test_members_that_share_their_bytes_are_refused():
  # A zip bomb without compression: 1,000 members share 1 MB, so they unpack to 1 GB.
  array = _npy(np.zeros(2**20, np.uint8))
  start = _local_header(b'0.npy', array) + array
  directory = b''.join(_central_entry(b'%d.npy' % i, array) for i in range(1000))
  end = b'PK\x05\x06' + b''.join(
    n.to_bytes(width, 'little')
    for n, width in (
      (0, 2),
      (0, 2),
      (1000, 2),
      (1000, 2),
      (len(directory), 4),
      (len(start), 4),
      (0, 2),
    )
  )
  _write('key', start + directory + end)
  assert zipfile.is_zipfile(os.path.join(cache.folder(), 'key.npz'))
  with at_most(2**25):
    assert cache.load('key') is None


def _local_header(name, content):
  return b'PK\x03\x04' + _fields(content) + _lengths(name) + name


def _central_entry(name, content):
  rest = bytes(2 + 2 + 2 + 4 + 4)  # All offsets are 0, that of the first member.
  return b'PK\x01\x02\x14\x00' + _fields(content) + _lengths(name) + rest + name


def _fields(content):
  size = len(content).to_bytes(4, 'little')
  checksum = zlib.crc32(content).to_bytes(4, 'little')
  return b'\x14\x00' + bytes(8) + checksum + size + size


def _lengths(name):
  return len(name).to_bytes(2, 'little') + b'\0\0'


def test_array_that_claims_a_terabyte_is_none():
  header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1099511627776,), }"
  array = b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header + b'x'
  _write('key', _zipped([('tokens.npy', array)]))
  assert cache.load('key') is None


@pytest.mark.parametrize(
  'make', [os.mkdir, os.mkfifo, lambda p: os.symlink('/dev/zero', p)]
)
def test_folder_pipe_or_device_instead_of_an_entry_is_none(make, monkeypatch, tmp_path):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  os.makedirs(cache.folder())
  make(os.path.join(cache.folder(), 'odd.npz'))
  assert cache.load('odd') is None
