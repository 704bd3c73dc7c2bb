"""What the command lines share."""

import errno
import gc
import io
import os
import sys
from collections.abc import Callable
from typing import Any

from absl import app, flags

import trax_twitter_sentiment
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import delimited, options
from trax_twitter_sentiment.tables.escapes import printable
from trax_twitter_sentiment.tables.file_formats import FORMATS
from trax_twitter_sentiment.tables.table_reader import RowCounts, TableReader

# So that a command's --help shows the flags that are defined here for it.
flags.disclaim_key_flags()

# As a shell reports a process that SIGPIPE or SIGINT ended.
_CLOSED_PIPE, _INTERRUPTED = 128 + 13, 128 + 2

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _VersionFlag(flags.BooleanFlag):
  """Ends the command when it is parsed, before any flag is missed."""

  def __init__(self):
    super().__init__('version', False, 'Print the version of the package.')

  def parse(self, argument: Any) -> None:
    if self._parse(argument):
      print(f'trax_twitter_sentiment {trax_twitter_sentiment.__version__}')
      sys.exit(0)


flags.DEFINE_flag(_VersionFlag())


def run(main: Callable[[list[str]], None]) -> None:
  """Runs a command line's `main` with the arguments that are not flags.

  A `UserError` and a full disk are shown in one line on stderr, with exit status 1. A
  reader that goes away (`| head`) and Ctrl-C end the command without a traceback.
  """

  # A text may have characters that the terminal's encoding lacks.
  if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors='backslashreplace')

  def guarded(arguments: list[str]) -> int:
    try:
      main(arguments[1:])
      sys.stdout.flush()
      # Python would go through all objects once more before it exits.
      gc.freeze()
    except UserError as error:
      # Names and contents of files may be part of it.
      return _failed(error.message)
    except BrokenPipeError:
      _discard_stdout()
      return _CLOSED_PIPE
    except KeyboardInterrupt:
      return _INTERRUPTED
    except OSError as error:
      if error.errno not in _NO_ROOM:
        raise
      _discard_stdout()
      return _failed(f'{error.filename or "standard output"}: {error.strerror}.')
    return 0

  app.run(guarded)


def _failed(message: str) -> int:
  print(f'ERROR: {printable(message)}', file=sys.stderr)
  return 1


def _discard_stdout() -> None:
  # Python would flush it once more at exit, and complain.
  os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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


def define_reading_flags(what: str) -> Callable[[], options.ReadingOptions]:
  """Defines `--input` and what tells how to read it.

  Args:
    what: is in the files, for `--help`.

  Returns:
    A function from the flags' values to the options.

  Raises, when that function is called:
    UserError: if a value is not legal.
  """
  flags.DEFINE_multi_string(
      'input',
      [],
      f'A file of {what}, or - for standard input; * and ? stand for several, and the '
      'flag may be given more than once. CSV and TSV with a header, JSON Lines and '
      'arrays, Parquet, or a text a line; also compressed (gz, bz2, xz, zst).',
  )
  flags.DEFINE_string(
      'column',
      'text',
      'The column of the texts: its name, its number (from 1) or, in JSON, its path '
      '(data.text).',
  )
  flags.DEFINE_enum(
      'input_format',
      None,
      list(FORMATS),
      'What the files are; by default told by their names and first bytes.',
  )
  flags.DEFINE_string(
      'delimiter', None, r"What separates columns, such as ';' or '\t'."
  )
  flags.DEFINE_enum(
      'quoting',
      None,
      delimited.QUOTINGS,
      'How columns are quoted: double, as in RFC 4180 (the default of CSV), or none, '
      'where quotes are text (the default of TSV).',
  )
  flags.DEFINE_string('encoding', None, 'Such as cp1252; by default UTF-8.')
  flags.DEFINE_bool(
      'header',
      True,
      'Whether the first row of CSV and TSV names the columns; without, they go by '
      'number.',
  )
  flags.DEFINE_enum(
      'on_malformed',
      'refuse',
      options.ON_MALFORMED,
      'What to do at a row that cannot be read: refuse it, or skip and count it.',
  )
  names = 'input_format', 'delimiter', 'quoting', 'encoding', 'header', 'on_malformed'

  def reading_options() -> options.ReadingOptions:
    values: dict[str, Any] = {name: flags.FLAGS[name].value for name in names}
    return options.ReadingOptions(**values)

  return reading_options


def define_engine_flags() -> tuple[flags.FlagHolder[str], flags.FlagHolder[str | None]]:
  """Defines `--engine` and `--ray_address`."""
  engine = flags.DEFINE_enum(
      'engine',
      'local',
      ['local', 'ray'],
      'Where the work is done: by processes of this machine, or on a Ray cluster '
      "(requires `pip install 'ray[data]'`).",
  )
  address = flags.DEFINE_string(
      'ray_address',
      None,
      'The Ray cluster, such as auto or 10.0.0.1:6379; by default the cluster that '
      'RAY_ADDRESS names, or else a new one on this machine.',
  )
  return engine, address


def say_what_was_read(reader: TableReader | RowCounts) -> None:
  """Says on stderr how many rows were read, and what was wrong with some."""
  print(f'{reader.n_rows:,} rows read, {reader.n_skipped:,} skipped.', file=sys.stderr)
  if reader.n_damaged:
    print(
        f'WARNING: {reader.n_damaged:,} lines were not UTF-8; their damaged parts '
        'count as unknown.',
        file=sys.stderr,
    )
  if reader.n_decoded:
    print(
        f"WARNING: {reader.n_decoded:,} texts were Python's b'…', and were decoded.",
        file=sys.stderr,
    )
