"""Rows of Parquet files."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.table_reader import TableReader


def read(path, columns, keep=()):
  return [(r.values, r.kept) for r in TableReader([str(path)], columns, keep=keep)]


def test_class_labels_get_their_names_from_the_metadata(tmp_path):
  features = {
      'text': {'dtype': 'string', '_type': 'Value'},
      'label': {'names': ['positive', 'negative'], '_type': 'ClassLabel'},
  }
  metadata = {'huggingface': json.dumps({'info': {'features': features}})}
  table = pa.table({'text': ['so sad', 'lovely', 'hm'], 'label': [1, 0, -1]})
  pq.write_table(table.replace_schema_metadata(metadata), tmp_path / 'a.parquet')
  assert read(tmp_path / 'a.parquet', ('text', 'label'), ('label',)) == [
      (('so sad', 'negative'), {'label': 1}),
      (('lovely', 'positive'), {'label': 0}),
      (('hm', None), {'label': -1}),
  ]


def test_column_is_a_name_with_a_dot_or_a_path(tmp_path):
  table = pa.table({'a.b': ['x'], 'data': [{'text': 'y'}]})
  pq.write_table(table, tmp_path / 'a.parquet')
  assert read(tmp_path / 'a.parquet', ('a.b', 'data.text')) == [(('x', 'y'), {})]


def test_missing_column_is_named_with_all_columns(tmp_path):
  pq.write_table(pa.table({'text': ['x'], 'Label': [1]}), tmp_path / 'a.parquet')
  message = r"no column 'label' \(did you mean 'Label'\?\); the columns are 'text', 'La"
  with pytest.raises(UserError, match=message):
    read(tmp_path / 'a.parquet', ('text', 'label'))


def test_nan_and_null_are_missing_values(tmp_path):
  labels = pa.array([1.0, float('nan'), None])
  pq.write_table(pa.table({'text': ['x'] * 3, 'label': labels}), tmp_path / 'a.parquet')
  values = [values for values, _ in read(tmp_path / 'a.parquet', ('text', 'label'))]
  assert values == [('x', '1.0'), ('x', None), ('x', None)]
