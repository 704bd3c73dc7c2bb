"""The fields of predictions, whatever the output."""

import math

import numpy as np
import pytest

from trax_twitter_sentiment.prediction import fields
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import DecisionRule, Scores

MOODS = 'angry', 'calm', 'sad'


@pytest.mark.parametrize('min_probability', [0.0, 0.9])
def test_json_and_tables_agree(run_dir, min_probability):
  predictor = SentimentPredictor.load(run_dir)
  rule = DecisionRule(min_probability)
  texts = ['so sad :(', 'lovely :)', None, ' ', 'zzz']
  objects = fields.predict_fields(predictor, texts, rule=rule)
  scores = predictor.score([text or '' for text in texts])
  columns = fields.prediction_columns(texts, scores, predictor.class_names, rule)
  for row, one in enumerate(objects):
    expected = {name: values[row] for name, values in columns.items()}
    probabilities = one['probabilities'] or dict.fromkeys(predictor.class_names)
    assert expected == {
        'label': one['label'],
        'name': one['name'],
        **{f'p_{name}': value for name, value in probabilities.items()},
    }
    assert one['sentiment'] == one['name']
  names = ['negative', 'positive', 'no text', 'no text']
  assert columns['name'][:4] == names
  assert columns['label'][:4] == [0, 1, None, None]
  assert (columns['name'][4] == 'unsure') == (min_probability > 0)


def test_columns_of_no_text_have_names():
  nothing = Scores(np.empty((0, 3)), np.empty(0), np.empty(0))
  columns = fields.prediction_columns([], nothing, MOODS)
  assert columns == {'label': [], 'name': [], 'p_angry': [], 'p_calm': [], 'p_sad': []}


def test_the_most_probable_of_several_classes_is_the_decision():
  probabilities = np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2]])
  scores = Scores(np.log(probabilities), np.ones(2, int), np.ones(2, int))
  columns = fields.prediction_columns(['a', 'b'], scores, MOODS, DecisionRule(0.45))
  assert columns['name'] == ['sad', 'unsure']
  assert columns['label'] == [2, None]
  assert columns['p_sad'] == pytest.approx([0.5, 0.2])


def test_explanation_adds_its_fields(run_dir):
  predictor = SentimentPredictor.load(run_dir)
  (one,) = fields.predict_fields(predictor, ['so sad but lovely'], explain=True)
  negative, positive = one['log_probabilities']
  assert math.isclose(
      sum(one['shares']) + one['bias'], positive - negative, abs_tol=1e-5
  )
  assert len(one['shares']) == len(one['tokens'])


def test_only_negative_and_positive_have_a_sentiment():
  assert fields.name_fields(('negative', 'positive')) == ('name', 'sentiment')
  assert fields.name_fields(MOODS) == fields.name_fields(('ham', 'spam')) == ('name',)


def test_kept_names_differ_from_fields_and_from_each_other():
  names = 'label', 'input_label', 'input_input_label', 'input_', 'labels', 'p_calm'
  kept = [fields.kept_name(name, fields.all_names(MOODS)) for name in names]
  assert kept == [
      'input_label', 'input_input_label', 'input_input_input_label', 'input_', 'labels',
      'input_p_calm',
  ]  # fmt: skip
  assert not {*kept} & fields.all_names(MOODS)
