"""Trains in the process of a test."""

import os

import gin
import trax.models  # noqa: F401  (registers what gin files name)
from conftest import REPOSITORY
from trax.supervised import trainer_lib, training

ENCODER_FOLDERS = REPOSITORY / 'tests' / 'encoder' / 'folders'

# Gin files that fit a logistic regression and run no training steps.
FITTED = ('sentiment140.gin', 'text_file.gin', 'tweeteval.gin', 'twitter_hard.gin')


def train(
    output_dir: os.PathLike, *bindings: str, config: str = 'twitter.gin'
) -> training.Loop:
  """Trains on the sample: two steps by default, or the fit of a file in `FITTED`."""
  gin.clear_config()
  steps = [] if config in FITTED else ['train.steps=2']
  gin.parse_config_files_and_bindings(
      [str(REPOSITORY / 'gin_configs' / config)],
      ["TwitterCorpus.source='sample'", *steps, *bindings],
  )
  return trainer_lib.train(str(output_dir))


def train_encoder(
    output_dir: os.PathLike, *bindings: str, family: str = 'bert'
) -> training.Loop:
  """Trains a small encoder on the sample with `encoder.gin`: four steps by default."""
  return train(
      output_dir,
      'configured_corpus.corpus=@TwitterCorpus',
      f"folder='{ENCODER_FOLDERS / family}'",
      'EncoderBatches.buckets=(60,)',
      'train.steps=4',
      'train.eval_frequency=2',
      'checkpoint_steps.interval=2',
      'warmup_and_linear_decay.n_steps=4',
      *bindings,
      config='encoder.gin',
  )
