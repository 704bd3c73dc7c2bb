"""Functions and flags that the command lines share."""

import errno
import io
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from absl import app, flags

import trax_twitter_sentiment
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import delimited, labels, options
from trax_twitter_sentiment.tables.escapes import printable
from trax_twitter_sentiment.tables.file_formats import FORMATS
from trax_twitter_sentiment.tables.table_reader import RowCounts, TableReader

# With this call, a command's --help shows the flags that this module defines for it.
flags.disclaim_key_flags()

# The flags of `ReadingOptions`.
_FORMAT_FLAGS = (
    'input_format', 'delimiter', 'quoting', 'encoding', 'header', 'on_malformed',
)  # fmt: skip

# The exit status that shells report after SIGPIPE or SIGINT.
_CLOSED_PIPE, _INTERRUPTED = 128 + 13, 128 + 2

# The errors of a full disk.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _VersionFlag(flags.BooleanFlag):
  """A flag that prints the version and exits before required flags are checked."""

  def __init__(self):
    super().__init__('version', False, 'Print the version of the package.')

  def parse(self, argument: Any) -> None:
    if self._parse(argument):
      print(f'trax_twitter_sentiment {trax_twitter_sentiment.__version__}')
      sys.exit(0)


flags.DEFINE_flag(_VersionFlag())


def run(main: Callable[[list[str]], None]) -> None:
  """Runs the `main` of a command line with the arguments that are not flags.

  A `UserError` and a full disk end the command in one line on stderr, with exit
  status 1. A closed pipe (`| head`) and Ctrl-C end it without a message.
  """

  # JAX logs each kind of device that is missing.
  logging.getLogger('jax._src.xla_bridge').setLevel(logging.WARNING)
  # A text may have characters that the terminal's encoding lacks, so they are escaped.
  if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors='backslashreplace')

  def run_main(arguments: list[str]) -> None:
    main(arguments[1:])

  try:
    try:
      app.run(run_main)  # It raises SystemExit, also for --help.
    finally:
      sys.stdout.flush()
  except UserError as error:
    # The message may quote files, so unprintable characters are escaped.
    status = _failed(error.message)
  except BrokenPipeError:
    _discard_stdout()
    status = _CLOSED_PIPE
  except KeyboardInterrupt:
    status = _INTERRUPTED
  except OSError as error:
    if error.errno not in _NO_ROOM:
      raise
    _discard_stdout()
    status = _failed(f'{error.filename or "standard output"}: {error.strerror}.')
  sys.exit(status)


def _failed(message: str) -> int:
  print(f'ERROR: {printable(message)}', file=sys.stderr)
  return 1


def _discard_stdout() -> None:
  # Python flushes stdout again at exit, and would print an error without this.
  os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _PathParser(flags.ArgumentParser):
  """A parser of paths that expands `~`, which shells do not expand in `--flag=~/x`."""

  def parse(self, argument: str) -> str:
    return os.path.expanduser(argument)

  def flag_type(self) -> str:
    return 'path'


def define_path(name: str, help_text: str, required: bool = False) -> Any:
  """Defines a flag that is a path."""
  return flags.DEFINE(_PathParser(), name, None, help_text, required=required)


def define_model_dir() -> flags.FlagHolder[str]:
  """Defines the required flag `--model_dir`."""
  return define_path(
      'model_dir',
      "A run's output directory, or its URL. Several of them, separated by commas, "
      'predict the mean of their log-probabilities.',
      required=True,
  )


def define_reading_flags(content: str) -> Callable[[], options.ReadingOptions]:
  """Defines `--input` and the flags for reading it.

  Args:
    content: the content of the files, for `--help`.

  Returns:
    A function from the flags' values to the options. It raises `UserError` if a value
    is not legal.
  """
  flags.DEFINE_multi_string(
      'input',
      [],
      f'A file of {content}, its URL (s3://…), or - for standard input. * and ? match '
      'several files, and the flag may be repeated. The formats are CSV and TSV with a '
      'header, JSON Lines and JSON arrays, Parquet, one text per line, a folder of '
      '.txt files, and the zip file of an X archive. Files may be compressed (gz, bz2, '
      'xz, zst).',
  )
  flags.DEFINE_string(
      'column',
      'text',
      'The column of the texts: its name, its number (from 1) or, in JSON, its path '
      """(data.text). A name that is a number requires quotes: '"2"'.""",
  )
  _define_format_flags()

  def reading_options() -> options.ReadingOptions:
    values: dict[str, Any] = {name: flags.FLAGS[name].value for name in _FORMAT_FLAGS}
    return options.ReadingOptions(**values)

  return reading_options


def refuse_reading_flags(where: str, *others: str) -> None:
  """Raises `UserError` if the user gives a flag for reading files, without effect.

  Args:
    where: when the flags have no effect, for messages, such as `'without --input'`.
    others: the names of more flags.
  """
  for name in ('column', *_FORMAT_FLAGS, *others):
    if flags.FLAGS[name].present:
      raise UserError(f'--{name} has no effect {where}.')


def _define_format_flags() -> None:
  flags.DEFINE_enum(
      'input_format',
      None,
      list(FORMATS),
      'The format of the files; by default recognized by their names and first bytes.',
  )
  flags.DEFINE_string(
      'delimiter', None, r"The character between columns, such as ';' or '\t'."
  )
  flags.DEFINE_enum(
      'quoting',
      None,
      delimited.QUOTINGS,
      'How columns are quoted: double, as in RFC 4180 (the default of CSV), or none, '
      'where quotes are text (the default of TSV).',
  )
  flags.DEFINE_string(
      'encoding',
      None,
      'The encoding, such as cp1252; by default UTF-8, or that of a byte-order mark.',
  )
  flags.DEFINE_bool(
      'header',
      True,
      'Whether the first row of CSV and TSV contains the column names. With '
      '--noheader, columns are given by number.',
  )
  flags.DEFINE_enum(
      'on_malformed',
      'refuse',
      options.ON_MALFORMED,
      'Whether to refuse a row that cannot be read, or to skip and count it.',
  )


def define_label_flags(content: str) -> Callable[[], options.LabelledOptions]:
  """Defines the flags of `define_reading_flags` and the flags of labels.

  Args:
    content: the content of the files, for `--help`.

  Returns:
    A function from the flags' values to the options. It raises `UserError` if a value
    is not legal.
  """
  reading_options = define_reading_flags(content)
  label_column = flags.DEFINE_string(
      'label_column',
      'label',
      'The column of the labels: its name, number or path. Files of one class each, '
      '--input=LABEL=FILE, require no column.',
  )
  given = flags.DEFINE_list(
      'labels',
      None,
      "The files' labels in the order of the run's classes, such as low,high; or the "
      'class of each label, such as 0=low,1=high. By default the class names, or the '
      "labels of the run's own files; for two classes of sentiment also 0/1, 0/4, "
      'neg/pos and the like.',
  )
  skip_labels = flags.DEFINE_list(
      'skip_labels', [], 'Labels whose texts are skipped and counted.'
  )
  labels_input = define_path(
      'labels_input',
      'A file with one label per line, for an --input with one text per line.',
  )

  def labelled_options() -> options.LabelledOptions:
    if not flags.FLAGS.input:
      refuse_reading_flags(
          'without --input', 'label_column', 'labels', 'skip_labels', 'labels_input'
      )
    return options.LabelledOptions(
        (flags.FLAGS.column, label_column.value),
        reading_options(),
        labels.given_labels('--labels', given.value),
        frozenset(map(labels.normalized, skip_labels.value)),
        labels_input.value,
    )

  return labelled_options


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


def print_row_counts(
    reader: TableReader | RowCounts, n_skipped_labels: int = 0
) -> None:
  """Prints the numbers of rows on stderr, with warnings about damaged or quoted rows.

  Args:
    reader: the counts of the rows.
    n_skipped_labels: the number of rows that `--skip_labels` skipped.
  """
  print(f'{reader.n_rows:,} rows read, {reader.n_skipped:,} skipped.', file=sys.stderr)
  if n_skipped_labels:
    print(
        f'{n_skipped_labels:,} rows skipped by --skip_labels='
        f'{",".join(flags.FLAGS.skip_labels)}.',
        file=sys.stderr,
    )
  if reader.n_damaged:
    print(
        f'WARNING: {reader.n_damaged:,} lines were not UTF-8; U+FFFD replaces their '
        'damaged characters.',
        file=sys.stderr,
    )
  if reader.n_quoted:
    print(
        f'WARNING: {reader.n_quoted:,} texts are in quotes, which count as text; '
        '--quoting=double removes them.',
        file=sys.stderr,
    )
  if reader.n_decoded:
    print(
        f"WARNING: {reader.n_decoded:,} texts were written as b'…', and were decoded.",
        file=sys.stderr,
    )
