"""What the command lines share."""

import gc
import os
import sys
from collections.abc import Callable
from typing import Any

from absl import app, flags

from trax_twitter_sentiment.errors import UserError

# So that a command's --help shows the flags that are defined here for it.
flags.disclaim_key_flags()

# As a shell reports a process that SIGPIPE or SIGINT ended.
_CLOSED_PIPE, _INTERRUPTED = 128 + 13, 128 + 2


def run(main: Callable[[list[str]], None]) -> None:
  """Runs a command line's `main` with the arguments that are not flags.

  A `UserError` is shown in one line on stderr, with exit status 1. A reader that
  goes away (`| head`) and Ctrl-C end the command without a traceback.
  """

  def guarded(arguments: list[str]) -> int:
    try:
      main(arguments[1:])
      sys.stdout.flush()
      # Python would go through all objects once more before it exits.
      gc.freeze()
    except UserError as error:
      # Names and contents of files may be part of it.
      print(f'ERROR: {printable(error.message)}', file=sys.stderr)
      return 1
    except BrokenPipeError:
      # Python would flush stdout once more at exit, and complain.
      os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
      return _CLOSED_PIPE
    except KeyboardInterrupt:
      return _INTERRUPTED
    return 0

  app.run(guarded)


class _PathParser(flags.ArgumentParser):
  """Takes `~` for the home directory, which shells leave in `--flag=~/file`."""

  def parse(self, argument: str) -> str:
    return os.path.expanduser(argument)

  def flag_type(self) -> str:
    return 'path'


def define_path(name: str, help_text: str, required: bool = False) -> Any:
  """Defines a flag that is a path."""
  return flags.DEFINE(_PathParser(), name, None, help_text, required=required)


def define_model_dir() -> flags.FlagHolder[str]:
  """Defines the required flag `--model_dir`."""
  return define_path('model_dir', "A run's output directory.", required=True)


def warn_of_damaged_lines(n_damaged: int) -> None:
  """Says on stderr how many lines of an input were not UTF-8, if any were."""
  if n_damaged:
    print(
        f'WARNING: {n_damaged} lines were not UTF-8; their damaged parts count as '
        'unknown.',
        file=sys.stderr,
    )


def printable(text: str) -> str:
  """Returns `text` in one line, without characters that a terminal would act on."""
  return ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
