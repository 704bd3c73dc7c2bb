"""Writes a page about a run: how good it is, what it rests on, where it fails.

    python -m trax_twitter_sentiment.report --model_dir=DIR
    python -m trax_twitter_sentiment.report --compare DIR DIR …

The page is one HTML file that needs no network. It shows validation tweets.
"""

import os

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import write_atomically
from trax_twitter_sentiment.run.run import Run

REPORT_FILE = 'report.html'
COMPARISON_FILE = 'comparison.html'

_MODEL_DIR = cli.define_path('model_dir', "A run's output directory.")
_COMPARE = flags.DEFINE_bool(
    'compare',
    False,
    'Put the runs whose output directories are given as arguments side by side, with '
    "the settings that differ, their scores, McNemar's test, and what they call "
    'differently.',
)
_OUTPUT = cli.define_path(
    'output',
    f'The file to write, instead of {REPORT_FILE} in the directory, or '
    f'{COMPARISON_FILE} in the current one.',
)


def main(arguments: list[str]) -> None:
  if _COMPARE.value:
    _compare(arguments)
  else:
    _report(arguments)


def _report(arguments: list[str]) -> None:
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}.')
  if not _MODEL_DIR.value:
    raise UserError('--model_dir is missing; it is an output directory of a run.')
  run = Run(_MODEL_DIR.value)
  path = _path(os.path.join(_MODEL_DIR.value, REPORT_FILE))
  # A lazy import, since scikit-learn takes long and a wrong directory is told at once.
  from trax_twitter_sentiment.reporting import content, page

  _write(path, page.render(content.gather(run)))


def _compare(model_dirs: list[str]) -> None:
  if _MODEL_DIR.value or len(model_dirs) < 2:
    raise UserError('--compare requires two output directories or more, as arguments.')
  path = _path(COMPARISON_FILE)
  from trax_twitter_sentiment.reporting import comparison, page

  _write(path, page.render_comparison(comparison.gather([*map(Run, model_dirs)])))


def _path(usual: str) -> str:
  path = _OUTPUT.value or usual
  folder = os.path.dirname(path) or '.'
  if not os.path.isdir(folder):
    raise UserError(f'--output={path}: there is no folder {folder}.')
  return path


def _write(path: str, html: str) -> None:
  try:
    write_atomically(path, html)
  except OSError as error:
    raise UserError(f'--output={path}: {error.strerror}.') from error
  print(path)


if __name__ == '__main__':
  cli.run(main)
