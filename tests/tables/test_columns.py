"""Columns by name and by number, and files whose first row is not a header."""

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.options import ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader


@pytest.fixture
def read(tmp_path):
  """Returns a function that writes content to a file and reads its columns."""

  def values(content, columns, name='a.csv', **options):
    path = tmp_path / name
    path.write_text(content)
    reader = TableReader([str(path)], columns, ReadingOptions(**options))
    return [record.values for record in reader]

  return values


def test_column_is_a_name_a_quoted_name_or_a_position(read):
  content = 'id,2,text\n7,so sad,lovely\n'
  assert read(content, ('text', '"2"')) == [('lovely', 'so sad')]
  assert read('id,body,text\n7,so sad,lovely\n', ('2',)) == [('so sad',)]
  with pytest.raises(UserError, match="no column '4'; the columns are 'id', 'body'"):
    read('id,body\n7,so sad\n', ('4',))


@pytest.mark.parametrize(
    ('name', 'content', 'columns'),
    [
        ('a.csv', 'I love it,1\nI hate it,0\n', ('1',)),
        ('a.tsv', 'I love it\t1\nI hate it\t0\nfine\t1\n', ('1', '2')),
        ('a.csv', 'I love it,good\nI hate it,bad\nfine,good\n', ('1', '2')),
        ('a.csv', 'text,good\nI hate it,bad\nfine,good\n', ('text', '2')),
    ],
)
def test_first_row_that_is_data_is_refused(read, name, content, columns):
  with pytest.raises(UserError, match=r'line 1: the first row looks like data.*--nohe'):
    read(content, columns, name)
  if columns[0] == '1':
    n_rows = content.count('\n')
    assert len(read(content, columns, name, header=False)) == n_rows


def test_row_may_equal_the_header_in_one_column(read):
  assert read('text,label\nsome,0\ntext,1\n', ('text', 'label'))[1] == ('text', '1')
  assert len(read('text,label\nsome,0\ntext,1\n', ('1', '2'))) == 2


def test_header_inside_a_file_is_refused_or_skipped(read):
  content = 'text,label\na,0\ntext,label\nb,1\n'
  with pytest.raises(UserError, match='line 3: the header again'):
    read(content, ('text', 'label'))
  rows = read(content, ('text', 'label'), on_malformed='skip')
  assert rows == [('a', '0'), ('b', '1')]


@pytest.mark.parametrize(
    ('first', 'kind'),
    [
        ('Reviews of 2020', 'title'),
        ('Reviews', 'title'),
        ('# made by hand', 'comment'),
        ('# made by hand, by me', 'comment'),
    ],
)
def test_title_or_comment_above_the_header_is_named(read, first, kind):
  message = f'line 1: the first line looks like a {kind} above the header; remove it'
  with pytest.raises(UserError, match=message):
    read(f'{first}\ntext,label\na,0\n', ('text', 'label'))


@pytest.mark.parametrize('name', ['a.csv', 'a.parquet', 'a.jsonl', 'a.txt'])
def test_git_lfs_pointer_is_named(read, name):
  content = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n'
  with pytest.raises(UserError, match='is a Git LFS pointer; fetch the data with'):
    read(content, ('text',), name)


@pytest.mark.parametrize('name', ['Text', 'TEXT', 'texts'])
def test_similar_name_is_suggested(read, name):
  message = rf"no column 'text' \(did you mean '{name}'\?\); the columns are '{name}',"
  with pytest.raises(UserError, match=message):
    read(f'{name},label\na,0\n', ('text', 'label'))
  with pytest.raises(UserError, match=message.rstrip(',')):
    read(f'{{"{name}": "a"}}\n', ('text',), 'a.jsonl')


def test_name_of_a_column_may_contain_a_dot(read):
  assert read('a.b,c\nx,y\n', ('a.b',)) == [('x',)]
  assert read('{"a.b": "x", "a": {"b": "y"}}\n', ('a.b',), 'a.jsonl') == [('x',)]
