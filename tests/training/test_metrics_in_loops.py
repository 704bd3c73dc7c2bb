"""Each metric, alone and combined, in the loop of Trax, on one and two devices."""

import json
import pathlib

import forked
import pytest
from conftest import run_python

SCRIPT = pathlib.Path(__file__).with_name('metrics_in_loops.py')


def check(result):
  assert result.returncode == 0, result.stderr
  values = json.loads(result.stdout.splitlines()[-1])
  assert values.pop('is_stock')
  assert len(values) == 4
  for combined, alone, expected in values.values():
    assert 0.1 < expected < 1
    assert combined == pytest.approx(expected, rel=1e-6)
    assert alone == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize('n_devices', [1, 2])
def test_metrics_of_a_loop_equal_those_of_scikit_learn(n_devices):
  flags = f'--xla_force_host_platform_device_count={n_devices}'
  check(forked.run('-m', SCRIPT.stem, cwd=SCRIPT.parent, XLA_FLAGS=flags))


@pytest.mark.parametrize('n_devices', [1, pytest.param(2, marks=pytest.mark.slow)])
def test_metrics_are_exact_if_the_loop_is_imported_before_the_plugin(n_devices):
  flags = f'--xla_force_host_platform_device_count={n_devices}'
  check(run_python(str(SCRIPT), 'before', XLA_FLAGS=flags))
