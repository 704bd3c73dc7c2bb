"""Kills the stock trainer at random instants, and has it go on."""

import gzip
import os
import random
import re
import shutil
import time

import pytest
from forked import start_trainer

from trax_twitter_sentiment.run import checkpoints

# `make soak` sets SOAK.
MANY_KILLS = 200 if os.environ.get('SOAK') else 30
STEPS = 40
SETTINGS = (
    f'train.steps={STEPS}',
    # Each step ends in a checkpoint, and often in a second one.
    'checkpoint_steps.interval=1',
    'train.eval_frequency=1',
    'train.eval_steps=1',
    "train.checkpoint_highest='accuracy'",
    # Random numbers have a part in the weights.
    'TwitterClassifier.embedding_dropout=0.2',
)
ARRAYS = ('opt_slots0', 'weights')
FILES = [
    'data_counters0.pkl',
    *(f'model.{name}.npy.gz' for name in ARRAYS),
    'model.pkl.gz',
    'model.checkpoint.json',
    *(f'highest_accuracy.{name}.npy.gz' for name in ARRAYS),
]
# What is certain to be killed in the midst of, in as many attempts.
LONG_TO_WRITE = {'model.opt_slots0.npy.gz', 'model.weights.npy.gz'}
PARTIAL, READY = checkpoints._PARTIAL, checkpoints._READY


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory):
  """The directory of a run that nothing ended, with the checkpoint of each step."""
  folder = tmp_path_factory.mktemp('uninterrupted')
  process = start_trainer(
      folder, folder / 'log', *SETTINGS, 'train.permanent_checkpoint_frequency=1'
  )
  process.join()
  assert process.exitcode == 0, (folder / 'log').read_text()
  return folder


def arrays(folder, name):
  """Returns the bytes of a checkpoint's arrays; what made them differs in its time."""
  return [gzip.decompress((folder / f'{name}.{a}.npy.gz').read_bytes()) for a in ARRAYS]


@pytest.mark.parametrize(
    ('n_kills', 'at_any_time', 'files'),
    [
        (4, 0, sorted(LONG_TO_WRITE)),
        pytest.param(MANY_KILLS, 0.4, [*FILES, READY], marks=pytest.mark.slow),
    ],
)
def test_run_that_is_killed_again_and_again_loses_nothing(
    tmp_path, uninterrupted, n_kills, at_any_time, files
):
  rng = random.Random(0)
  run, log = tmp_path / 'run', tmp_path / 'log'
  step, kills, seen = 0, 0, set()
  while kills < n_kills or not seen >= LONG_TO_WRITE:
    assert kills < n_kills + 30, f'Only {seen} were being written at a kill.'
    log.write_text('')
    process = start_trainer(run, log, *SETTINGS)
    if kills >= n_kills:  # Only the writing of these files is still to be interrupted.
      _wait_for(process, run, f'{min(LONG_TO_WRITE - seen)}._tmp_')
    elif rng.random() < at_any_time:
      process.join(rng.uniform(0.0, 6.0))
    else:
      # So many more steps that the kills are all over the run.
      for _ in range(rng.random() < 0.7 * STEPS / n_kills):
        _wait_for(process, run, READY)
      _wait_for(process, run, rng.choice(files))
      time.sleep(rng.choice([0, 0, 0.001, 0.03]))
    if not process.is_alive():
      _check_end(process, log, run, uninterrupted)
      shutil.rmtree(run)
      step = 0
      continue
    process.kill()
    process.join()
    kills += 1
    seen |= _being_written(run)
    trained = _steps_in(log)
    assert trained[:1] in ([], [step + 1]), 'It went on from another checkpoint.'
    next_step = _step_to_go_on_from(run, tmp_path / 'copy', uninterrupted)
    # The last step that was trained may not have got its checkpoint.
    assert next_step >= max([step, *(last - 1 for last in trained[-1:])])
    step = next_step
  process = start_trainer(run, log, *SETTINGS)
  process.join()
  _check_end(process, log, run, uninterrupted)


def _check_end(process, log, run, uninterrupted):
  """Checks that a run that was killed and went on came to what it should come to."""
  assert process.exitcode == 0, log.read_text()
  for name in ('model', 'highest_accuracy'):
    assert arrays(run, name) == arrays(uninterrupted, name)
    states = (checkpoints.verified_state(str(f), name) for f in (run, uninterrupted))
    assert next(states) == next(states)


def _wait_for(process, run, name):
  """Waits until a file of a checkpoint, or a whole one, is being written."""
  candidates = [run / name] if name == READY else [
      run / PARTIAL / name, run / PARTIAL / f'{name}._tmp_'
  ]  # fmt: skip
  while process.is_alive() and not any(map(os.path.exists, candidates)):
    pass  # It may be there for a millisecond.


def _being_written(run):
  """Returns the file that a killed process was writing, or that it had them all."""
  if (run / READY).exists():
    return {READY}
  names = {path.name for path in (run / PARTIAL).glob('*._tmp_')}
  return {name.removesuffix('._tmp_') for name in names}


def _steps_in(log):
  """Returns the steps that a process has trained and evaluated."""
  lines = re.findall(r'^Step +(\d+): eval +accuracy', log.read_text(), re.M)
  return list(map(int, lines))


def _step_to_go_on_from(run, copy, uninterrupted):
  """Returns the step of a killed run's checkpoint, after a look at its arrays."""
  if not run.exists():
    return 0
  shutil.copytree(run, copy)
  checkpoints.recover(str(copy))
  state = checkpoints.verified_state(str(copy), 'model')
  if state is not None:
    assert arrays(copy, 'model') == arrays(uninterrupted, f'model_{state["step"]}')
  shutil.rmtree(copy)
  return state['step'] if state else 0
