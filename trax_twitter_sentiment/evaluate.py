"""Evaluates a run on its validation tweets, or on labelled texts of your own.

    python -m trax_twitter_sentiment.evaluate --model_dir=DIR
    python -m trax_twitter_sentiment.evaluate --model_dir=DIR --input=tweets.csv

Each figure is given twice: with the texts as they are, and with emoticons removed from
them, since the labels of the usual corpus were made from emoticons; once for a run that
itself leaves emoticons out.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.near_duplicates import recorded_corpus
from trax_twitter_sentiment.predictor import SentimentPredictor

if TYPE_CHECKING:
  from trax_twitter_sentiment.prediction import scores

_MODEL_DIR = cli.define_model_dir()
_INPUT = cli.define_path(
    'input',
    'A file of labelled texts, instead of the validation tweets: .csv and .tsv with a '
    'header, or .jsonl.',
)
_COLUMN = flags.DEFINE_string('column', 'text', 'The column that holds the texts.')
_LABEL_COLUMN = flags.DEFINE_string(
    'label_column', 'label', 'The column that holds 0/1 or negative/positive.'
)
_FORMAT = flags.DEFINE_enum(
    'format', 'table', ['table', 'json'], 'What the figures are written as.'
)

_VARIANTS = {'as_is': 'as they are', 'without_emoticons': 'emoticons removed'}
_TITLES = {
    'accuracy': 'accuracy',
    'precision': 'precision',
    'recall': 'recall',
    'f1': 'F1',
    'roc_auc': 'ROC AUC',
    'log_loss': 'log-loss',
    'calibration_error': 'calibration error',
}


def main(arguments: list[str]) -> None:
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}; texts go in --input.')
  predictor = SentimentPredictor.load(_MODEL_DIR.value)
  # Imported on use: scikit-learn takes long, and a wrong directory should say so now.
  from trax_twitter_sentiment import text_corpora
  from trax_twitter_sentiment.prediction import scores

  if _INPUT.value:
    examples, reader = text_corpora.read_labelled(
        _INPUT.value, (_COLUMN.value, _LABEL_COLUMN.value)
    )
    name = _INPUT.value
    cli.warn_of_damaged_lines(reader.n_damaged)
  else:
    corpus = recorded_corpus(predictor.tokenizer.corpus)
    examples, name = corpus.validation, f'{corpus.name}, validation'
  results = {
      variant: scores.evaluate(
          used.log_probabilities(examples.texts), examples.labels
      )
      for variant, used in predictor.emoticon_variants().items()
  }
  if _FORMAT.value == 'json':
    fields = {variant: dataclasses.asdict(r) for variant, r in results.items()}
    json.dump({'model_dir': _MODEL_DIR.value, 'data': name, **fields}, sys.stdout)
    print()
  else:
    print(f'{name}: {len(examples.texts)} texts\n')
    print('\n'.join(_table(results)))


def _table(evaluations: 'dict[str, scores.Evaluation]') -> list[str]:
  results = evaluations.values()
  lines = [_line('', (_VARIANTS[variant] for variant in evaluations))]
  for name, title in _TITLES.items():
    lines.append(_line(title, (_cell(getattr(result, name)) for result in results)))
    if name == 'accuracy':
      intervals = ('{:.4f} to {:.4f}'.format(*r.accuracy_interval) for r in results)
      lines.append(_line('  95% interval', intervals))
  for row, truth in enumerate(('negative', 'positive')):
    counts = ('{} / {}'.format(*result.confusion_matrix[row]) for result in results)
    lines.append(_line(f'{truth}s called', counts))
  return [*lines, _line('', ['negative / positive'] * len(evaluations))]


def _line(title: str, cells: Iterable[str]) -> str:
  return f'{title:18} {" ".join(f"{cell:>26}" for cell in cells)}'


def _cell(score) -> str:
  value = 'undefined' if score.value is None else f'{score.value:.4f}'
  return f'{value} (n={score.n_examples})'


if __name__ == '__main__':
  cli.run(main)
