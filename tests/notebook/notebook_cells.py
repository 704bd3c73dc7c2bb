"""The notebook's cells, with imports of the plugin: `python notebook_cells.py FOLDER`.

The loop is built as in the notebook. With the second argument `tensors`, the batches
come from the plugin's `TensorGenerator`. With `tokenize`, the only function of the
plugin is `tokenize_tweet`. The last line of the output is the step of the loop.
"""

import itertools
import sys

import gin
import numpy as np
from trax import layers as tl
from trax import optimizers
from trax.supervised import training

from trax_twitter_sentiment import TwitterCorpus, tokenize_tweet

gin.bind_parameter('TwitterCorpus.source', 'sample')
output_path, part = sys.argv[1:]


def own_batches():
  """Returns the size of the vocabulary, and batches by `tokenize_tweet` alone."""
  tweets = TwitterCorpus().train
  ids = [[hash(t) % 50 for t in tokenize_tweet(x)] for x in tweets.texts[:4]]
  inputs = np.array([(row + [0] * 9)[:9] for row in ids], np.int32)
  return 50, itertools.repeat((inputs, tweets.labels[:4], np.ones(4)))


def batches_of_the_plugin():
  """Returns the size of the vocabulary, and batches by `TensorGenerator`."""
  from trax_twitter_sentiment import TensorBuilder, TensorGenerator

  converter = TensorBuilder()
  batches = TensorGenerator(
      converter, converter.positive[: converter.split], converter.negative_training
  )
  return len(converter.vocabulary), batches


size, batches = own_batches() if part == 'tokenize' else batches_of_the_plugin()
loop = training.Loop(
    tl.Serial(tl.Embedding(size, 8), tl.Mean(axis=1), tl.Dense(2), tl.LogSoftmax()),
    training.TrainTask(
        batches,
        tl.WeightedCategoryCrossEntropy(),
        optimizers.Adam(0.01),
        n_steps_per_checkpoint=2,
    ),
    eval_tasks=training.EvalTask(batches, [tl.WeightedCategoryAccuracy()]),
    output_dir=output_path,
)
loop.run(2)
print(loop.step)
