import io

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.reading.tables import RecordReader


def read(content, name, columns=('text',)):
  reader = RecordReader(io.BytesIO(content), name, columns)
  return [tuple(record) for record in reader], reader.n_damaged


def test_csv_columns_are_found_by_name():
  content = b'id,text,label\r\n1,"hi, ""you""\nthere",0\r\n\r\n2,bye,1\r\n'
  records, _ = read(content, 'a.csv', ('label', 'text'))
  assert records == [(3, ('0', 'hi, "you"\nthere')), (5, ('1', 'bye'))]


def test_tsv_jsonl_and_lines():
  assert read(b'text\tid\nhi, you\t1\n', 'a.TSV')[0] == [(2, ('hi, you',))]
  jsonl = b'{"text": "hi", "n": 1}\n\n{"text": "bye"}\n'
  assert read(jsonl, 'a.jsonl')[0] == [(1, ('hi',)), (3, ('bye',))]
  assert read(b'hi, you\r\n\nbye', 'a.txt')[0] == [
      (1, ('hi, you',)), (2, ('',)), (3, ('bye',)),
  ]  # fmt: skip


def test_byte_order_mark_is_no_part_of_a_column():
  assert read(b'\xef\xbb\xbftext\nhi\n', 'a.csv')[0] == [(2, ('hi',))]


def test_lines_that_are_not_utf8_are_counted_and_kept():
  records, n_damaged = read(b'a\xff\nb\n\xfe\n', 'a.txt')
  assert [values[0] for _, values in records] == ['a\ufffd', 'b', '\ufffd']
  assert n_damaged == 2


@pytest.mark.parametrize(
    ('content', 'name', 'message'),
    [
        (b'id,body\n1,a\n', 'a.csv', r"a.csv, line 1: no column 'text'.*'id', 'body'"),
        (b'', 'a.csv', r"a.csv, line 1: no column 'text'; there are none"),
        (b'id,text\n1,a\n2\n', 'a.csv', r'a.csv, line 3: 1 columns, but .* 2'),
        (b'{"text": "a"}\n{"body": 1}\n', 'a.jsonl', r"line 2: no column 'text'"),
        (b'{"text": \n', 'a.jsonl', 'a.jsonl, line 1: not JSON'),
        (b'["text"]\n', 'a.jsonl', 'a.jsonl, line 1: not a JSON object'),
        (b'[' * 100_000, 'a.jsonl', 'a.jsonl, line 1: not JSON'),
        (b'text\n"' + b'a' * 200_000, 'a.csv', 'a.csv, line 2: field larger than'),
    ],
)
def test_malformed_row_is_named(content, name, message):
  with pytest.raises(UserError, match=message):
    read(content, name)


def test_file_is_read_as_it_is_asked_for():
  class Endless(io.RawIOBase):
    def readline(self, size=-1):
      return b'more\n'

  records = iter(RecordReader(Endless(), 'standard input', ('text',)))
  assert next(records).values == ('more',)
