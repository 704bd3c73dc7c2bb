"""Rows of JSON Lines."""

import json

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.table_reader import TableReader


def read(path, objects, columns=('text',), keep=()):
  path.write_text('\n'.join(map(json.dumps, objects)))
  return [record.values for record in TableReader([str(path)], columns, keep=keep)]


def test_first_objects_may_lack_a_column(tmp_path):
  objects = [{'id': 1}, {'id': 2, 'text': 'so sad'}, {'text': 'lovely'}]
  values = read(tmp_path / 'a.jsonl', objects, keep=('id',))
  assert values == [(None,), ('so sad',), ('lovely',)]


@pytest.mark.parametrize('n_objects', [1, 3, 2000])
def test_column_missing_in_all_objects_is_refused(tmp_path, n_objects):
  objects = [{'body': 'a', f'x{i % 2}': 1} for i in range(n_objects)]
  with pytest.raises(UserError, match=r"line 1: no column 'text'; the columns are 'bo"):
    read(tmp_path / 'a.jsonl', objects)


def test_nan_and_null_are_missing_values(tmp_path):
  objects = [{'text': 'a', 'label': float('nan')}, {'text': 'b', 'label': None}]
  values = read(tmp_path / 'a.jsonl', objects, ('text', 'label'))
  assert values == [('a', None), ('b', None)]


def test_list_of_labels_is_refused(tmp_path):
  objects = [{'text': 'a', 'labels': [0, 9]}]
  with pytest.raises(UserError, match=r"line 1: column 'labels'.* must have one label"):
    read(tmp_path / 'a.jsonl', objects, ('text', 'labels'))
