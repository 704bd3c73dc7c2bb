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
from trax_twitter_sentiment.corpora.labelled_texts import LabelledPaths, labelled_paths
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.labelled_input import read_input
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.run import Run, open_runs
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables.options import LabelledOptions

if TYPE_CHECKING:
  from trax_twitter_sentiment.corpora.corpus import Corpus
  from trax_twitter_sentiment.prediction import scores

_MODEL_DIR = cli.define_model_dir()
_labelled_options = cli.define_label_flags(
    'labelled texts, instead of the validation texts'
)
_FORMAT = flags.DEFINE_enum('format', 'table', ['table', 'json'], 'The output format.')
_ENGINE, _RAY_ADDRESS = cli.define_engine_flags()


def main(arguments: list[str]) -> None:
  """Evaluates the run of `--model_dir`, and prints the scores."""
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}; pass texts with --input.')
  paths, options = labelled_paths(flags.FLAGS.input), _labelled_options()
  _check_engine(paths, options)
  runs = open_runs(_MODEL_DIR.value)
  if options.labels:  # Checks the names.
    options.labels.class_of_label(runs[0].model_info.class_names)
  if _ENGINE.value == 'ray':
    title = ', '.join(paths)
    n_texts, evaluations = _evaluate_on_ray([*paths], options, runs[0])
  else:
    title, n_texts, evaluations = _evaluate(paths, options, runs)
  _print(title, n_texts, evaluations)


def _check_engine(paths: LabelledPaths, options: LabelledOptions) -> None:
  if _ENGINE.value == 'local':
    if _RAY_ADDRESS.value:
      raise UserError('--ray_address requires --engine=ray.')
  elif (
      not paths
      or input_files.STDIN in paths
      or isinstance(paths, dict)
      or options.labels_path
  ):
    raise UserError(
        '--engine=ray requires --input with files that contain texts and labels.'
    )


def _evaluate_on_ray(
    paths: list[str], options: LabelledOptions, run: Run
) -> 'tuple[int, dict[str, scores.Evaluation]]':
  # A lazy import, since it imports Ray.
  from trax_twitter_sentiment.cluster import evaluation

  evaluations, counts = evaluation.evaluate_files(
      paths,
      options,
      _MODEL_DIR.value,
      _RAY_ADDRESS.value,
      dict(run.corpus_record.class_of_label),
  )
  cli.print_row_counts(counts.read, counts.n_skipped_labels)
  n_texts = next(iter(evaluations.values())).accuracy.n_examples
  return n_texts, evaluations


def _evaluate(
    paths: LabelledPaths, options: LabelledOptions, runs: list[Run]
) -> 'tuple[str, int, dict[str, scores.Evaluation]]':
  predictor, run = SentimentPredictor.from_runs(runs), runs[0]
  # A lazy import: SciPy is slow to import, and a wrong directory should fail fast.
  from trax_twitter_sentiment.prediction import scores

  variants = predictor.emoticon_variants()
  if paths:
    title = ', '.join(paths)
    examples = read_input(paths, options, run)
    predictions = {
        name: variant.log_probabilities(examples.texts)
        for name, variant in variants.items()
    }
  else:
    corpus = _common_corpus(runs)
    title, examples = f'{corpus.name}, validation', corpus.validation
    predictions = {
        name: variant.validation_log_probabilities(corpus)
        for name, variant in variants.items()
    }
  evaluations = {
      name: scores.evaluate(log_probabilities, examples.labels, predictor.class_names)
      for name, log_probabilities in predictions.items()
  }
  return title, len(examples.texts), evaluations


def _common_corpus(runs: list[Run]) -> 'Corpus':
  """Returns the corpus of the first run, and warns if another run has another one."""
  corpus = runs[0].corpus()
  for run in runs[1:]:
    if run.corpus_record.digest != corpus.digest:
      print(
          f'WARNING: {run.folder} was trained on another corpus than {runs[0].folder}, '
          'whose validation texts it may have seen.',
          file=sys.stderr,
      )
  return corpus


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
