"""The reader on small files, each with its expected rows in a JSON file."""

import json
import pathlib
import sys

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import STDIN, expand
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader

CASES = pathlib.Path(__file__).parent / 'cases'
NAMES = sorted(
    path.name.removesuffix('.expected.json') for path in CASES.glob('*.expected.json')
)


def reader_of(path, expected):
  options = ReadingOptions(**expected.get('options', {}))
  keep = tuple(expected.get('keep', ()))
  return TableReader([str(path)], tuple(expected['columns']), options, keep)


@pytest.mark.parametrize('name', NAMES)
def test_rows_or_error_of_a_file_are_as_expected(name):
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


def test_keep_adds_columns():
  reader = TableReader([str(CASES / 'kept_columns.csv')], keep=('user', 'id'))
  assert [record.kept for record in reader] == [{'user': 'amy', 'id': '7'}]
  reader = TableReader([str(CASES / 'kept_columns.csv')], keep=None)
  assert [[*record.kept] for record in reader] == [['id', 'text', 'user']]


def test_row_numbers_continue_over_files_and_line_numbers_restart():
  paths = expand([str(CASES / 'csv_[su]*i*s.csv'), str(CASES / 'lines.txt')])
  assert len(paths) == 2
  records = list(TableReader(paths))
  assert [record.row for record in records] == [1, 2, 3, 4, 5]
  assert [record.line for record in records] == [2, 3, 1, 2, 3]


def test_standard_input_is_read_without_waiting_for_its_end(monkeypatch):
  class Endless:
    def peek(self, size):
      return b'more\n'

    def readline(self, size=-1):
      return b'more\n'

    def tell(self):
      raise OSError

  monkeypatch.setattr(sys, 'stdin', type('Stdin', (), {'buffer': Endless()}))
  records = iter(TableReader([STDIN]))
  assert next(records).values == ('more',)

