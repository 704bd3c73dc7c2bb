"""Evaluates a run on its validation tweets, or on labelled texts of your own.

    python -m trax_twitter_sentiment.evaluate --model_dir=DIR
    python -m trax_twitter_sentiment.evaluate --model_dir=DIR --input=tweets.csv

Each figure is given twice: with the texts as they are, and with emoticons removed from
them, since the labels of the usual corpus were made from emoticons.
"""

import dataclasses
import json
import sys

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.near_duplicates import recorded_corpus
from trax_twitter_sentiment.predictor import SentimentPredictor

_MODEL_DIR = cli.define_model_dir()
_INPUT = flags.DEFINE_string(
    'input',
    None,
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
      for variant, used in (
          ('as_is', predictor),
          ('without_emoticons', predictor.without_emoticons()),
      )
  }
  if _FORMAT.value == 'json':
    fields = {variant: dataclasses.asdict(r) for variant, r in results.items()}
    json.dump({'model_dir': _MODEL_DIR.value, 'data': name, **fields}, sys.stdout)
    print()
  else:
    print(f'{name}: {len(examples.texts)} texts\n')
    print('\n'.join(_table(*results.values())))


def _table(as_is, without_emoticons) -> list[str]:
  lines = [f'{"":18} {"as they are":>26} {"emoticons removed":>26}']
  for name, title in _TITLES.items():
    cells = (_cell(getattr(result, name)) for result in (as_is, without_emoticons))
    lines.append(f'{title:18} {" ".join(f"{cell:>26}" for cell in cells)}')
    if name == 'accuracy':
      intervals = (
          '{:.4f} to {:.4f}'.format(*result.accuracy_interval)
          for result in (as_is, without_emoticons)
      )
      lines.append(f'{"  95% interval":18} {" ".join(f"{i:>26}" for i in intervals)}')
  for row, truth in enumerate(('negative', 'positive')):
    counts = (
        '{} / {}'.format(*result.confusion_matrix[row])
        for result in (as_is, without_emoticons)
    )
    title = f'{truth}s called'
    lines.append(f'{title:18} {" ".join(f"{count:>26}" for count in counts)}')
  return [*lines, f'{"":18} {"negative / positive":>26} {"negative / positive":>26}']


def _cell(score) -> str:
  value = 'undefined' if score.value is None else f'{score.value:.4f}'
  return f'{value} (n={score.n_examples})'


if __name__ == '__main__':
  cli.run(main)
