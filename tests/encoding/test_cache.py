"""The token cache: entries, damage, and its folder."""

import os
import zipfile

import numpy as np
import pytest

from trax_twitter_sentiment.encoding import cache
from trax_twitter_sentiment.errors import UserError

ARRAYS = {'a': np.arange(1000, dtype=np.int32), 'b': np.array([1.5, 2.5])}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))


def _entry():
  (name,) = os.listdir(cache.folder())
  return os.path.join(cache.folder(), name)


def test_saved_arrays_load_unchanged():
  assert cache.load('key') is None
  cache.save('key', ARRAYS)
  loaded = cache.load('key')
  assert list(loaded) == list(ARRAYS)
  for name, array in ARRAYS.items():
    assert loaded[name].dtype == array.dtype
    np.testing.assert_array_equal(loaded[name], array)
  assert cache.load('other key') is None


def test_only_the_owner_can_read_the_folder():
  cache.save('key', ARRAYS)
  assert os.stat(cache.folder()).st_mode & 0o077 == 0


@pytest.mark.parametrize('position', [0, 40, 200, 2000, 4200, -40, -1])
def test_damaged_byte_never_changes_an_array(position):
  cache.save('key', ARRAYS)
  with open(_entry(), 'r+b') as file:
    content = bytearray(file.read())
    content[position] ^= 0xFF
    file.seek(0)
    file.write(content)
  loaded = cache.load('key')
  if loaded is not None:  # The changed byte has no effect in the format.
    for name, array in ARRAYS.items():
      np.testing.assert_array_equal(loaded[name], array)


@pytest.mark.parametrize('size', [0, 1, 100, 2000, 4300])
def test_truncated_entry_is_none(size):
  cache.save('key', ARRAYS)
  os.truncate(_entry(), size)
  assert cache.load('key') is None


def test_pickled_and_compressed_arrays_are_refused():
  os.makedirs(cache.folder())
  path = os.path.join(cache.folder(), 'key.npz')
  np.savez(path, a=np.array([print], object))
  assert cache.load('key') is None
  np.savez_compressed(path, a=np.zeros(10**7))
  assert zipfile.is_zipfile(path)
  assert cache.load('key') is None


def test_oldest_entries_are_removed_first():
  for i in range(40):
    cache.save(f'{i}', ARRAYS)
    os.utime(os.path.join(cache.folder(), f'{i}.npz'), (i, i))
  assert cache.load('39') is not None
  assert cache.load('0') is None
  assert len(os.listdir(cache.folder())) == 32


def test_unwritable_folder_is_a_warning(tmp_path, capsys):
  (tmp_path / 'trax_twitter_sentiment').write_text('a file')
  cache.save('key', ARRAYS)
  assert cache.load('key') is None
  message = f'WARNING: the cache folder {cache.folder()} cannot be written to'
  assert message in capsys.readouterr().err


def test_environment_variable_turns_the_cache_off(monkeypatch):
  assert cache.is_on()
  monkeypatch.setenv('TRAX_TWITTER_SENTIMENT_CACHE', 'off')
  assert not cache.is_on()
  monkeypatch.setenv('TRAX_TWITTER_SENTIMENT_CACHE', 'no')
  with pytest.raises(UserError, match="'no' is not one of 'on', 'off'"):
    cache.is_on()


def test_relative_cache_home_is_ignored(monkeypatch, tmp_path):
  monkeypatch.setenv('XDG_CACHE_HOME', 'relative')
  monkeypatch.setenv('HOME', str(tmp_path))
  assert cache.folder() == str(tmp_path / '.cache' / 'trax_twitter_sentiment')
