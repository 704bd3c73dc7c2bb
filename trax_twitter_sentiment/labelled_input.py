"""Reads the labelled texts that `--input` names, for `evaluate` and `report`."""

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.corpora.corpus import Examples
from trax_twitter_sentiment.corpora.labelled_texts import LabelledPaths, read_labelled
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.tables.options import LabelledOptions
from trax_twitter_sentiment.text.tokenizer import is_cut, warn_of_cut_texts


def read_input(paths: LabelledPaths, options: LabelledOptions, run: Run) -> Examples:
  """Returns the texts and classes of labelled files.

  Counts of skipped, damaged and cut texts are printed on stderr.

  Raises:
    UserError: if a file cannot be read, or its labels do not fit the run.
  """
  labelled = read_labelled(
      paths,
      options,
      run.model_info.class_names,
      dict(run.corpus_record.class_of_label),
  )
  cli.print_row_counts(labelled.reader, labelled.n_skipped_labels)
  warn_of_cut_texts(sum(map(is_cut, labelled.examples.texts)))
  return labelled.examples
