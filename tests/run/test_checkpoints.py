"""Checkpoints: files that are replaced together or not at all."""

import pathlib

import pytest
from conftest import run_python
from killed_anywhere import NEW, OLD, read, write

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run import checkpoints


def test_named_files_are_replaced_and_others_stay(tmp_path):
  write(tmp_path, {**OLD, 'other': b'stays'})
  with checkpoints.replacing(str(tmp_path)) as folder:
    write(folder, NEW)
    assert read(folder) == NEW
  assert read(tmp_path) == {**NEW, 'other': b'stays'}


def test_error_leaves_all_files_unchanged(tmp_path):
  write(tmp_path, OLD)
  with pytest.raises(OSError), checkpoints.replacing(str(tmp_path)) as folder:
    write(folder, NEW)
    raise OSError
  assert read(tmp_path) == OLD


def test_kill_at_any_operation_leaves_all_old_or_all_new_files(tmp_path):
  script = pathlib.Path(__file__).with_name('killed_anywhere.py')
  result = run_python(str(script), str(tmp_path))
  assert result.returncode == 0, result.stderr
  n_operations, *remaining = result.stdout.split()
  assert int(n_operations) > 10
  # After the first kill that leaves the new files, no kill leaves the old ones.
  assert remaining == sorted(remaining, reverse=True)
  assert set(remaining) == {'old', 'new'}


@pytest.fixture
def described(tmp_path):
  write(tmp_path, {**OLD, 'model_1.pkl.gz': b'another'})
  checkpoints.describe(str(tmp_path), 'model', {'step': 3})
  return tmp_path


def test_described_state_is_read(described):
  assert checkpoints.verified_state(str(described), 'model') == {'step': 3}
  assert checkpoints.verified_state(str(described), 'model_1') is None


@pytest.mark.parametrize('content', [None, b'', b'ole', b'old+'])
def test_missing_or_damaged_checkpoint_file_is_named(described, content):
  path = described / 'model.pkl.gz'
  path.unlink()
  if content is not None:
    path.write_bytes(content)
  with pytest.raises(UserError, match=f'{path} is missing, damaged, or older'):
    checkpoints.verified_state(str(described), 'model')


def test_files_of_other_checkpoints_are_ignored(described):
  (described / 'model_1.pkl.gz').unlink()
  assert checkpoints.verified_state(str(described), 'model') == {'step': 3}


@pytest.mark.parametrize(
    'content',
    ['', '[]', '{}', '{"format": 2}', '[' * 10_000, '{"format": 1, "state": 1}', '\0',
     '{"format": 1, "state": {}, "files": [1]}'],
)  # fmt: skip
def test_malformed_description_is_named(described, content):
  path = described / 'model.checkpoint.json'
  path.write_text(content)
  with pytest.raises(UserError, match=f"{path} is not a checkpoint's description"):
    checkpoints.verified_state(str(described), 'model')
