"""Kills a replacement of files, and the recovery from it, at each file operation.

    python killed_anywhere.py FOLDER

Prints the number of operations, and for each kill whether the old files or the new
ones remain. The script runs in a process without Trax, because Trax starts threads, and
a process with threads cannot be forked safely.
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
  """Runs a function in a child process and kills it at a file operation.

  Returns whether the child was killed: a function with fewer operations completes.
  """
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
  remaining = []
  for operation in itertools.count():
    for recovery_operation in range(RECOVERY_OPERATIONS):
      shutil.rmtree(run, ignore_errors=True)
      os.mkdir(run)
      write(run, OLD)
      killed = killed_at(operation, replace, run)
      killed_at(recovery_operation, checkpoints.recover, run)
      checkpoints.recover(run)
      remaining.append(['old', 'new'][[OLD, NEW].index(read(run))])
    if not killed:
      break
  print(operation, *remaining)


if __name__ == '__main__':
  main(sys.argv[1])
