"""Training in the test's own process."""

import os

import gin
import trax.models  # noqa: F401  (registers what gin files name)
from conftest import REPOSITORY
from trax.supervised import trainer_lib, training

# The gin files whose runs are a fit without steps.
FITTED = ('text_file.gin', 'tweeteval.gin', 'twitter_hard.gin')


def train(
    output_dir: os.PathLike, *bindings: str, config: str = 'twitter.gin'
) -> training.Loop:
  """Trains on the sample; two steps, or the fit alone, by default."""
  gin.clear_config()
  steps = [] if config in FITTED else ['train.steps=2']
  gin.parse_config_files_and_bindings(
      [str(REPOSITORY / 'gin_configs' / config)],
      ["TwitterCorpus.source='sample'", *steps, *bindings],
  )
  return trainer_lib.train(str(output_dir))
