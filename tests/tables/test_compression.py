"""Compressed files are read to their end, and damage is never taken for the end."""

import bz2
import gzip
import lzma
import random

import pytest
import zstandard

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.table_reader import TableReader

COMPRESSIONS = {
    'gz': gzip.compress,
    'bz2': bz2.compress,
    'xz': lzma.compress,
    'zst': zstandard.compress,
}
_RANDOM = random.Random(0)
TEXTS = [f'text {_RANDOM.random()}' for _ in range(20_000)]
CONTENT = '\n'.join(TEXTS).encode()


def read(path, content):
  path.write_bytes(content)
  return [record.values[0] for record in TableReader([str(path)])]


@pytest.fixture(params=COMPRESSIONS)
def ending(request):
  return request.param


def test_several_streams_are_read(tmp_path, ending):
  compress = COMPRESSIONS[ending]
  content = compress(CONTENT + b'\n') + compress(CONTENT)
  assert read(tmp_path / f'a.txt.{ending}', content) == TEXTS * 2


@pytest.mark.parametrize('kept', [0.2, 0.5, 0.999])
def test_file_that_was_cut_off_is_damaged(tmp_path, ending, kept):
  content = COMPRESSIONS[ending](CONTENT)
  content = content[: int(kept * len(content))]
  with pytest.raises(UserError, match=rf'a.txt.{ending} is damaged: .*\.$'):
    read(tmp_path / f'a.txt.{ending}', content)


def test_garbage_behind_the_content_is_damage(tmp_path, ending):
  content = COMPRESSIONS[ending](CONTENT) + b'garbage'
  with pytest.raises(UserError, match=rf'a.txt.{ending} is damaged: .*\.$'):
    read(tmp_path / f'a.txt.{ending}', content)


def test_large_window_is_read(tmp_path):
  parameters = zstandard.ZstdCompressionParameters(
      window_log=28, enable_ldm=True, compression_level=1
  )
  compressor = zstandard.ZstdCompressor(compression_params=parameters)
  stream = compressor.compressobj()  # Without a size, the window is that large.
  content = stream.compress(CONTENT) + stream.flush()
  assert read(tmp_path / 'a.txt.zst', content) == TEXTS
