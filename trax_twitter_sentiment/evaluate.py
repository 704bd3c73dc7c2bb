"""Evaluates a run on its validation texts, or on labelled texts of your own.

    python -m trax_twitter_sentiment.evaluate --model_dir=DIR
    python -m trax_twitter_sentiment.evaluate --model_dir=DIR --input=tweets.csv
    python -m trax_twitter_sentiment.evaluate --model_dir=DIR --engine=ray \\
        --input='tweets/*.parquet'

Of tweets, each figure is given twice: with the texts as they are, and with emoticons
removed from them, since the labels of the usual corpus were made from emoticons; once
for a run that itself leaves emoticons out, or is on texts of your own.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.tables import input_files, labels

if TYPE_CHECKING:
  from trax_twitter_sentiment.corpora.corpus import Examples
  from trax_twitter_sentiment.prediction import scores
  from trax_twitter_sentiment.tables.options import ReadingOptions
  from trax_twitter_sentiment.tables.table_reader import RowCounts, TableReader

_MODEL_DIR = cli.define_model_dir()
_reading_options = cli.define_reading_flags(
    'labelled texts, instead of the validation texts'
)
_LABEL_COLUMN = flags.DEFINE_string(
    'label_column', 'label', 'The column that holds the labels.'
)
_LABELS = flags.DEFINE_list(
    'labels',
    None,
    "What the file calls the run's classes, in their order; without, by name, by "
    'number or as 0/1, 0/4, neg/pos and the like.',
)
_SKIP_LABELS = flags.DEFINE_list(
    'skip_labels', [], 'Texts with these labels are left out, and counted.'
)
_LABELS_INPUT = cli.define_path(
    'labels_input', 'A file of a label a line, for an --input of a text a line.'
)
_FORMAT = flags.DEFINE_enum(
    'format', 'table', ['table', 'json'], 'What the figures are written as.'
)
_ENGINE, _RAY_ADDRESS = cli.define_engine_flags()

_VARIANTS = {'as_is': 'as they are', 'without_emoticons': 'emoticons removed'}
_TITLES = {
    'accuracy': 'accuracy',
    'precision': 'precision',
    'recall': 'recall',
    'f1': 'F1',
    'roc_auc': 'ROC AUC',
    'macro_f1': 'macro F1',
    'macro_recall': 'macro recall',
    'log_loss': 'log-loss',
    'calibration_error': 'calibration error',
}


def main(arguments: list[str]) -> None:
  """Evaluates what the flags say."""
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}; texts go in --input.')
  paths = input_files.expand(flags.FLAGS.input)
  _check_engine(paths)
  options = _reading_options()
  names = labels.check_labels('--labels', _LABELS.value)
  predictor = SentimentPredictor.load(_MODEL_DIR.value)
  if names and len(names) != len(predictor.class_names):
    raise UserError(
        f'--labels={",".join(names)} are not as many as the classes of the run: '
        f'{", ".join(predictor.class_names)}.'
    )
  if _ENGINE.value == 'ray':
    name = ', '.join(paths)
    n_texts, results = _evaluate_on_ray(paths, options, names)
  else:
    name, n_texts, results = _evaluate(paths, options, names, predictor)
  if _FORMAT.value == 'json':
    fields = {variant: dataclasses.asdict(r) for variant, r in results.items()}
    json.dump({'model_dir': _MODEL_DIR.value, 'data': name, **fields}, sys.stdout)
    print()
  else:
    print(f'{name}: {n_texts} texts\n')
    print('\n'.join(_table(results)))


def _check_engine(paths: list[str]) -> None:
  if _ENGINE.value == 'local':
    if _RAY_ADDRESS.value:
      raise UserError('--ray_address takes --engine=ray.')
  elif not paths or input_files.STDIN in paths or _LABELS_INPUT.value:
    raise UserError('--engine=ray takes files with texts and labels as --input.')


def _evaluate_on_ray(
    paths: list[str], options: 'ReadingOptions', names: tuple[str, ...] | None
) -> 'tuple[int, dict[str, scores.Evaluation]]':
  from trax_twitter_sentiment.cluster import evaluation_job  # On use: it imports Ray.

  evaluated = evaluation_job.evaluate_files(
      paths,
      (flags.FLAGS.column, _LABEL_COLUMN.value),
      options,
      _MODEL_DIR.value,
      names,
      _skipped_labels(),
      _RAY_ADDRESS.value,
  )
  _say_what_was_read(evaluated.read, evaluated.n_skipped_labels)
  return evaluated.n_texts, evaluated.evaluations


def _evaluate(
    paths: list[str],
    options: 'ReadingOptions',
    names: tuple[str, ...] | None,
    predictor: SentimentPredictor,
) -> 'tuple[str, int, dict[str, scores.Evaluation]]':
  # Imported on use: scikit-learn takes long, and a wrong directory should say so now.
  from trax_twitter_sentiment.prediction import scores

  variants = predictor.emoticon_variants()
  if paths:
    name, examples = ', '.join(paths), _read(paths, options, names, predictor)
    found = {v: used.log_probabilities(examples.texts) for v, used in variants.items()}
  else:
    from trax_twitter_sentiment.prediction.recorded_corpus import recorded_corpus

    corpus = recorded_corpus(_MODEL_DIR.value, predictor.tokenizer)
    examples, name = corpus.validation, f'{corpus.name}, validation'
    found = {
        variant: used.validation_log_probabilities(corpus)
        for variant, used in variants.items()
    }
  results = {
      variant: scores.evaluate(
          log_probabilities, examples.labels, predictor.class_names
      )
      for variant, log_probabilities in found.items()
  }
  return name, len(examples.texts), results


def _read(paths, options, names, predictor: SentimentPredictor) -> 'Examples':
  """Reads labelled texts, and says on stderr what was wrong with some."""
  from trax_twitter_sentiment.corpora.labelled_texts import read_labelled

  labelled = read_labelled(
      paths,
      (flags.FLAGS.column, _LABEL_COLUMN.value),
      options,
      labels=names,
      class_names=predictor.class_names,
      skip_labels=_skipped_labels(),
      labels_path=_LABELS_INPUT.value,
  )
  _say_what_was_read(labelled.reader, labelled.n_skipped_labels)
  return labelled.examples


def _skipped_labels() -> frozenset[str]:
  return frozenset(map(labels.normalized, _SKIP_LABELS.value))


def _say_what_was_read(
    reader: 'TableReader | RowCounts', n_skipped_labels: int
) -> None:
  cli.say_what_was_read(reader)
  if n_skipped_labels:
    print(
        f'{n_skipped_labels:,} rows left out for their label '
        f'({", ".join(_SKIP_LABELS.value)}).',
        file=sys.stderr,
    )


def _table(evaluations: 'dict[str, scores.Evaluation]') -> list[str]:
  results = list(evaluations.values())
  lines = [_line('', (_VARIANTS[variant] for variant in evaluations))]
  for name, title in _TITLES.items():
    if getattr(results[0], name) is None:
      continue
    lines.append(_line(title, (_cell(getattr(result, name)) for result in results)))
    if name == 'accuracy':
      intervals = ('{:.4f} to {:.4f}'.format(*r.accuracy_interval) for r in results)
      lines.append(_line('  95% interval', intervals))
  names = list(results[0].classes)
  for row, truth in enumerate(names):
    counts = (_counts(result.confusion_matrix[row]) for result in results)
    lines.append(_line(f'{truth}s called' if len(names) == 2 else truth, counts))
  lines.append(_line('', [' / '.join(names)] * len(evaluations)))
  if len(names) > 2:
    lines += ['', _line('class', ['precision / recall / F1 (n)'] * len(results))]
    for name in names:
      cells = (_class_cell(result.classes[name]) for result in results)
      lines.append(_line(name, cells))
  return lines


def _counts(counts: list[int]) -> str:
  return ' / '.join(map(str, counts))


def _class_cell(found: 'scores.ClassScores') -> str:
  values = (found.precision.value, found.recall.value, found.f1.value)
  shown = ('-' if v is None else f'{v:.4f}' for v in values)
  return f'{" / ".join(shown)} ({found.support})'


def _line(title: str, cells: Iterable[str]) -> str:
  return f'{title:18} {" ".join(f"{cell:>26}" for cell in cells)}'


def _cell(score: 'scores.Score') -> str:
  value = 'undefined' if score.value is None else f'{score.value:.4f}'
  return f'{value} (n={score.n_examples})'


if __name__ == '__main__':
  cli.run(main)
