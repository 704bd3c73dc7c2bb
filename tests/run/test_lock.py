"""The lock of an output directory."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run import lock

CLAIM = """
import sys, time
from trax_twitter_sentiment.run import lock
lock.claim(sys.argv[1])
print('claimed', flush=True)
time.sleep(1000)
"""


@pytest.fixture
def other(tmp_path):
  """Yields a process that has claimed `tmp_path / 'run'`."""
  with subprocess.Popen(
      [sys.executable, '-c', CLAIM, tmp_path / 'run'], stdout=subprocess.PIPE
  ) as process:
    assert process.stdout.readline() == b'claimed\n'
    yield process
    process.kill()


def test_claimed_folder_is_refused_until_its_process_ends(tmp_path, other):
  for _ in range(2):  # A refused claim leaves the lock as it is.
    with pytest.raises(UserError, match=f'in use by another run, process {other.pid}'):
      lock.claim(tmp_path / 'run')
  other.send_signal(signal.SIGKILL)
  other.wait()
  lock.claim(tmp_path / 'run')


def test_process_may_claim_a_folder_again(tmp_path):
  (tmp_path / 'link').symlink_to('run')
  for folder in ('run', 'run', 'link', f'../{tmp_path.name}/run'):
    lock.claim(tmp_path / folder)


def test_recreated_folder_is_locked_again(tmp_path):
  run = tmp_path / 'run'
  lock.claim(run)
  shutil.rmtree(run)
  lock.claim(run)
  result = subprocess.run(
      [sys.executable, '-c', CLAIM, run], capture_output=True, text=True, check=False
  )
  assert f'in use by another run, process {os.getpid()}' in result.stderr


@pytest.mark.parametrize('number', [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_file_system_without_locks_is_accepted(tmp_path, monkeypatch, number):
  def flock(descriptor, operation):
    raise OSError(number, os.strerror(number))

  monkeypatch.setattr(fcntl, 'flock', flock)
  lock.claim(tmp_path / 'run')


def test_file_instead_of_the_folder_is_named(tmp_path):
  (tmp_path / 'run').write_text('a file')
  with pytest.raises(UserError, match='run cannot be written to: '):
    lock.claim(tmp_path / 'run')
