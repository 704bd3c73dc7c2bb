"""The fields of predictions in JSON and in tables."""

import math

import numpy as np
import pytest

from trax_twitter_sentiment.prediction import fields
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import DecisionRule, Scores

MOODS = 'angry', 'calm', 'sad'


@pytest.mark.parametrize('min_probability', [0.0, 0.9])
def test_json_and_tables_have_the_same_values(run_dir, min_probability):
  predictor = SentimentPredictor.load(run_dir)
  rule = DecisionRule(min_probability)
  texts = ['so sad :(', 'lovely :)', None, ' ', 'zzz']
  objects = fields.predict_fields(predictor, texts, rule=rule)
  scores = predictor.score([text or '' for text in texts])
  columns = fields.prediction_columns(texts, scores, predictor.class_names, rule)
  for row, prediction in enumerate(objects):
    expected = {name: values[row] for name, values in columns.items()}
    probabilities = prediction['probabilities'] or dict.fromkeys(predictor.class_names)
    assert expected == {
        'label': prediction['label'],
        'name': prediction['name'],
        **{f'p_{name}': value for name, value in probabilities.items()},
    }
    assert prediction['sentiment'] == prediction['name']
  names = ['negative', 'positive', 'no text', 'no text']
  assert columns['name'][:4] == names
  assert columns['label'][:4] == [0, 1, None, None]
  assert (columns['name'][4] == 'unsure') == (min_probability > 0)


def test_table_without_rows_has_all_columns():
  no_scores = Scores(np.empty((0, 3)), np.empty(0), np.empty(0))
  columns = fields.prediction_columns([], no_scores, MOODS)
  assert columns == {'label': [], 'name': [], 'p_angry': [], 'p_calm': [], 'p_sad': []}


def test_decision_is_the_most_probable_class_or_unsure():
  probabilities = np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2]])
  scores = Scores(np.log(probabilities), np.ones(2, int), np.ones(2, int))
  columns = fields.prediction_columns(['a', 'b'], scores, MOODS, DecisionRule(0.45))
  assert columns['name'] == ['sad', 'unsure']
  assert columns['label'] == [2, None]
  assert columns['p_sad'] == pytest.approx([0.5, 0.2])


def test_shares_and_bias_add_up_to_the_log_odds_in_json(run_dir):
  predictor = SentimentPredictor.load(run_dir)
  (prediction,) = fields.predict_fields(predictor, ['so sad but lovely'], explain=True)
  negative, positive = prediction['log_probabilities']
  assert math.isclose(
      sum(prediction['shares']) + prediction['bias'],
      positive - negative,
      abs_tol=1e-5,
  )
  assert len(prediction['shares']) == len(prediction['tokens'])


def test_only_negative_and_positive_classes_have_a_sentiment_field():
  assert fields.name_fields(('negative', 'positive')) == ('name', 'sentiment')
  assert fields.name_fields(MOODS) == fields.name_fields(('ham', 'spam')) == ('name',)


def test_kept_columns_get_unique_names():
  names = 'label', 'input_label', 'input_input_label', 'input_', 'labels', 'p_calm'
  kept = [fields.kept_name(name, fields.all_names(MOODS)) for name in names]
  assert kept == [
      'input_label', 'input_input_label', 'input_input_input_label', 'input_', 'labels',
      'input_p_calm',
  ]  # fmt: skip
  assert not {*kept} & fields.all_names(MOODS)
