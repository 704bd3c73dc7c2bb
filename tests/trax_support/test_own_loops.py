"""Programs with a `training.Loop` of their own run with the plugin as without it."""

import itertools

from trax_twitter_sentiment.trax_support import repairs, safe_loop

import jax
import numpy as np
import pytest
from runs import train
from trax import layers as tl
from trax import optimizers, shapes
from trax.supervised import callbacks, trainer_lib, training

from trax_twitter_sentiment.errors import UserError

BATCH = np.eye(4, 5, dtype=np.float32), np.arange(4) % 2, np.ones(4, np.float32)


def new_model():
  return tl.Serial(tl.Dense(3), tl.Dense(2), tl.LogSoftmax())


def new_loop(model=None, optimizer=None, **arguments):
  loss = tl.WeightedCategoryCrossEntropy()
  task = training.TrainTask(
      itertools.repeat(BATCH), loss, optimizer or optimizers.Adam(0.1),
      n_steps_per_checkpoint=1,
  )  # fmt: skip
  return training.Loop(model or new_model(), task, random_seed=0, **arguments)


def arrays(weights):
  return [np.asarray(w) for w in jax.tree_util.tree_leaves(weights)]


class TestArraysThatUsersHold:
  def test_weights_before_a_run(self):
    loop = new_loop()
    before = loop.model.weights
    values = [w.copy() for w in arrays(before)]
    loop.run(4)
    np.testing.assert_array_equal(arrays(before)[0], values[0])

  def test_two_loops_over_one_model(self):
    model = new_model()
    first, second = new_loop(model), new_loop(model)
    for _ in range(2):
      first.run(2)
      second.run(2)
    assert np.isfinite(arrays(model.weights)[0]).all()

  def test_model_with_the_weights_of_a_loop(self):
    loop = new_loop()
    loop.run(2)
    other = new_model()
    other.init(shapes.signature(BATCH[0]))
    other.weights = loop.model.weights
    expected = np.asarray(loop.model(BATCH[0]))
    loop.run(2)
    np.testing.assert_array_equal(other(BATCH[0]), expected)

  @pytest.mark.parametrize('by_trainer', [False, True])
  def test_callback_that_keeps_weights(self, tmp_path, by_trainer):
    kept = []

    class Keep(callbacks.TrainingStepCallback):
      def call_at(self, step):
        return True

      def on_step_begin(self, step):
        kept.append(self._loop.model.weights)

      def on_step_end(self, step):
        kept.append(self._loop.model.weights)

    if by_trainer:
      with repairs.extra_callback(Keep):
        train(tmp_path, 'train.steps=3')
    else:
      new_loop(callbacks=[Keep]).run(3)
    assert len(kept) == 6
    assert all(np.isfinite(w).all() for weights in kept for w in arrays(weights))


def test_trainer_uses_the_safe_loop_and_programs_traxs(tmp_path):
  assert training.Loop.__module__ == 'trax.supervised.training'
  assert isinstance(train(tmp_path), safe_loop.SafeLoop)
  assert not isinstance(new_loop(), safe_loop.SafeLoop)
  assert trainer_lib.training.TrainTask is training.TrainTask


def test_loop_of_a_program_goes_on(tmp_path):
  new_loop(output_dir=str(tmp_path)).run(2)
  loop = new_loop(output_dir=str(tmp_path))
  assert loop.step == 2
  loop.run(1)


def test_other_optimizer_over_a_checkpoint_is_named(tmp_path):
  new_loop(output_dir=str(tmp_path)).run(1)
  with pytest.raises(UserError, match='with another optimizer'):
    new_loop(output_dir=str(tmp_path), optimizer=optimizers.Momentum(0.1))


def test_other_model_over_a_checkpoint_is_named(tmp_path):
  new_loop(output_dir=str(tmp_path)).run(1)
  other = tl.Serial(tl.Dense(7), tl.Dense(2), tl.LogSoftmax())
  message = 'of another model .its weights differ in size'
  with pytest.raises(UserError, match=message) as error:
    new_loop(other, output_dir=str(tmp_path))
  assert isinstance(error.value, IndexError)  # As programs without the plugin expect.


@pytest.mark.parametrize('first', [optimizers.Adam, optimizers.Momentum])
def test_safe_loop_names_both_optimizers(tmp_path, monkeypatch, first):
  monkeypatch.setattr(training, 'Loop', safe_loop.SafeLoop)
  both = {optimizers.Adam, optimizers.Momentum}
  (second,) = both - {first}
  new_loop(output_dir=str(tmp_path), optimizer=first(0.1)).run(1)
  message = f'another optimizer .{first.__name__}; now {second.__name__}'
  with pytest.raises(UserError, match=message):
    new_loop(output_dir=str(tmp_path), optimizer=second(0.1))
