"""Labelled texts to evaluate a run on: its own validation tweets."""

from trax_twitter_sentiment.corpus import Examples, TwitterCorpus
from trax_twitter_sentiment.errors import UserError


def validation_examples(corpus: str) -> Examples:
  """Returns the validation tweets of the corpus that a run was trained on.

  Args:
    corpus: the corpus's name, as the run's tokenizer records it.

  Raises:
    UserError: if the corpus is not one of the package's, or can't be had.
  """
  if corpus not in ('nltk', 'sample'):
    raise UserError(
        f'The run was trained on the corpus {corpus!r}, which has no validation set '
        'here; name a file of labelled texts with --input.'
    )
  return TwitterCorpus(corpus).validation
