"""Kills the replacement of files at each of its operations, and what recovers from it.

    python killed_anywhere.py FOLDER

Prints the number of operations, and for each kill whether it left the old files or
the new ones. In a process of its own: one with Trax has threads, which forks lack.
"""

import itertools
import os
import shutil
import signal
import sys

from trax_twitter_sentiment.run import checkpoints

OLD = {'model.pkl.gz': b'old', 'model.weights.npy.gz': b'old weights'}
NEW = {'model.pkl.gz': b'new', 'model.weights.npy.gz': b'new weights', 'more': b'm'}
RECOVERY_OPERATIONS = 12


def write(folder, contents):
  for name, content in contents.items():
    with open(os.path.join(folder, name), 'wb') as file:
      file.write(content)


def read(folder):
  contents = {}
  for name in os.listdir(folder):
    with open(os.path.join(folder, name), 'rb') as file:
      contents[name] = file.read()
  return contents


def replace(folder):
  with checkpoints.replacing(folder) as new:
    write(new, NEW)


def killed_at(operation, function, folder):
  """Returns whether a child was killed at an operation on files, or got done first."""
  child = os.fork()
  if child == 0:
    countdown = itertools.count(operation, -1)

    def kill(event, _):
      if event.startswith(('open', 'os.', 'shutil.')) and next(countdown) == 0:
        os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    function(folder)
    os._exit(0)
  return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(folder):
  run = os.path.join(folder, 'run')
  left = []
  for operation in itertools.count():
    for recovery_operation in range(RECOVERY_OPERATIONS):
      shutil.rmtree(run, ignore_errors=True)
      os.mkdir(run)
      write(run, OLD)
      killed = killed_at(operation, replace, run)
      killed_at(recovery_operation, checkpoints.recover, run)
      checkpoints.recover(run)
      left.append(['old', 'new'][[OLD, NEW].index(read(run))])
    if not killed:
      break
  print(operation, *left)


if __name__ == '__main__':
  main(sys.argv[1])
