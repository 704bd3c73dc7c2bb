"""Output directories of runs: to whom they belong, and what they hold."""

import errno
import os
import sys
from collections.abc import Iterable
from typing import Any

import jax
import tensorflow as tf

from trax_twitter_sentiment.run import checkpoints, lock, settings

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


def prepare(folder: str, callbacks: Iterable[Any]) -> None:
  """Claims an output directory, and checks that the run in it fits."""
  # Other hosts only read, except for their own data counters.
  if jax.process_index() == 0:
    lock.claim(folder)
    checkpoints.recover(folder)
  if has_only_remains(folder):
    print(
        f'{folder} holds files of a run, but no checkpoint: training starts anew and '
        'replaces them.',
        file=sys.stderr,
    )
    return
  for callback in callbacks:
    # A mismatch is explained before the checkpoint is loaded.
    if hasattr(callback, 'check_output_dir'):
      callback.check_output_dir(folder)


def has_only_remains(folder: str) -> bool:
  """Returns whether a folder holds files of a run, but no checkpoint.

  The files of a checkpoint are replaced together, so a crash does not leave some of
  them: either a user removed the checkpoint, or the run ended before its first one.
  """
  names = os.listdir(folder) if os.path.isdir(folder) else []
  remains = {settings.CONFIG_FILE, 'model.checkpoint.json'} & {*names}
  return bool(remains) and not any(name.endswith('.pkl.gz') for name in names)


def is_disk_error(error: BaseException) -> bool:
  """Returns whether an error says that nothing can be written."""
  return isinstance(error, (OSError, tf.errors.OpError)) and any(
      os.strerror(number) in str(error) for number in _DISK_ERRORS
  )


def reason(error: BaseException) -> str:
  """Returns the message of an error; that of TensorFlow's errors names the file."""
  return getattr(error, 'message', str(error))


def is_local(folder: str) -> bool:
  """Returns whether a folder is on this machine; Trax can also write to buckets."""
  return '://' not in os.fspath(folder)
