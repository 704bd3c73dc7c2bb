"""The accuracy of the notebook, as a function and as a layer."""

import warnings

import forked
import numpy as np
import pytest
from trax.fastmath import numpy as jnp

from trax_twitter_sentiment.training.metrics import (
    WeightedBinaryAccuracy,
    compute_accuracy,
)

PREDS = np.log(np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.4, 0.6]], np.float32))
LABELS = np.array([0, 0, 1, 1], np.int32)
WEIGHTS = np.array([3.0, 1.0, 0.5, 0.5], np.float32)


@pytest.mark.parametrize('array', [np.asarray, jnp.asarray])
def test_correct_examples_count_by_their_weights(array):
  # The first and the last predictions are right. The third one is a tie, so negative.
  result = compute_accuracy(array(PREDS), array(LABELS), array(WEIGHTS))
  np.testing.assert_allclose(result, (0.7, 3.5, 5.0), rtol=1e-6)


def test_weights_that_sum_to_zero_give_nan():
  with warnings.catch_warnings():
    warnings.simplefilter('ignore', RuntimeWarning)
    accuracy, correct, total = compute_accuracy(PREDS, LABELS, np.zeros(4))
  assert np.isnan(accuracy)
  assert (correct, total) == (0, 0)


def test_layer_computes_the_weighted_accuracy():
  layer = WeightedBinaryAccuracy()
  assert layer.n_in == 3
  assert layer.name == 'WeightedBinaryAccuracy'
  np.testing.assert_allclose(layer((PREDS, LABELS, WEIGHTS)), 0.7, rtol=1e-6)


_DEVICES_SCRIPT = """
from trax_twitter_sentiment.trax_support import repairs
import numpy as np
from trax import fastmath, layers as tl
from trax_twitter_sentiment import WeightedBinaryAccuracy, compute_accuracy
n_devices = fastmath.local_device_count()
rng = np.random.default_rng(0)
batch = (
    rng.normal(size=(16, 2)).astype(np.float32),
    rng.integers(0, 2, 16).astype(np.int32),
    (rng.random(16) * (np.arange(16) < 5)).astype(np.float32),
)
layer = WeightedBinaryAccuracy()
accuracy, _ = tl.jit_forward(layer.pure_fn, n_devices)(
    batch, (), (), fastmath.random.get_prng(0))
print(n_devices, float(accuracy), float(compute_accuracy(*batch)[0]))
"""


@pytest.mark.parametrize('n_devices', [2, 4])
def test_several_devices_report_the_accuracy_of_the_whole_batch(tmp_path, n_devices):
  (tmp_path / 'devices.py').write_text(_DEVICES_SCRIPT)
  result = forked.run(
      '-m',
      'devices',
      cwd=tmp_path,
      XLA_FLAGS=f'--xla_force_host_platform_device_count={n_devices}',
  )
  devices, accuracy, expected = result.stdout.split()
  assert int(devices) == n_devices
  assert float(accuracy) == pytest.approx(float(expected), rel=1e-6)
