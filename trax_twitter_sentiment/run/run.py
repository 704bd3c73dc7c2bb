"""A run: the output directory of a training, opened for reading."""

import dataclasses
import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from trax_twitter_sentiment import remote
from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import parse_file, write_atomically
from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.run.corpus_record import CorpusRecord
from trax_twitter_sentiment.run.history import History
from trax_twitter_sentiment.run.model_info import EncoderInfo, ModelInfo
from trax_twitter_sentiment.run.weights import load_arrays
from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer
from trax_twitter_sentiment.text.vocabulary import Vocabulary

T = TypeVar('T')

TOKENIZER_FILE = 'tokenizer.json'
VOCABULARY_FILE = 'vocabulary.json'
MODEL_FILE = 'model.json'
CORPUS_FILE = 'corpus.json'
WEIGHTS_FILE = 'model.weights.npy.gz'

# The files of a pretrained encoder, in place of a tokenizer and a vocabulary.
ENCODER_CONFIG_FILE = 'encoder_config.json'
ENCODER_TOKENIZER_FILE = 'encoder_tokenizer.json'

# The end of the messages about a run that cannot be resumed.
_ADVICE = "Use another output_dir, or that run's corpus and settings."


class Run:
  """The output directory of a training.

  Each attribute is read on first use and kept.

  Args:
    folder: the directory, or its URL, such as `'s3://bucket/runs/twitter'`.

  Raises:
    UserError: if there is no such directory. Every attribute raises `UserError` if
      its file is missing or damaged.

  Examples:
    >>> run = Run('runs/twitter')
    >>> run.model_info.class_names
    ('negative', 'positive')
  """

  def __init__(self, folder: str | os.PathLike):
    self.folder = os.path.expanduser(os.fspath(folder))
    # The first file that is read from a URL shows whether there is such a folder.
    if not (remote.is_url(self.folder) or os.path.isdir(self.folder)):
      raise UserError(f'model_dir={self.folder!r} is not a directory.')

  def path(self, name: str) -> str:
    """Returns the path of a file of the run, or its URL."""
    return os.path.join(self.folder, name)

  @functools.cached_property
  def tokenizer(self) -> TweetTokenizer:
    """The tokenizer, without the vocabulary."""
    return self.read(TOKENIZER_FILE, TweetTokenizer.from_json, 'a tokenizer file')

  @functools.cached_property
  def vocabulary(self) -> Vocabulary:
    """The tokens and their ids."""
    return self.read(VOCABULARY_FILE, Vocabulary.from_json, 'a vocabulary file')

  @property
  def text_encoder(self) -> TextEncoder:
    """The tokenizer with its vocabulary."""
    return TextEncoder(self.tokenizer, self.vocabulary)

  @functools.cached_property
  def subword_encoder(self) -> SubwordEncoder:
    """The tokenizer of the run's pretrained encoder."""
    parse = SubwordEncoder.from_json
    return self.read(ENCODER_TOKENIZER_FILE, parse, 'the tokenizer of an encoder')

  @property
  def encoder(self) -> TextEncoder | SubwordEncoder:
    """The function from texts to token ids that the run's model requires."""
    return self.subword_encoder if self.model_info.encoder else self.text_encoder

  @functools.cached_property
  def model_info(self) -> ModelInfo:
    """The properties of the model besides its weights."""
    return self.read(MODEL_FILE, ModelInfo.from_json, 'a model file')

  @property
  def files_of_prediction(self) -> tuple[str, ...]:
    """The files that a prediction reads; empty if it requires Trax, too."""
    if self.model_info.encoder:
      return ENCODER_TOKENIZER_FILE, ENCODER_CONFIG_FILE, MODEL_FILE, WEIGHTS_FILE
    if self.model_info.pooling:
      return TOKENIZER_FILE, VOCABULARY_FILE, MODEL_FILE, WEIGHTS_FILE
    return ()

  @functools.cached_property
  def corpus_record(self) -> CorpusRecord:
    """The record of the run's corpus."""
    return self.read(CORPUS_FILE, CorpusRecord.from_json, 'a corpus file')

  @functools.cached_property
  def settings(self) -> dict[str, str]:
    """The settings in `config.gin`, each with its value as text."""
    return settings.recorded(self.folder)

  @functools.cached_property
  def history(self) -> History:
    """The losses and metrics by step; empty if the run has no `history.json`."""
    return History.load(self.folder)

  @functools.cached_property
  def weights(self) -> list[np.ndarray]:
    """The arrays of the newest checkpoint. No file is unpickled."""
    path = self.path(WEIGHTS_FILE)
    try:
      arrays = load_arrays(path)
    except FileNotFoundError as error:
      raise UserError(
          f'{self.folder} has no checkpoint yet ({WEIGHTS_FILE}); train first.'
      ) from error
    except ValueError as error:
      raise UserError(f'{path} is not a complete weights file ({error}).') from error
    if any(a.dtype.kind == 'f' and not np.isfinite(a).all() for a in arrays):
      raise UserError(f'{path} contains NaN or infinity: training diverged.')
    return arrays

  def corpus(self) -> Corpus:
    """Returns the run's corpus, made again by its recipe on first use.

    If the corpus has changed since the run began, a warning is printed on stderr.

    Raises:
      UserError: if the corpus cannot be made again.
    """
    return self._corpus

  @functools.cached_property
  def _corpus(self) -> Corpus:
    # These modules register the configurables that recipes name.
    from trax_twitter_sentiment.corpora import (  # noqa: F401
        mixed_corpus,
        near_duplicates,
        text_corpora,
        tfds_corpus,
    )

    record = self.corpus_record
    if record.recipe is None:
      raise UserError(
          f'{self.folder} does not record how to make its corpus, {record.name}, '
          'again. Pass labelled texts with --input.'
      )
    try:
      corpus = record.recipe.make()
    except UserError as error:
      raise UserError(
          f'The corpus of {self.folder}, {record.name}, is not available: '
          f'{error.message} Pass labelled texts with --input.'
      ) from error
    if corpus.digest != record.digest:
      print(
          f'WARNING: {record.name} has changed since the run began, so its '
          'validation texts may be different.',
          file=sys.stderr,
      )
    return corpus

  def read(self, name: str, parse: Callable[[str], T], kind: str) -> T:
    """Returns the parsed content of a file of the run.

    Args:
      name: the name of the file.
      parse: parses the content; raises `ValueError` if the content is not valid.
      kind: the kind of file, for messages.

    Raises:
      UserError: if the file is missing or damaged.
    """
    try:
      return parse_file(
          self.path(name), lambda content: parse(content.decode('utf-8')), kind
      )
    except FileNotFoundError as error:
      raise UserError(
          f'{self.folder} has no {name}: it is not the output directory of a run with '
          'train.callbacks=[@SaveForPrediction].'
      ) from error


def open_runs(
    model_dir: str | os.PathLike | Sequence[str | os.PathLike],
) -> list[Run]:
  """Returns the runs of one output directory or of several.

  Args:
    model_dir: the directory; or several, as a list or separated by commas.

  Raises:
    UserError: if there is no such directory, or a directory is named twice.
  """
  if isinstance(model_dir, (str, os.PathLike)):
    name = os.fspath(model_dir)
    parts = [part.strip() for part in name.split(',')]
    model_dir = [name] if os.path.isdir(name) else parts
  runs = [*map(Run, model_dir)]
  if not runs:
    raise UserError('model_dir=[] names no directory.')
  folders = [run.folder for run in runs]
  if len({*map(_place, folders)}) < len(folders):
    raise UserError(f'model_dir={folders} names one directory twice.')
  return runs


def _place(folder: str) -> str:
  """Returns the same path for all paths of one directory."""
  return folder.rstrip('/') if remote.is_url(folder) else os.path.realpath(folder)


def save(
    folder: str,
    encoder: TextEncoder | SubwordEncoder,
    model_info: ModelInfo,
    corpus: Corpus,
    config_json: str = '',
) -> None:
  """Writes the files of a run that Trax does not write.

  Args:
    folder: the output directory.
    encoder: turns texts into token ids.
    model_info: the properties of the model.
    corpus: the run's corpus.
    config_json: the `config.json` of a pretrained encoder.

  Raises:
    OSError: if a file cannot be written.
  """
  contents = {CORPUS_FILE: CorpusRecord.of(corpus).to_json()}
  if isinstance(encoder, SubwordEncoder):
    contents[ENCODER_TOKENIZER_FILE] = encoder.to_json()
    contents[ENCODER_CONFIG_FILE] = config_json
  else:
    contents[TOKENIZER_FILE] = encoder.tokenizer.to_json()
    contents[VOCABULARY_FILE] = encoder.vocabulary.to_json()
  # The model file is the last one, since `check_same_run` expects the others beside it.
  contents[MODEL_FILE] = model_info.to_json()
  for name, content in contents.items():
    write_atomically(os.path.join(folder, name), content)


def check_same_run(
    folder: str, encoder: TextEncoder | SubwordEncoder, corpus: Corpus
) -> None:
  """Refuses a directory whose run has another corpus, tokenizer or vocabulary.

  Raises:
    UserError: if the run cannot be resumed with this encoder and this corpus.
  """
  if not os.path.lexists(os.path.join(folder, MODEL_FILE)):
    return
  run = Run(folder)
  if run.corpus_record.name != corpus.name:
    raise UserError(
        f'{folder} contains a run on another corpus ({run.corpus_record.name!r}; now '
        f'{corpus.name!r}), as {CORPUS_FILE} says. {_ADVICE}'
    )
  _check_same_tokenizer(run, encoder)
  if run.corpus_record.digest != corpus.digest:
    raise UserError(
        f'{folder} contains a run on other texts than the corpus has now '
        f'({CORPUS_FILE} differs). Use another output_dir, or restore the texts of '
        'that run.'
    )


def saved_encoder_info(folder: str, new: EncoderInfo) -> EncoderInfo:
  """Returns the saved properties of a pretrained encoder whose run goes on.

  Args:
    folder: the directory of the run, which `check_same_run` accepts.
    new: the properties of the new model, without its temperature.

  Raises:
    UserError: if the saved properties differ from the new ones.
  """
  saved = Run(folder).model_info.encoder
  assert saved
  for name, now in dataclasses.asdict(new).items():
    before = getattr(saved, name)
    if name != 'temperature' and before != now:
      raise UserError(
          f'{folder} contains a run with {name}={before!r} (now {now!r}), as '
          f'{MODEL_FILE} says. {_ADVICE}'
      )
  return saved


def _check_same_tokenizer(run: Run, encoder: TextEncoder | SubwordEncoder) -> None:
  if isinstance(encoder, SubwordEncoder) or run.model_info.encoder:
    if not (isinstance(encoder, SubwordEncoder) and run.model_info.encoder):
      problem = 'only one of the two has a pretrained encoder'
    elif run.encoder != encoder:
      problem = 'their encoders have different tokenizers'
    else:
      return
    raise UserError(
        f'{run.folder} contains a run with another model: {problem}. {_ADVICE}'
    )
  if differing := run.tokenizer.differing_settings(encoder.tokenizer):
    raise UserError(
        f'{run.folder} contains a run with another tokenizer ({", ".join(differing)}), '
        f'as {TOKENIZER_FILE} says. {_ADVICE}'
    )
  if run.encoder != encoder:
    raise UserError(
        f'{run.folder} contains a run with another vocabulary (of '
        f'{len(run.vocabulary)} tokens; now {len(encoder.vocabulary)}), as '
        f'{VOCABULARY_FILE} says. {_ADVICE}'
    )
