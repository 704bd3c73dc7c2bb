"""The verdict, in words."""

import numpy as np
import pytest

from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.notation import percent
from trax_twitter_sentiment.reporting import mistakes, slices, variants
from trax_twitter_sentiment.reporting.verdict import verdict

NAMES = ('negative', 'positive')


def variant(title, n_right, n_right_of_baseline, n_texts=1000):
  """Returns a variant: of all texts, the first ones are right."""
  labels = np.zeros(n_texts, int)

  def predictions(n):
    return np.log(np.where(np.arange(n_texts)[:, None] < n, [0.8, 0.2], [0.2, 0.8]))

  ours, theirs = predictions(n_right), predictions(n_right_of_baseline)
  right = [each.argmax(axis=1) == labels for each in (ours, theirs)]
  baseline = variants.Baseline(
      'logistic regression',
      scores.evaluate(theirs, labels, NAMES),
      slices.mcnemar(*right).p_value,
  )
  confusions = mistakes.confusions([''] * n_texts, labels, ours)
  evaluation = scores.evaluate(ours, labels, NAMES)
  return variants.Variant(
      title, ours, labels, evaluation, [baseline], confusions, [], [], [], {}
  )


def test_run_above_its_baseline():
  assert verdict([variant('', 800, 700)], NAMES, 'texts') == [
      '80.0% of 1,000 texts are classified correctly: 10.0 points above logistic '
      'regression (70.0%).',
      'The commonest mistake: 200 of 1,000 negative texts are taken for positive.',
  ]


def test_loss_to_the_baseline_is_the_first_sentence():
  lines = verdict(
      [
          variant(variants.WITH, 999, 980),
          variant(variants.WITHOUT, 679, 750),
      ],
      NAMES,
      'tweets',
  )
  assert lines[:3] == [
      'This run loses to a simple baseline.',
      'By words alone, 67.9% of 1,000 tweets are classified correctly: 7.1 points '
      'below logistic regression (75.0%).',
      'With emoticons, 99.9% of 1,000 tweets are classified correctly: 1.9 points '
      'above logistic regression (98.0%).',
  ]


def test_difference_that_chance_explains_is_no_loss():
  first, _ = verdict([variant('', 700, 702)], NAMES, 'texts')
  assert 'below logistic regression (70.2%; chance may explain this)' in first


def test_run_without_mistakes():
  (sentence,) = verdict([variant('', 1000, 1000)], NAMES, 'texts')
  assert sentence == (
      '100.0% of 1,000 texts are classified correctly: as many as logistic regression '
      '(100.0%).'
  )


@pytest.mark.parametrize(
    ('share', 'text'),
    [
        (0.6785, '67.9%'), (0.9995, '>99.9%'), (1.0, '100.0%'), (0.0, '0.0%'),
        (0.0004, '<0.1%'), (0.7495, '75.0%'),
    ],
)  # fmt: skip
def test_percent(share, text):
  assert percent(share) == text
