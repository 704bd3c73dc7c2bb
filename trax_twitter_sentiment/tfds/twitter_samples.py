"""The TFDS data set `twitter_samples`; importing this module registers it.

    >>> import tensorflow_datasets as tfds
    >>> import trax_twitter_sentiment.tfds.twitter_samples
    >>> train = tfds.load('twitter_samples', split='train')
"""

import contextlib
import dataclasses
import fcntl
import os
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets as tfds

from trax_twitter_sentiment.corpora.corpus import Examples
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.text.emoticons import remove_emoticons

_DESCRIPTION = """
NLTK's corpus `twitter_samples`: 5,000 positive and 5,000 negative tweets. The last
fifth of each class, in the corpus's order, is the validation split.

The labels were made from the emoticons in the tweets, so any model that sees the
emoticons reaches an accuracy of 0.999. `no_emoticons` leaves it only the words.
"""

_CITATION = """
@book{bird2009natural,
  title = {Natural Language Processing with Python},
  author = {Bird, Steven and Klein, Ewan and Loper, Edward},
  publisher = {O'Reilly Media},
  year = {2009},
}
"""

_LICENSE = (
    "NLTK's twitter_samples must be used subject to the Twitter Developer Agreement "
    '(https://developer.twitter.com/en/developer-terms/agreement). The config '
    '`sample` holds made-up tweets, under Apache 2.0.'
)


@dataclasses.dataclass(eq=False)
class TwitterSamplesConfig(tfds.core.BuilderConfig):
  """What a config of the data set reads and what it does with the texts.

  Attributes:
    source: as in `TwitterCorpus`; never `'auto'`, since a prepared data set stays
      and must not depend on what could be had when it was made.
    keep_emoticons: `False` removes them from the texts.
    n_train, n_validation: how many tweets the splits have.
  """

  source: str = 'nltk'
  keep_emoticons: bool = True
  n_train: int = 8000
  n_validation: int = 2000


class TwitterSamples(tfds.core.GeneratorBasedBuilder):
  """Labelled tweets: examples are `{'text': <string>[], 'label': <int64>[]}`.

  Label 0 is negative and 1 positive, as in all of this package.

  Preparing raises `UserError` where the config's corpus can't be had.
  """

  VERSION = tfds.core.Version('1.0.0')
  RELEASE_NOTES = {'1.0.0': 'First release.'}  # noqa: RUF012  (as TFDS has it)
  BUILDER_CONFIGS = [  # noqa: RUF012
      TwitterSamplesConfig(
          name='plain_text', description='The tweets as they are; the default.'
      ),
      TwitterSamplesConfig(
          name='no_emoticons',
          description='The tweets without their emoticons.',
          keep_emoticons=False,
      ),
      TwitterSamplesConfig(
          name='sample',
          description='1,000 made-up tweets, to try things without the corpus.',
          source='sample',
          n_train=800,
          n_validation=200,
      ),
  ]

  def download_and_prepare(self, **kwargs: Any) -> None:
    """Prepares the data set unless it is there; see `tfds.core.DatasetBuilder`.

    Of several processes one prepares it, and the others wait for it. TFDS by itself
    has each prepare a copy and all but the first fail when it moves its copy into
    place; and processes with the same random seed even write into the same one.
    """
    # What exists may lie in a folder that can't be written to; a lock needs a local
    # one.
    if self.data_path.exists() or '://' in self.data_dir:
      super().download_and_prepare(**kwargs)
    else:
      with _lock(os.path.dirname(self.data_dir)):
        super().download_and_prepare(**kwargs)
    if not self.info.initialized:
      # TFDS reads it when a builder is made, and another process was still at work.
      self.info.read_from_directory(self.data_dir)

  def _info(self) -> tfds.core.DatasetInfo:
    config = self.builder_config
    return tfds.core.DatasetInfo(
        builder=self,
        description=_DESCRIPTION,
        features=tfds.features.FeaturesDict({
            'text': tfds.features.Text(),
            'label': tfds.features.ClassLabel(names=['negative', 'positive']),
        }),
        supervised_keys=('text', 'label'),
        homepage='https://www.nltk.org/howto/twitter.html',
        citation=_CITATION,
        license=_LICENSE,
        # Known before it is prepared, the splits let Trax, which asks for them first,
        # prepare it in any data_dir; and progress bars know how far they go.
        split_dict=tfds.core.splits.SplitDict([
            tfds.core.SplitInfo(name=name, shard_lengths=[n_examples], num_bytes=0)
            for name, n_examples in (
                ('train', config.n_train),
                ('validation', config.n_validation),
            )
        ]),
    )

  def _split_generators(
      self, dl_manager: tfds.download.DownloadManager
  ) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
    del dl_manager  # `TwitterCorpus` finds or downloads the tweets.
    corpus = TwitterCorpus(self.builder_config.source)
    return {
        'train': self._generate_examples(corpus.train),
        'validation': self._generate_examples(corpus.validation),
    }

  def _generate_examples(
      self, examples: Examples
  ) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields keys and examples; TFDS stores them in an order made from the keys."""
    clean = str if self.builder_config.keep_emoticons else remove_emoticons
    for key, text in enumerate(examples.texts):
      yield key, {'text': clean(text), 'label': int(examples.labels[key])}


@contextlib.contextmanager
def _lock(folder: str) -> Iterator[None]:
  """Waits until no other process holds the lock of a folder, and holds it.

  The lock ends with the process at the latest. Its file stays: who removed it could
  take it from under a process that waits.
  """
  os.makedirs(folder, exist_ok=True)
  with open(os.path.join(folder, '.lock'), 'a') as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield
