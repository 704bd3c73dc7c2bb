"""Checks of output directories, and errors of writing to them."""

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
  # The first host writes. The other hosts write only their own data counters.
  if jax.process_index() == 0:
    lock.claim(folder)
    checkpoints.recover(folder)
  if has_only_remains(folder):
    print(
        f'{folder} contains files of a run, but no checkpoint, so training starts anew '
        'and replaces these files.',
        file=sys.stderr,
    )
    return
  for callback in callbacks:
    # A callback's error explains a mismatch. Trax's error would not.
    if hasattr(callback, 'check_output_dir'):
      callback.check_output_dir(folder)


def has_only_remains(folder: str) -> bool:
  """Returns whether a folder contains files of a run, but no checkpoint.

  Either a user removed the checkpoint, or the run ended before its first checkpoint. A
  crash does not remove a checkpoint, since all its files are replaced together.
  """
  names = os.listdir(folder) if os.path.isdir(folder) else []
  remains = {settings.CONFIG_FILE, 'model.checkpoint.json'} & {*names}
  return bool(remains) and not any(name.endswith('.pkl.gz') for name in names)


def is_disk_error(error: BaseException) -> bool:
  """Returns whether an error means that the disk cannot be written to."""
  return isinstance(error, (OSError, tf.errors.OpError)) and any(
      os.strerror(number) in str(error) for number in _DISK_ERRORS
  )


def reason(error: BaseException) -> str:
  """Returns the message of an error, without TensorFlow's details."""
  return getattr(error, 'message', str(error))
