"""Blocks contain each row of a file once."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trax_twitter_sentiment.cluster import blocks
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader


def _texts(n_texts: int, longest: int = 60) -> list[str]:
  rng = np.random.default_rng(0)
  lengths = rng.integers(1, longest, n_texts)
  return [''.join(rng.choice([*'abcé 😀:)'], n)) for n in lengths]


def _read(path, block_bytes, monkeypatch, **options):
  """Cuts a file into blocks; returns their number and all their texts."""
  monkeypatch.setattr(blocks, '_BLOCK_BYTES', block_bytes)
  reading = ReadingOptions(**options)
  cut = blocks.cut([str(path)], ('text',), reading)
  texts = [
      record.values[0] for block in cut for record in block.reader(('text',), reading)
  ]
  return len(cut), texts


def _read_at_once(path, **options):
  reader = TableReader([str(path)], ('text',), ReadingOptions(**options))
  return [record.values[0] for record in reader]


@pytest.mark.parametrize('block_bytes', [1, 7, 100, 1000, 10**6])
@pytest.mark.parametrize('ending', ['\n', ''])
def test_each_line_is_in_exactly_one_block(tmp_path, monkeypatch, block_bytes, ending):
  path = tmp_path / 'a.txt'
  texts = ['', *_texts(50), '', 'end']
  path.write_text('\n'.join(texts) + ending, encoding='utf-8')
  n_blocks, actual = _read(path, block_bytes, monkeypatch)
  assert actual == texts == _read_at_once(path)
  assert n_blocks == -(-path.stat().st_size // block_bytes)


@pytest.mark.parametrize('block_bytes', [50, 10**6])
def test_json_lines_are_cut_at_line_ends(tmp_path, monkeypatch, block_bytes):
  path = tmp_path / 'a.jsonl'
  texts = _texts(50)
  path.write_text(''.join(json.dumps({'text': text}) + '\n' for text in texts))
  n_blocks, actual = _read(path, block_bytes, monkeypatch)
  assert actual == texts
  assert (n_blocks > 1) == (block_bytes < 10**6)


def test_parquet_is_cut_between_row_groups(tmp_path, monkeypatch):
  path, texts = tmp_path / 'a.parquet', _texts(100)
  pq.write_table(pa.table({'text': texts}), path, row_group_size=10)
  assert _read(path, 1, monkeypatch) == (10, texts)
  n_blocks, actual = _read(path, 1500, monkeypatch)
  assert 1 < n_blocks < 10
  assert actual == texts
  assert _read(path, 10**6, monkeypatch) == (1, texts)


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('a.csv', b'text,x\n"so\nsad",1\nlovely,2\n'),
        ('array.json', b'[{"text": "so sad"},\n{"text": "lovely"}]'),
        ('array.jsonl', b'\n[{"text": "so sad"},\n{"text": "lovely"}]'),
        ('pretty.jsonl', b'{\n  "text": "so sad"\n}\n'),
        ('mac.txt', b'so sad\rlovely\r'),
        ('utf_16.txt', 'so sad\nlovely\n'.encode('utf-16')),
        ('lines.txt.gz', gzip.compress(b'so sad\nlovely\n', mtime=0)),
    ],
)
def test_file_without_a_row_per_line_is_one_block(tmp_path, monkeypatch, name, content):
  (tmp_path / name).write_bytes(content)
  n_blocks, actual = _read(tmp_path / name, 5, monkeypatch)
  assert n_blocks == 1
  assert actual
  assert actual == _read_at_once(tmp_path / name)


def test_error_names_the_first_byte_of_its_block(tmp_path, monkeypatch):
  path = tmp_path / 'a.jsonl'
  path.write_text('{"text": "a"}\n' * 10 + '{"text": \n')
  with pytest.raises(ValueError, match=r'\(from byte 140 on\), line 1: not JSON'):
    _read(path, 140, monkeypatch)
