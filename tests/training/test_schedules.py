"""Learning rates by step."""

import itertools

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.schedules import warmup_and_linear_decay


def test_rate_rises_and_falls_linearly_and_is_never_zero_within_the_run():
  rate = warmup_and_linear_decay(n_steps=20, max_value=2.0, warmup=0.2)
  rates = [rate(step) for step in range(1, 23)]
  assert rates[:4] == [0.5, 1.0, 1.5, 2.0]
  falls = [before - after for before, after in itertools.pairwise(rates[3:21])]
  assert falls == pytest.approx([2 / 17] * 17)
  assert rates[19] > 0
  assert rates[20:] == [0, 0]


@pytest.mark.parametrize('n_steps', [1, 2])
def test_shortest_runs_have_a_rate(n_steps):
  rate = warmup_and_linear_decay(n_steps=n_steps, max_value=1.0)
  assert rate(1) == 1.0


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'n_steps': 0}, 'n_steps=0 is not a positive integer'),
        ({'n_steps': 9, 'max_value': -1}, 'max_value=-1 is not a positive number'),
        ({'n_steps': 9, 'warmup': 2}, r'warmup=2 is not in \[0, 1\]'),
    ],
)
def test_bad_settings_are_refused(settings, message):
  with pytest.raises(UserError, match=message):
    warmup_and_linear_decay(**settings)
