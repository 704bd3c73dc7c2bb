"""Patterns and encodings of input files."""

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import InputFile, expand
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader


def test_pattern_of_no_file_is_named(tmp_path):
  with pytest.raises(UserError, match='no file matches the pattern'):
    expand([f'{tmp_path}/*.csv'])


def test_utf_32_is_refused(tmp_path):
  path = tmp_path / 'a.txt'
  path.write_bytes('so sad\n'.encode('utf-32'))
  with (
      InputFile(str(path)) as file,
      pytest.raises(UserError, match='a.txt is UTF-32; save it as UTF-8'),
  ):
    file.check_is_text()


@pytest.mark.parametrize('encoding', [None, 'utf-8', 'cp1252', 'utf-16'])
def test_line_ends_within_a_cell_stay_as_they_are(tmp_path, encoding):
  path = tmp_path / 'a.csv'
  content = 'text,id\r\n"a\r\nb",1\r\n"c\rd\ne",2\r\n'
  path.write_bytes(content.encode(encoding or 'utf-8'))
  options = ReadingOptions(encoding=encoding)
  texts = [record.values[0] for record in TableReader([str(path)], options=options)]
  assert texts == ['a\r\nb', 'c\rd\ne']
