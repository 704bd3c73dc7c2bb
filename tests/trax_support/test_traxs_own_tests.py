"""Trax's own tests have the same results with the plugin as without it."""

import pathlib
import re

import pytest
import trax
from conftest import run_python

FOLDER = pathlib.Path(trax.__file__).parent
FILES = (
    'supervised/training_test.py',
    'supervised/callbacks_test.py',
    'supervised/history_test.py',
    'supervised/trainer_lib_test.py',
    'optimizers/trainer_test.py',
    'layers/acceleration_test.py',
    'layers/base_test.py',
    'fastmath/ops_test.py',
)


def results(*plugins):
  """Returns the result of each test, by the name of the test."""
  plugins = (*plugins, 'as_old_jax', 'no:cacheprovider')
  result = run_python(
      *('-m', 'pytest', '-rA', '--tb=no', '-c', '/dev/null'),
      *(argument for name in plugins for argument in ('-p', name)),
      *(str(FOLDER / file) for file in FILES),
      PYTHONPATH=str(pathlib.Path(__file__).parent),
  )
  outcomes = re.findall(
      r'^(PASSED|FAILED|ERROR|SKIPPED) \S*?(\w+\.py\S*)', result.stdout, re.M
  )
  return {name: outcome for outcome, name in outcomes}


@pytest.mark.slow
def test_results_are_the_same():
  without = results()
  assert [*without.values()].count('PASSED') > 50
  assert results('trax_twitter_sentiment.trax_support.repairs') == without
