"""Escapes of control characters and backslashes."""

import io

import pandas
import pytest

from trax_twitter_sentiment.tables.escapes import (
    csv_line,
    escape,
    printable,
    unescape,
)


@pytest.mark.parametrize(
    ('text', 'escaped'),
    [
        ('so sad', 'so sad'),
        ('a\tb\r\n', r'a\tb\r\n'),
        ('\x1b[31m', r'\x1b[31m'),
        ('\u202e\ud800\U000e0001', r'\u202e\ud800\U000e0001'),
    ],
)
def test_control_characters_are_escaped_reversibly(text, escaped):
  assert printable(text) == escape(text) == escaped
  assert unescape(escaped) == text


def test_only_escape_escapes_backslashes():
  assert printable(r'a\tb') == r'a\tb'
  assert escape(r'a\tb') == r'a\\tb'
  assert unescape(r'a\\tb') == r'a\tb'


def test_pandas_reads_cells_of_csv():
  rows = [['a', 'b'], ['x\ry', '1'], ['x\ny', '2'], ['"', ','], [' x', '3']]
  lines = ''.join(map(csv_line, rows))
  table = pandas.read_csv(io.StringIO(lines, newline=''), dtype=str, na_filter=False)
  assert [[*table.columns], *table.to_numpy().tolist()] == rows
  assert csv_line(['\0', '']) == '\0,\n'
