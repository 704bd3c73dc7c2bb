"""Compressed files: a truncated or damaged file is an error."""

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
def suffix(request):
  return request.param


def test_concatenated_streams_are_read(tmp_path, suffix):
  compress = COMPRESSIONS[suffix]
  content = compress(CONTENT + b'\n') + compress(CONTENT)
  assert read(tmp_path / f'a.txt.{suffix}', content) == TEXTS * 2


@pytest.mark.parametrize('kept', [0.2, 0.5, 0.999])
def test_truncated_file_is_refused(tmp_path, suffix, kept):
  content = COMPRESSIONS[suffix](CONTENT)
  content = content[: int(kept * len(content))]
  with pytest.raises(UserError, match=rf'a.txt.{suffix} is damaged: .*\.$'):
    read(tmp_path / f'a.txt.{suffix}', content)


def test_garbage_after_the_content_is_refused(tmp_path, suffix):
  content = COMPRESSIONS[suffix](CONTENT) + b'garbage'
  with pytest.raises(UserError, match=rf'a.txt.{suffix} is damaged: .*\.$'):
    read(tmp_path / f'a.txt.{suffix}', content)


def test_large_window_is_read(tmp_path):
  parameters = zstandard.ZstdCompressionParameters(
      window_log=28, enable_ldm=True, compression_level=1
  )
  compressor = zstandard.ZstdCompressor(compression_params=parameters)
  stream = compressor.compressobj()  # A stream of unknown size needs the full window.
  content = stream.compress(CONTENT) + stream.flush()
  assert read(tmp_path / 'a.txt.zst', content) == TEXTS
