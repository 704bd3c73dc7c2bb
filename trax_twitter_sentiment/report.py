"""Writes a page about a run: how good it is, where it fails, and what it rests on.

    python -m trax_twitter_sentiment.report --model_dir=DIR
    python -m trax_twitter_sentiment.report --model_dir=DIR --input=tweets.csv
    python -m trax_twitter_sentiment.report --compare DIR DIR …

The page is one HTML file that works without a network. It contains validation texts.
"""

import os
import pathlib
import sys
import webbrowser
from typing import TYPE_CHECKING

from absl import flags

from trax_twitter_sentiment import cli, remote
from trax_twitter_sentiment.corpora.labelled_texts import labelled_paths
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import output_file, write_atomically
from trax_twitter_sentiment.labelled_input import read_input
from trax_twitter_sentiment.run.run import Run, open_runs

if TYPE_CHECKING:
  from trax_twitter_sentiment.corpora.corpus import Examples

REPORT_FILE = 'report.html'
COMPARISON_FILE = 'comparison.html'

_MODEL_DIR = cli.define_path('model_dir', "A run's output directory, or its URL.")
_labelled_options = cli.define_label_flags(
    'labelled texts, instead of the validation texts'
)
_COMPARE = flags.DEFINE_bool(
    'compare',
    False,
    'Compare runs, whose output directories are the arguments: their scores, '
    "McNemar's test, the settings that differ, and the texts on which they disagree.",
)
_OUTPUT = cli.define_path(
    'output',
    f'The file to write. By default {REPORT_FILE} in the directory, or '
    f'{COMPARISON_FILE} in the current one.',
)
_OPEN = flags.DEFINE_bool('open', False, 'Open the page in a browser.')


def main(arguments: list[str]) -> None:
  """Writes the page, and prints its path."""
  path = _compare(arguments) if _COMPARE.value else _report(arguments)
  # The page itself may have gone to standard output.
  if remote.is_url(path) or os.path.isfile(path):
    print(path)
  if remote.is_url(path) and _OPEN.value:
    raise UserError(f'--open requires a local --output; the page is {path}.')
  if _OPEN.value and not webbrowser.open(pathlib.Path(path).resolve().as_uri()):
    print(f'No browser can be started; open {path} yourself.', file=sys.stderr)


def _report(arguments: list[str]) -> str:
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}.')
  if not _MODEL_DIR.value:
    raise UserError('--model_dir is missing; it is an output directory of a run.')
  run, *others = open_runs(_MODEL_DIR.value)
  if others:
    raise UserError(
        f'--model_dir={_MODEL_DIR.value} names several runs, but a report is about '
        'one. evaluate scores several runs as one; report --compare compares them.'
    )
  path = _path(run.path(REPORT_FILE))
  examples, source = _input(run)
  # A lazy import: scikit-learn takes a second, and a wrong directory fails before it.
  from trax_twitter_sentiment.reporting import content, page

  return _write(path, page.render(content.gather(run, examples, source)))


def _compare(model_dirs: list[str]) -> str:
  if _MODEL_DIR.value or len(model_dirs) < 2:
    raise UserError('--compare requires two output directories or more, as arguments.')
  runs = [*map(Run, model_dirs)]
  path = _path(COMPARISON_FILE)
  examples, source = _input(runs[0])
  from trax_twitter_sentiment.reporting import comparison, page

  compared = comparison.gather(runs, examples, source)
  return _write(path, page.render_comparison(compared))


def _input(run: Run) -> 'tuple[Examples | None, str]':
  """Returns the texts of `--input` and their title; `None` and `''` without it."""
  paths, options = labelled_paths(flags.FLAGS.input), _labelled_options()
  if not paths:
    return None, ''
  return read_input(paths, options, run), ', '.join(paths)


def _path(default: str) -> str:
  path = _OUTPUT.value or default
  folder = os.path.dirname(path) or '.'
  if not (remote.is_url(path) or os.path.isdir(folder)):
    raise UserError(f'--output={path}: there is no folder {folder}.')
  return path


def _write(path: str, html: str) -> str:
  if _OUTPUT.value:
    with output_file(path) as file:
      file.write(html)
    return path
  try:
    write_atomically(path, html)
  except OSError as error:
    raise UserError(f'--output={path}: {error.strerror}.') from error
  return path


if __name__ == '__main__':
  cli.run(main)
