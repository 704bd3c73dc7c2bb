"""The TFDS data set `twitter_samples`; importing this module registers it.

    >>> import tensorflow_datasets as tfds
    >>> import trax_twitter_sentiment.tfds.twitter_samples
    >>> train = tfds.load('twitter_samples', split='train')
"""

import dataclasses
import os
import re
from collections.abc import Iterator
from typing import Any

import filelock
import tensorflow_datasets as tfds

from trax_twitter_sentiment.corpora.corpus import Examples
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.text.emoticons import remove_emoticons

_DESCRIPTION = """
NLTK's corpus `twitter_samples`: 5,000 positive and 5,000 negative tweets. The last
fifth of each class, in the corpus's order, is the validation split.

The labels were made from the emoticons in the tweets, so any model that sees the
emoticons reaches an accuracy of 0.999. The config `no_emoticons` removes them.
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
    '`sample` contains made-up tweets, under Apache 2.0.'
)


@dataclasses.dataclass(eq=False)
class TwitterSamplesConfig(tfds.core.BuilderConfig):
  """A config of the data set.

  Attributes:
    source: the source of `TwitterCorpus`. It must not be `'auto'`, since the content of
      a prepared data set would depend on the tweets that were available.
    keep_emoticons: whether the texts keep their emoticons.
    n_train: the number of tweets in the training split.
    n_validation: the number of tweets in the validation split.
  """

  source: str = 'nltk'
  keep_emoticons: bool = True
  n_train: int = 8000
  n_validation: int = 2000


class TwitterSamples(tfds.core.GeneratorBasedBuilder):
  """A data set of labelled tweets, `{'text': <string>[], 'label': <int64>[]}`.

  Label 0 is negative and 1 positive, as everywhere in this package.
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
    """Prepares the data set unless it is prepared; see `tfds.core.DatasetBuilder`.

    If several processes prepare the data set, one does and the others wait. TFDS alone
    would prepare a copy in each process, and all processes but the first would fail to
    move their copy into place.

    Raises:
      UserError: if the corpus of the config is not available.
    """
    # A prepared data set may be in a read-only folder, and a remote folder cannot be
    # locked, so neither gets a lock.
    if self.data_path.exists() or '://' in self.data_dir:
      super().download_and_prepare(**kwargs)
    else:
      folder = os.path.dirname(self.data_dir)
      os.makedirs(folder, exist_ok=True)
      # The system releases the lock at the latest when this process ends.
      with filelock.FileLock(os.path.join(folder, '.lock')):
        super().download_and_prepare(**kwargs)
    if not self.info.initialized:
      # Another process prepared the data set after TFDS read the info of this builder.
      self.info.read_from_directory(self.data_dir)

  def as_dataset(self, split: Any = None, **kwargs: Any) -> Any:
    """Returns a split; `'test'` is another name for `'validation'`.

    See `tfds.core.DatasetBuilder`.
    """
    if isinstance(split, str):
      split = re.sub(r'\btest\b', 'validation', split)
    return super().as_dataset(split=split, **kwargs)

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
        # Trax asks for the splits before it prepares the data set, so they are declared
        # here. Progress bars use their sizes, too.
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
    """Yields keys and examples, which TFDS stores in the order of the hashed keys."""
    clean = str if self.builder_config.keep_emoticons else remove_emoticons
    for key, text in enumerate(examples.texts):
      yield key, {'text': clean(text), 'label': int(examples.labels[key])}
