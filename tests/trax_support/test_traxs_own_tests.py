"""Trax's own tests pass with the plugin, if they pass without it."""

import json
import pathlib

import pytest
from conftest import run_python

SCRIPT = pathlib.Path(__file__).with_name('traxs_own_tests.py')
TEST_MODULES = ('trax.supervised.training_test', 'trax.supervised.callbacks_test')


def passed_tests(*imports):
  result = run_python(str(SCRIPT), *imports, '--', *TEST_MODULES)
  return {*json.loads(result.stdout)}


@pytest.mark.slow
def test_no_test_of_trax_fails_because_of_the_plugin():
  without = passed_tests()
  assert len(without) > 20
  with_plugin = passed_tests('trax_twitter_sentiment.register')
  assert without <= with_plugin
  # The plugin repairs checkpoints.
  name = 'trax.supervised.training_test.TrainingTest.test_restores_from_smaller_model'
  assert name in with_plugin - without
