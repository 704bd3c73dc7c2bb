"""Evaluates a run on its validation texts, or on labelled texts of your own.

    python -m trax_twitter_sentiment.evaluate --model_dir=DIR
    python -m trax_twitter_sentiment.evaluate --model_dir=DIR --input=tweets.csv
    python -m trax_twitter_sentiment.evaluate --model_dir=DIR --engine=ray \\
        --input='tweets/*.parquet'

The labels of NLTK's tweets were made from emoticons, so each score is computed twice:
with the texts as they are, and with emoticons removed. If the run itself removes
emoticons, there is one score.
"""

import dataclasses
import json
import sys
from typing import TYPE_CHECKING

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.run import Run
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
    'label_column', 'label', 'The column of the labels.'
)
_LABELS = flags.DEFINE_list(
    'labels',
    None,
    "The file's labels for the run's classes, in the order of the classes. By default "
    'the class names, their numbers, or 0/1, 0/4, neg/pos and the like.',
)
_SKIP_LABELS = flags.DEFINE_list(
    'skip_labels', [], 'Labels whose texts are skipped and counted.'
)
_LABELS_INPUT = cli.define_path(
    'labels_input', 'A file with one label a line, for an --input with one text a line.'
)
_FORMAT = flags.DEFINE_enum('format', 'table', ['table', 'json'], 'The output format.')
_ENGINE, _RAY_ADDRESS = cli.define_engine_flags()


def main(arguments: list[str]) -> None:
  """Evaluates the run of `--model_dir`, and prints the scores."""
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}; pass texts with --input.')
  paths = input_files.expand(flags.FLAGS.input)
  _check_engine(paths)
  options = _reading_options()
  names = labels.check_labels('--labels', _LABELS.value)
  run = Run(_MODEL_DIR.value)
  class_names = run.model_info.class_names
  if names and len(names) != len(class_names):
    raise UserError(
        f'--labels={",".join(names)} has {len(names)} labels, but the run has '
        f'{len(class_names)} classes: {", ".join(class_names)}.'
    )
  if _ENGINE.value == 'ray':
    title = ', '.join(paths)
    n_texts, evaluations = _evaluate_on_ray(paths, options, names)
  else:
    title, n_texts, evaluations = _evaluate(paths, options, names, run)
  _print(title, n_texts, evaluations)


def _check_engine(paths: list[str]) -> None:
  if _ENGINE.value == 'local':
    if _RAY_ADDRESS.value:
      raise UserError('--ray_address requires --engine=ray.')
  elif not paths or input_files.STDIN in paths or _LABELS_INPUT.value:
    raise UserError(
        '--engine=ray requires --input with files that contain texts and labels.'
    )


def _evaluate_on_ray(
    paths: list[str], options: 'ReadingOptions', names: tuple[str, ...] | None
) -> 'tuple[int, dict[str, scores.Evaluation]]':
  # A lazy import, since it imports Ray.
  from trax_twitter_sentiment.cluster import evaluation_job

  evaluated = evaluation_job.evaluate_files(
      paths,
      (flags.FLAGS.column, _LABEL_COLUMN.value),
      options,
      _MODEL_DIR.value,
      names,
      _skipped_labels(),
      _RAY_ADDRESS.value,
  )
  _report_reading(evaluated.read, evaluated.n_skipped_labels)
  return evaluated.n_texts, evaluated.evaluations


def _evaluate(
    paths: list[str],
    options: 'ReadingOptions',
    names: tuple[str, ...] | None,
    run: Run,
) -> 'tuple[str, int, dict[str, scores.Evaluation]]':
  predictor = SentimentPredictor.from_run(run)
  # A lazy import: scikit-learn takes a second, and a wrong directory fails before it.
  from trax_twitter_sentiment.prediction import scores

  variants = predictor.emoticon_variants()
  if paths:
    title = ', '.join(paths)
    examples = _read(paths, options, names, predictor.class_names)
    predictions = {
        variant: used.log_probabilities(examples.texts)
        for variant, used in variants.items()
    }
  else:
    corpus = run.corpus()
    title, examples = f'{corpus.name}, validation', corpus.validation
    predictions = {
        variant: used.validation_log_probabilities(corpus)
        for variant, used in variants.items()
    }
  evaluations = {
      variant: scores.evaluate(
          log_probabilities, examples.labels, predictor.class_names
      )
      for variant, log_probabilities in predictions.items()
  }
  return title, len(examples.texts), evaluations


def _read(
    paths: list[str],
    options: 'ReadingOptions',
    names: tuple[str, ...] | None,
    class_names: tuple[str, ...],
) -> 'Examples':
  """Reads labelled texts, and reports skipped and damaged rows on stderr."""
  from trax_twitter_sentiment.corpora.labelled_texts import read_labelled

  labelled = read_labelled(
      paths,
      (flags.FLAGS.column, _LABEL_COLUMN.value),
      options,
      labels=names,
      class_names=class_names,
      skip_labels=_skipped_labels(),
      labels_path=_LABELS_INPUT.value,
  )
  _report_reading(labelled.reader, labelled.n_skipped_labels)
  return labelled.examples


def _skipped_labels() -> frozenset[str]:
  return frozenset(map(labels.normalized, _SKIP_LABELS.value))


def _report_reading(reader: 'TableReader | RowCounts', n_skipped_labels: int) -> None:
  cli.say_what_was_read(reader)
  if n_skipped_labels:
    print(
        f'{n_skipped_labels:,} rows skipped by --skip_labels='
        f'{",".join(_SKIP_LABELS.value)}.',
        file=sys.stderr,
    )


def _print(
    title: str, n_texts: int, evaluations: 'dict[str, scores.Evaluation]'
) -> None:
  from trax_twitter_sentiment.prediction import evaluation_table

  if _FORMAT.value == 'json':
    fields = {variant: dataclasses.asdict(e) for variant, e in evaluations.items()}
    json.dump({'model_dir': _MODEL_DIR.value, 'data': title, **fields}, sys.stdout)
    print()
  else:
    print(f'{title}: {n_texts} texts\n')
    print('\n'.join(evaluation_table.lines(evaluations)))


if __name__ == '__main__':
  cli.run(main)
