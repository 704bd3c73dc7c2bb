"""Patterns and encodings of input files."""

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import InputFile, expand


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
