"""The format of a file, by its setting, first bytes, suffix or text."""

import pytest

from trax_twitter_sentiment.tables.file_formats import format_of
from trax_twitter_sentiment.tables.input_files import InputFile
from trax_twitter_sentiment.tables.options import ReadingOptions


@pytest.mark.parametrize(
    ('name', 'content', 'settings', 'expected'),
    [
        ('a.csv', b'x', {}, 'csv'),
        ('a.csv', b'x', {'input_format': 'lines'}, 'lines'),
        ('a.TSV', b'x', {}, 'tsv'),
        ('a.ndjson', b'x', {}, 'jsonl'),
        ('a.js', b'x', {}, 'json'),
        ('a.csv', b'PAR1', {}, 'parquet'),
        ('a.txt', b'{"text": 1}', {}, 'jsonl'),
        ('a.txt', b'window.YTD.tweets.part0 = [', {}, 'jsonl'),
        ('a.txt', b'__label__a b', {}, 'fasttext'),
        ('a.txt', b'id,text\n', {}, 'csv'),
        ('a.txt', b'id|text\n', {}, 'csv'),
        ('a.txt', b'id\ttext\n', {}, 'tsv'),
        ('a.txt', b'so sad, really\n', {}, 'lines'),
        ('a', b'', {}, 'lines'),
    ],
)
def test_format_is_recognized(tmp_path, name, content, settings, expected):
  (tmp_path / name).write_bytes(content)
  with InputFile(str(tmp_path / name)) as file:
    assert format_of(file, ('text',), ReadingOptions(**settings)).name == expected
