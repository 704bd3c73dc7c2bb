"""CSV and TSV: quotes, carriage returns and tables of predictions."""

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.delimited import is_predictions
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader


def reader_of(path, content, **options):
  path.write_bytes(content)
  return TableReader([str(path)], ('text', 'label'), ReadingOptions(**options))


def test_quotes_in_tsv_are_text_and_counted(tmp_path):
  content = b'text\tlabel\n"so ""sad"""\t0\nlovely\t1\n'
  reader = reader_of(tmp_path / 'a.tsv', content)
  assert [record.values[0] for record in reader] == ['"so ""sad"""', 'lovely']
  assert reader.n_quoted == 1
  reader = reader_of(tmp_path / 'a.tsv', content, quoting='double')
  assert [record.values[0] for record in reader] == ['so "sad"', 'lovely']
  assert reader.n_quoted == 0


def test_quoted_tab_in_tsv_is_refused_with_a_hint(tmp_path):
  content = b'text\tlabel\n"so\tsad"\t0\n'
  with pytest.raises(UserError, match=r"line 2: 3 columns.*--quoting='double' reads"):
    list(reader_of(tmp_path / 'a.tsv', content))


def test_carriage_return_inside_a_row_is_refused(tmp_path):
  content = b'text,label\nso\rsad,0\n'
  with pytest.raises(UserError, match=r'line 2: an unquoted carriage return \(CR\)'):
    list(reader_of(tmp_path / 'a.csv', content))


@pytest.mark.parametrize(
    ('header', 'expected'),
    [
        ('label\tsentiment\tlog_p_a\tlog_p_b\tn_tokens\ttext\trow\n', True),
        ('label\tname\tsentiment\tlog_p_a\tlog_p_b\tn_tokens\ttext\trow\n', True),
        ('label\tname\tp_a b\tp_b\tp_c\tn_tokens\ttext\trow\tid\r\n', True),
        ('label\tname\ttext\n', False),
        ('label\ttext\n', False),
    ],
)
def test_header_of_predictions_is_recognized(header, expected):
  assert is_predictions(header) == expected
