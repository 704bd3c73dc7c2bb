"""The content of a report, as plain data."""

import dataclasses
import importlib.metadata
import platform
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import open_regular
from trax_twitter_sentiment.prediction.predictor import (
    NOT_EXPLAINED,
    SentimentPredictor,
)
from trax_twitter_sentiment.reporting import run_facts
from trax_twitter_sentiment.reporting import variants as all_variants
from trax_twitter_sentiment.reporting.variants import Variant
from trax_twitter_sentiment.reporting.words import WeightyWord, weighty_words
from trax_twitter_sentiment.run.history import Curve
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.run.settings import CONFIG_FILE
from trax_twitter_sentiment.tables.escapes import csv_line

# More predictions would make the page slow.
_MAX_SAVED = 50_000

_PACKAGES = ('trax_twitter_sentiment', 'trax', 'jax', 'numpy', 'nltk')

_TWEETS = ('TwitterCorpus', 'TweetEvalCorpus')

_TITLES = {
    'nltk': "NLTK's twitter_samples",
    'sample': "the package's made-up tweets",
}


@dataclasses.dataclass(frozen=True, eq=False)
class ReportContent:
  """The content of a run's report."""

  model_dir: str  # The run's output directory, as the user names it.
  title: str  # The title of the validation texts.
  unit: str  # 'tweets' or 'texts'.
  remark: str  # A warning about the corpus, or ''.
  class_names: tuple[str, ...]
  sizes: dict[str, list[int]]  # Split -> the number of texts of each class.
  n_baseline_texts: int | None  # `None` if the baseline read all training texts.
  vocabulary_size: int
  train_curves: dict[str, Curve]  # By the name of the loss.
  eval_curves: dict[str, Curve]  # By the name of the metric.
  variants: list[Variant]  # One if emoticons hardly matter, otherwise two.
  emoticons: str  # A sentence on emoticons, if there is one variant.
  words: dict[int, list[WeightyWord]]  # Class -> its weightiest words.
  stems: bool  # Whether the run reduces words to their stems.
  words_split: str  # The texts in which words are counted: 'training' or 'evaluated'.
  not_explained: str  # The reason why there are no words and no shares, or ''.
  predictions: str  # CSV of the validation predictions; '' if they are too many.
  facts: dict[str, str]  # The run's training and size, by name.
  like: str  # The gin file of the package with the most similar settings, or ''.
  differing: dict[str, str]  # Settings that differ from `like`, as 'theirs → own'.
  config: str | None  # The run's `config.gin`.
  versions: dict[str, str]  # The versions that made the report, by package.


def gather(
    run: Run, examples: Examples | None = None, source: str = ''
) -> ReportContent:
  """Returns the content of a run's report.

  Args:
    run: the run.
    examples: the texts to evaluate on; `None` for the run's validation texts.
    source: the title of `examples`.

  Raises:
    UserError: if the corpus of the run is needed and not available.
  """
  corpus = corpus_of(run, examples)
  predictor = SentimentPredictor.from_run(run)
  variants, emoticons = all_variants.variants_of(predictor, corpus)
  split = 'train' if corpus.train.texts else 'validation'
  max_texts = all_variants.MAX_BASELINE_TEXTS
  n_classes = len(corpus.class_names)
  splits = {'training': corpus.train, 'validation': corpus.validation}
  like, differing = run_facts.differing_settings(run.settings)
  return ReportContent(
      model_dir=run.folder,
      title=source or title_of(corpus),
      unit='tweets' if examples is None and _is_of_tweets(corpus.recipe) else 'texts',
      remark='' if examples else _remark(corpus),
      class_names=corpus.class_names,
      sizes={
          name: np.bincount(examples.labels, minlength=n_classes).tolist()
          for name, examples in splits.items()
      },
      n_baseline_texts=max_texts if len(corpus.train.texts) > max_texts else None,
      vocabulary_size=run.encoder.vocabulary_size,
      train_curves=run.history.train_curves,
      eval_curves=run.history.eval_curves,
      variants=variants,
      emoticons=emoticons,
      words=weighty_words(predictor, corpus, split) if predictor.explains else {},
      stems=run.model_info.encoder is None and run.tokenizer.stem,
      words_split='training' if split == 'train' else 'evaluated',
      not_explained='' if predictor.explains else NOT_EXPLAINED,
      predictions=_predictions(corpus, variants),
      facts=run_facts.facts(run),
      like=like,
      differing=differing,
      config=_read_config(run.path(CONFIG_FILE)),
      versions=_versions(),
  )  # fmt: skip


def corpus_of(run: Run, examples: Examples | None) -> Corpus:
  """Returns the run's corpus, whose validation texts are `examples` if there are any.

  Raises:
    UserError: if the corpus is not available and there are no `examples`.
  """
  if examples is None:
    return run.corpus()
  try:
    corpus = run.corpus()
  except UserError:
    # The run was moved without its data; only the baseline needs training texts.
    nothing = Examples((), np.zeros(0, np.int32))
    names = run.model_info.class_names
    corpus = Corpus('own texts', nothing, nothing, frozenset(), names)
  return dataclasses.replace(corpus, validation=examples)


def title_of(corpus: Corpus) -> str:
  """Returns the title of a corpus."""
  name, comma, rest = corpus.name.partition(',')
  return _TITLES.get(name, name) + comma + rest


def _is_of_tweets(recipe: Recipe | None) -> bool:
  """Returns whether a corpus, or the corpus that it groups, contains tweets."""
  while recipe and recipe.configurable == 'GroupedCorpus':
    recipe = dict(recipe.arguments)['corpus']
  return recipe is not None and recipe.configurable in _TWEETS


def _remark(corpus: Corpus) -> str:
  if corpus.name.startswith('sample'):
    return 'The tweets are made up: no figure here says anything about real tweets.'
  if corpus.labels_from_emoticons:
    return (
        'The labels of this corpus were made from the emoticons in the tweets, so a '
        'model that reads emoticons hardly needs a word.'
    )
  return ''


def _predictions(corpus: Corpus, variants: Sequence[Variant]) -> str:
  """Returns the predictions of all validation texts as CSV."""
  examples, names = corpus.validation, corpus.class_names
  if len(examples.texts) > _MAX_SAVED:
    return ''
  columns = [examples.texts, [names[i] for i in examples.labels]]
  header = ['text', 'label']
  for variant in variants:
    suffix = '_' + variant.title.lower().replace(' ', '_') if variant.title else ''
    header += [f'predicted{suffix}', f'probability{suffix}']
    columns.append([names[i] for i in variant.predicted])
    probabilities = np.exp(variant.log_probabilities.max(axis=1))
    columns.append([f'{probability:.6f}' for probability in probabilities])
  return ''.join(map(csv_line, [header, *zip(*columns, strict=True)]))


def _read_config(path: str) -> str | None:
  try:
    with open_regular(path) as file:
      return file.read().decode('utf-8', errors='replace')
  except OSError:
    return None


def _versions() -> dict[str, str]:
  versions = {'Python': platform.python_version()}
  for package in _PACKAGES:
    try:
      versions[package] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
      versions[package] = 'not installed'
  return versions
