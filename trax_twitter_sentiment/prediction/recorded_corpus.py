"""The corpus that a run was trained on, by what its output directory records."""

import ast
import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from trax_twitter_sentiment.corpora.corpus import Corpus, TwitterCorpus
from trax_twitter_sentiment.corpora.mixed_corpus import MIXED, MixedCorpus
from trax_twitter_sentiment.corpora.near_duplicates import GROUPED, GroupedCorpus
from trax_twitter_sentiment.corpora.text_corpora import (
  TextFileCorpus,
  TfdsCorpus,
  TweetEvalCorpus,
)
from trax_twitter_sentiment.encoding.encoded_corpus import corpus_digest
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import corpus_digest_of
from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

# One of MixedCorpus.corpora, with its scope, as gin writes it.
_REFERENCE = re.compile(r'@(?:([\w/.]+)/)?(?:\w+\.)*(\w+)')

# The names that TwitterCorpus gives; all others are of the user's own.
_OF_TWEETS = ('nltk', 'sample')

# The first word of the name of a corpus of the user's own -> what makes it.
_MAKERS = {
    'file': TextFileCorpus,
    'tfds': TfdsCorpus,
    'tweeteval': TweetEvalCorpus,
}
_BY_NAME = {make.__name__: make for make in (TwitterCorpus, *_MAKERS.values())}


def recorded_corpus(folder: str, tokenizer: TweetTokenizer) -> Corpus:
  """Returns the corpus of a run.

  A corpus of the user's own is read from where `config.gin` says; where it has changed
  since the run began, that is said on stderr.

  Args:
    folder: the run's output directory.
    tokenizer: the run's, which records the corpus's name.

  Raises:
    UserError: if it can't be had.
  """
  source = tokenizer.corpus.removesuffix(GROUPED)
  make = _maker(folder, source)
  if source != tokenizer.corpus:
    return GroupedCorpus(make)
  corpus = make()
  if source not in _OF_TWEETS:
    _warn_of_changes(folder, tokenizer, corpus)
  return corpus


def _maker(folder: str, source: str) -> Callable[[], Corpus]:
  if source in _OF_TWEETS:
    return functools.partial(TwitterCorpus, source)
  if source.startswith(MIXED):
    return _mixed_maker(folder, source)
  maker = _MAKERS.get(source.partition(' ')[0])
  bound = _bound(folder, maker, 'train') if maker else {}
  if maker is None or not bound:
    raise _not_at_hand(source)
  return functools.partial(maker, **bound)


def _mixed_maker(folder: str, source: str) -> Callable[[], Corpus]:
  recorded = settings.recorded(folder)
  makers = []
  for scope, name in _REFERENCE.findall(recorded.get('MixedCorpus.corpora', '')):
    if name not in _BY_NAME:
      raise _not_at_hand(source)
    maker = _BY_NAME[name]
    makers.append(functools.partial(maker, **_bound(folder, maker, scope or 'train')))
  if not makers:
    raise _not_at_hand(source)
  weights = _bound(folder, MixedCorpus, 'train', ('weights',))
  return functools.partial(MixedCorpus, makers, **weights)


def _not_at_hand(source: str) -> UserError:
  return UserError(
      f'The run was trained on the corpus {source!r}, whose validation texts are not '
      'at hand; the evaluate command takes other labelled texts with --input.'
  )


def _bound(
    folder: str,
    maker: Callable[..., Corpus],
    scope: str,
    names: Iterable[str] | None = None,
) -> dict[str, Any]:
  """Returns a corpus's arguments, or some, as `config.gin` records them.

  Those of gin's scope come before those of none.
  """
  recorded = settings.recorded(folder)
  bound = {}
  for name in names or inspect.signature(maker).parameters:
    setting = f'{maker.__name__}.{name}'
    for key in (f'{scope}/{setting}', setting):
      if key in recorded:
        try:
          bound[name] = ast.literal_eval(recorded[key])
        except (ValueError, SyntaxError) as error:
          raise UserError(
              f'{folder}: {settings.CONFIG_FILE} has {key} = {recorded[key]}, which is '
              'no plain value.'
          ) from error
        break
  return bound


def _warn_of_changes(folder: str, tokenizer: TweetTokenizer, corpus: Corpus) -> None:
  saved = corpus_digest_of(folder)
  if saved is not None and saved != corpus_digest(corpus, tokenizer):
    print(
        f'WARNING: {corpus.name} has changed since the run began, so its validation '
        'part is another.',
        file=sys.stderr,
    )
