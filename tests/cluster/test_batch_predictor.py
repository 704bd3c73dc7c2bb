"""Predictions for batches of Arrow and pandas."""

import subprocess
import sys

import pandas as pd
import pyarrow as pa
import pytest
from runs import train

from trax_twitter_sentiment import BatchPredictor, SentimentPredictor, model_bytes
from trax_twitter_sentiment.errors import UserError

TEXTS = ['so sad :(', 'lovely :)', None, ' ', 'zzz']


@pytest.fixture(scope='module')
def predictor(run_dir):
  return BatchPredictor(model_bytes(run_dir))


@pytest.mark.parametrize('make_batch', [pa.table, pa.record_batch])
def test_arrow_batch_gets_predictions(run_dir, predictor, make_batch):
  batch = make_batch(
      {'id': pa.array(range(5), pa.int32()), 'text': TEXTS, 'label': [7] * 5}
  )
  scored = predictor(batch)
  assert type(scored) is type(batch)
  assert scored.schema.names == [
      'id', 'text', 'input_label', 'label', 'name', 'p_negative', 'p_positive',
  ]  # fmt: skip
  assert scored.schema.field('id').type == pa.int32()
  columns = scored.to_pydict()
  assert columns['label'][:4] == [0, 1, None, None]
  assert columns['name'][:4] == ['negative', 'positive', 'no text', 'no text']
  assert columns['p_positive'][2:4] == [None, None]
  expected = SentimentPredictor.load(run_dir).predict(['so sad :(', 'zzz'])
  for row, prediction in zip((0, 4), expected, strict=True):
    names = 'negative', 'positive'
    probabilities = {name: columns[f'p_{name}'][row] for name in names}
    assert probabilities == prediction.probabilities


def test_data_frame_gets_the_columns_of_an_arrow_table(predictor):
  frame = pd.DataFrame({'text': TEXTS, 'label': 'x'}, index=[5, 6, 7, 8, 9])
  scored = predictor(frame)
  assert [*frame.columns] == ['text', 'label']
  assert [*scored.index] == [5, 6, 7, 8, 9]
  table = predictor(pa.table({'text': TEXTS, 'label': ['x'] * 5})).to_pandas()
  for name in ('name', 'p_negative', 'p_positive', 'input_label'):
    pd.testing.assert_series_equal(
        scored[name].reset_index(drop=True), table[name], check_dtype=False
    )
  assert scored['label'].fillna(-1).tolist()[:4] == [0, 1, -1, -1]


def test_types_do_not_depend_on_the_texts(predictor):
  texts = pd.Series(['hi', None], dtype=object).to_frame('text')
  with_text, without_text = predictor(texts[:1]), predictor(texts[1:])
  assert with_text.dtypes.to_dict() == without_text.dtypes.to_dict()


def test_batch_without_rows_keeps_its_columns(predictor):
  table = predictor(pa.table({'text': pa.array([], pa.string())}))
  assert table.schema.names == ['text', 'label', 'name', 'p_negative', 'p_positive']
  assert len(predictor(pd.DataFrame({'text': []}))) == 0


def test_unsure_prediction_has_no_label(run_dir):
  predictor = BatchPredictor(model_bytes(run_dir), min_probability=0.999999)
  (row,) = predictor(pa.table({'text': ['zzz']})).to_pylist()
  assert (row['label'], row['name']) == (None, 'unsure')
  assert row['p_negative'] + row['p_positive'] == pytest.approx(1)


def test_missing_or_non_text_column_is_refused(run_dir, predictor):
  with pytest.raises(UserError, match="column='text'.*'tweet'"):
    predictor(pa.table({'tweet': TEXTS}))
  with pytest.raises(UserError, match="column 'text' has the type list, not a text"):
    predictor(pa.table({'text': [['a']]}))
  other = BatchPredictor(model_bytes(run_dir), column='tweet')
  assert other(pa.table({'tweet': TEXTS})).num_rows == 5


def test_model_other_than_twitter_classifier_is_refused(tmp_path):
  train(tmp_path, 'train.steps=1', config='twitter_gru.gin')
  with pytest.raises(UserError, match='has no TwitterClassifier'):
    model_bytes(tmp_path)


@pytest.mark.slow
def test_runs_of_both_kinds_are_averaged(run_dir, encoder_run_dir):
  dirs = [run_dir, encoder_run_dir]
  batch = BatchPredictor(model_bytes(dirs))(pa.table({'text': TEXTS}))
  expected = [
      prediction.probabilities['positive'] if text and not text.isspace() else None
      for text, prediction in zip(
          TEXTS, SentimentPredictor.load(dirs).predict(TEXTS), strict=True
      )
  ]
  assert batch['p_positive'].to_pylist() == pytest.approx(expected)


def test_batch_predictor_imports_neither_trax_nor_tensorflow(run_dir, tmp_path):
  path = tmp_path / 'model'
  path.write_bytes(model_bytes(run_dir))
  code = f"""
import sys
from trax_twitter_sentiment import BatchPredictor
BatchPredictor(open({str(path)!r}, 'rb').read())
print([name for name in ('trax', 'jax', 'tensorflow', 'nltk') if name in sys.modules])
"""
  result = subprocess.run(
      [sys.executable, '-c', code], capture_output=True, check=True, text=True
  )
  assert result.stdout == '[]\n'
