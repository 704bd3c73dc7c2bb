import time

import pytest
import tensorflow as tf
from runs import train

from trax_twitter_sentiment.run.curves import read_curves


def write_events(path, *events):
  """Writes an event file of `(step, tag, value)`."""
  path.parent.mkdir(exist_ok=True)
  with tf.io.TFRecordWriter(str(path)) as writer:
    for step, tag, value in events:
      values = [tf.compat.v1.Summary.Value(tag=tag, simple_value=value)]
      summary = tf.compat.v1.Summary(value=values)
      event = tf.compat.v1.Event(step=step, summary=summary)
      writer.write(event.SerializeToString())


def test_curves_are_those_of_the_loops_history(tmp_path):
  loop = train(tmp_path, 'train.steps=4', 'train.eval_frequency=2')
  for mode, names in (
      ('train', ['WeightedCategoryCrossEntropy']),
      ('eval', ['cross_entropy', 'accuracy']),
  ):
    curves = read_curves(str(tmp_path / mode))
    assert [*curves] == names
    for name in names:
      expected = dict(loop.history.get(mode, f'metrics/{name}'))
      assert [*expected] == [1, 2, 4]
      assert [*curves[name]] == [*expected]
      assert curves[name] == pytest.approx(expected, rel=1e-6)


def test_run_that_was_started_again_has_one_curve(tmp_path):
  first = train(tmp_path, 'train.steps=2', 'train.eval_frequency=2')
  start = dict(first.history.get('eval', 'metrics/accuracy'))
  time.sleep(1)  # Trax names a file by the second; in the same one it'd be replaced.
  train(tmp_path, 'train.steps=6', 'train.eval_frequency=2')
  assert len([*(tmp_path / 'eval').iterdir()]) == 2
  accuracy = read_curves(str(tmp_path / 'eval'))['accuracy']
  assert [*accuracy] == [1, 2, 4, 6]
  assert accuracy[2] == pytest.approx(start[2])


def test_later_file_counts_where_two_tell_of_a_step(tmp_path):
  tag = 'metrics/accuracy'
  # The later one is written, and listed, first.
  write_events(tmp_path / 'events.out.tfevents.0000000200.b', (4, tag, 0.75))
  events = [(6, tag, 1), (4, tag, 0), (2, tag, 0)]
  write_events(tmp_path / 'events.out.tfevents.0000000100.a', *events)
  curve = read_curves(str(tmp_path))['accuracy']
  assert [*curve.items()] == [(2, 0), (4, 0.75), (6, 1)]


def test_other_values_are_no_curves(tmp_path):
  write_events(tmp_path / 'events.out.tfevents.1.a', (1, 'training/learning_rate', 1))
  assert read_curves(str(tmp_path)) == {}


def test_file_that_was_cut_off_counts_as_far_as_it_goes(tmp_path):
  path = tmp_path / 'events.out.tfevents.1.a'
  write_events(path, *((step, 'metrics/loss', 0.5) for step in range(1, 4)))
  path.write_bytes(path.read_bytes()[:-5])
  assert read_curves(str(tmp_path)) == {'loss': {1: 0.5, 2: 0.5}}


@pytest.mark.parametrize('position', [3, 14, 30, -2])
def test_file_that_is_damaged_counts_up_to_there(tmp_path, position):
  path = tmp_path / 'events.out.tfevents.1.a'
  write_events(path, (1, 'metrics/loss', 0.5), (2, 'metrics/loss', 0.25))
  content = bytearray(path.read_bytes())
  second = len(content) // 2
  content[second + position if position >= 0 else position] ^= 0x10
  path.write_bytes(content)
  assert read_curves(str(tmp_path)) == {'loss': {1: 0.5}}


def test_folder_without_event_files_has_no_curves(tmp_path):
  assert read_curves(str(tmp_path)) == {}
  assert read_curves(str(tmp_path / 'missing')) == {}


def test_folder_may_have_any_name(tmp_path):
  folder = tmp_path / 'lr=[0.1]*'
  write_events(folder / 'events.out.tfevents.1.a', (1, 'metrics/loss', 2))
  assert read_curves(str(folder)) == {'loss': {1: 2}}
