"""Writes a page about a run: how good it is, what it rests on, where it fails.

    python -m trax_twitter_sentiment.report --model_dir=DIR

The page is one HTML file that needs neither a network nor a script. It shows
validation tweets.
"""

import os

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.predictor import SentimentPredictor
from trax_twitter_sentiment.run_directory.files import write_atomically

REPORT_FILE = 'report.html'

_MODEL_DIR = cli.define_model_dir()
_OUTPUT = cli.define_path(
    'output', f'The file to write, instead of {REPORT_FILE} in the directory.'
)


def main(arguments: list[str]) -> None:
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}.')
  predictor = SentimentPredictor.load(_MODEL_DIR.value)
  path = _OUTPUT.value or os.path.join(_MODEL_DIR.value, REPORT_FILE)
  folder = os.path.dirname(path) or '.'
  if not os.path.isdir(folder):
    raise UserError(f'--output={path}: there is no folder {folder}.')
  # Imported on use: scikit-learn takes long, and a wrong directory should say so now.
  from trax_twitter_sentiment.reporting import content, page

  html = page.render(content.gather(predictor, _MODEL_DIR.value))
  try:
    write_atomically(path, html)
  except OSError as error:
    raise UserError(f'--output={path}: {error.strerror}.') from error
  print(path)


if __name__ == '__main__':
  cli.run(main)
