"""Evaluation in blocks equals the evaluation of all texts at once."""

import dataclasses
import functools
import json
import math

import pytest

from trax_twitter_sentiment import SentimentPredictor
from trax_twitter_sentiment.cluster import blocks, evaluation
from trax_twitter_sentiment.corpora.labelled_texts import read_labelled
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.tables.options import LabelledOptions, ReadingOptions

COLUMNS = 'text', 'label'
NAMES = 'negative', 'positive'


@pytest.fixture(scope='module')
def predictor(run_dir):
  return SentimentPredictor.load(run_dir)


@pytest.fixture
def evaluated(predictor, tmp_path, monkeypatch):
  """Returns a function that evaluates rows of text and label in blocks."""
  path = tmp_path / 'a.jsonl'

  def evaluate(rows, on_malformed='refuse', skip_labels=frozenset()):
    lines = (json.dumps({'text': text, 'label': label}) for text, label in rows)
    path.write_text(''.join(f'{line}\n' for line in lines))
    monkeypatch.setattr(blocks, '_BLOCK_BYTES', 100)
    reading = ReadingOptions(on_malformed=on_malformed)
    options = LabelledOptions(COLUMNS, reading, skip_labels=skip_labels)
    cut = blocks.cut([str(path)], COLUMNS, reading)
    assert len(cut) > 1
    total = functools.reduce(
        evaluation.Counts.plus,
        (evaluation.count_block(predictor, block, options) for block in cut),
    )
    return evaluation.evaluate_counts(total, options, NAMES, [str(path)])

  evaluate.path = str(path)
  return evaluate


def _n_texts(evaluations):
  return evaluations['as_is'].accuracy.n_examples


ROWS = [('so sad :(', '0'), ('lovely :)', '1'), ('zzz', '1'), (':(', '1')] * 50


def test_scores_of_blocks_equal_those_of_all_texts(predictor, evaluated):
  evaluations, counts = evaluated(ROWS)
  assert (_n_texts(evaluations), counts.read.n_rows) == (200, 200)
  examples = read_labelled([evaluated.path], class_names=NAMES).examples
  for way, used in predictor.emoticon_variants().items():
    score = used.score(examples.texts).log_probabilities
    expected = scores.evaluate(score, examples.labels)
    actual = evaluations[way]
    for name in ('log_loss', 'calibration_error'):
      values = [getattr(result, name).value for result in (expected, actual)]
      assert math.isclose(*values, rel_tol=1e-9)
    inexact = {'log_loss': None, 'calibration_error': None, 'roc_auc': None}
    assert dataclasses.replace(actual, **inexact) == dataclasses.replace(
        expected, **inexact
    )


def test_recall_of_a_class_without_texts_is_none(evaluated):
  result = evaluated([('so sad :(', '0')] * 50)[0]['as_is']
  assert result.recall.value is None
  assert result.accuracy.value == 1.0
  assert result.macro_f1.value == 1.0


def test_unknown_label_is_refused_or_counted(evaluated):
  rows = [*ROWS, ('a', 'odd'), ('b', 'odd')]
  with pytest.raises(UserError, match=r"from byte .*line \d: label 'odd' is not"):
    evaluated(rows)
  evaluations, counts = evaluated(rows, on_malformed='skip')
  assert (_n_texts(evaluations), counts.read.n_skipped) == (200, 2)
  evaluations, counts = evaluated(rows, skip_labels=frozenset(['odd']))
  assert (_n_texts(evaluations), counts.n_skipped_labels) == (200, 2)
  assert evaluations == evaluated(ROWS)[0]


def test_numbers_of_other_classes_are_refused(evaluated):
  rows = [*ROWS, ('a', '2'), ('b', '3')]
  with pytest.raises(UserError, match=r'line \d: the labels 0, 1, 2, 3 are not the cl'):
    evaluated(rows, on_malformed='skip')


def test_file_without_labelled_texts_is_refused(evaluated):
  with pytest.raises(UserError, match='contains no labelled text'):
    evaluated([('a', 'odd')] * 20, skip_labels=frozenset(['odd']))
