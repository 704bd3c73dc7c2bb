"""Reading: a small file for each kind, and what is to be read of it beside it."""

import json
import pathlib
import sys

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import source
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.tables import TableReader

CASES = pathlib.Path(__file__).parent / 'cases'
NAMES = sorted(
    path.name.removesuffix('.expected.json') for path in CASES.glob('*.expected.json')
)


def reader_of(path, expected):
  options = ReadingOptions(**expected.get('options', {}))
  keep = tuple(expected.get('keep', ()))
  return TableReader([str(path)], tuple(expected['columns']), options, keep)


@pytest.mark.parametrize('name', NAMES)
def test_file_is_read_as_it_should_be(name):
  expected = json.loads((CASES / f'{name}.expected.json').read_text())
  reader = reader_of(CASES / name, expected)
  if 'error' in expected:
    with pytest.raises(UserError) as error:
      list(reader)
    assert error.value.message.startswith(str(CASES / name))
    assert expected['error'] in error.value.message
    return
  records = list(reader)
  assert [list(record.values) for record in records] == expected['rows']
  assert [record.row for record in records] == sorted({r.row for r in records})
  assert reader.n_skipped == expected.get('n_skipped', 0)
  assert reader.n_damaged == expected.get('n_damaged', 0)
  assert reader.n_rows == len(records) + reader.n_skipped


def test_columns_are_kept():
  reader = TableReader([str(CASES / 'kept_columns.csv')], keep=('user', 'id'))
  assert [record.kept for record in reader] == [{'user': 'amy', 'id': '7'}]
  reader = TableReader([str(CASES / 'kept_columns.csv')], keep=None)
  assert [[*record.kept] for record in reader] == [['id', 'text', 'user']]


def test_rows_of_several_files_are_numbered_on():
  paths = source.expand([str(CASES / 'csv_[su]*i*s.csv'), str(CASES / 'lines.txt')])
  assert len(paths) == 2
  records = list(TableReader(paths))
  assert [record.row for record in records] == [1, 2, 3, 4, 5]
  assert [record.line for record in records] == [2, 3, 1, 2, 3]


def test_pattern_of_no_file_is_named(tmp_path):
  with pytest.raises(UserError, match='no file is named so'):
    source.expand([f'{tmp_path}/*.csv'])


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'encoding': 'utf-9'}, "--encoding='utf-9' is no encoding that Python knows"),
        ({'delimiter': ';;'}, "--delimiter=';;' is not one character"),
        ({'input_format': 'xlsx'}, "--input_format='xlsx' is not one of"),
        ({'quoting': 'single'}, "--quoting='single' is not one of"),
        ({'on_malformed': 'ignore'}, "--on_malformed='ignore' is not one of"),
    ],
)
def test_options_are_checked(settings, message):
  with pytest.raises(UserError, match=message):
    ReadingOptions(**settings)


def test_standard_input_is_read_as_it_comes(monkeypatch):
  class Endless:
    def peek(self, size):
      return b'more\n'

    def readline(self, size=-1):
      return b'more\n'

  monkeypatch.setattr(sys, 'stdin', type('Stdin', (), {'buffer': Endless()}))
  records = iter(TableReader([source.STDIN]))
  assert next(records).values == ('more',)

