"""Training in the test's own process."""

import os

import gin
import trax.models  # noqa: F401  (registers what gin files name)
from conftest import REPOSITORY
from trax.supervised import trainer_lib, training


def train(
    output_dir: os.PathLike, *bindings: str, config: str = 'twitter.gin'
) -> training.Loop:
  """Trains on the sample, two steps unless bindings say otherwise."""
  gin.clear_config()
  gin.parse_config_files_and_bindings(
      [str(REPOSITORY / 'gin_configs' / config)],
      ["TwitterCorpus.source='sample'", 'train.steps=2', *bindings],
  )
  return trainer_lib.train(str(output_dir))
