"""The history of a run: its curves and its time."""

import json
import os

import pytest
from runs import train
from trax.supervised import history as trax_history

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.history import HISTORY_FILE, History


def test_history_of_a_run_equals_that_of_its_loop(tmp_path):
  loop = train(tmp_path, 'train.steps=4', 'train.eval_frequency=2')
  history = History.load(tmp_path)
  assert [*history.train_curves] == ['WeightedCategoryCrossEntropy']
  assert [*history.eval_curves] == ['accuracy', 'cross_entropy']
  for mode, curves in (('train', history.train_curves), ('eval', history.eval_curves)):
    for name, curve in curves.items():
      assert curve == dict(loop.history.get(mode, f'metrics/{name}'))
      assert [*curve] == [1, 2, 4]


def test_resumed_run_continues_its_history(tmp_path):
  train(tmp_path, 'train.steps=2', 'train.eval_frequency=2')
  first = History.load(tmp_path)
  train(tmp_path, 'train.steps=6', 'train.eval_frequency=2')
  both = History.load(tmp_path)
  accuracy = both.eval_curves['accuracy']
  assert [*accuracy] == [1, 2, 4, 6]
  assert accuracy[2] == first.eval_curves['accuracy'][2]
  assert both.seconds > first.seconds > 0
  assert both.saved_at > first.saved_at


def test_curve_contains_only_the_main_evaluation_stream():
  # Trax appends the values of additional streams under the same name.
  loop_history = trax_history.History()
  for step in (1, 2):
    for value in (0.9, 0.5):
      loop_history.append('eval', 'metrics/accuracy', step, value)
  loop_history.append('train', 'training/steps per second', 1, 3.0)
  history = History.of_loop(loop_history)
  assert history.eval_curves == {'accuracy': {1: 0.9, 2: 0.9}}
  assert history.train_curves == {}


def test_missing_file_is_an_empty_history(tmp_path):
  assert History.load(tmp_path) == History()
  assert History.load(tmp_path / 'missing') == History()


@pytest.mark.parametrize('value', [float('nan'), float('inf'), 1e-45, 0.0])
def test_saved_history_loads_unchanged(tmp_path, value):
  history = History({'loss': {1: value}}, {'ä/b': {1: 0.5, 20: 1.0}}, 2.5, 1e9)
  history.save(tmp_path)
  assert repr(History.load(tmp_path)) == repr(history)


CURVES = {'train': {}, 'eval': {}, 'seconds': 1, 'saved_at': 1}


@pytest.mark.parametrize(
    'content',
    [
        '', '{', '[]', '{}', '[' * 10**5, json.dumps({**CURVES, 'train': []}),
        json.dumps({**CURVES, 'eval': {'accuracy': [1]}}),
        json.dumps({**CURVES, 'eval': {'accuracy': [[1, 'x']]}}),
        json.dumps({**CURVES, 'eval': {'accuracy': [[1e999, 1]]}}),
        json.dumps({**CURVES, 'eval': {f'{i}': [[1, 1]] for i in range(101)}}),
        json.dumps({**CURVES, 'seconds': None}),
    ],
)  # fmt: skip
def test_damaged_file_is_named(tmp_path, content):
  (tmp_path / HISTORY_FILE).write_text(content)
  with pytest.raises(UserError, match=r"history\.json is not a run's history: .+\.$"):
    History.load(tmp_path)


@pytest.mark.parametrize('make', [os.mkdir, os.mkfifo])
def test_folder_or_pipe_instead_of_the_file_is_named(tmp_path, make):
  make(tmp_path / HISTORY_FILE)
  with pytest.raises(UserError, match='history.json: '):
    History.load(tmp_path)
