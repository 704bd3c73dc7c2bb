"""Measures training steps of a pretrained encoder, in Trax and in PyTorch.

    python -m benchmarks.encoder_steps trax_steps FOLDER
    python -m benchmarks.encoder_steps pytorch_steps FOLDER

The command prints the median seconds of a step of each length as JSON. PyTorch requires
`transformers` as well, and nothing else of this repository.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

# The bucket lengths and the batch size of `encoder.gin`.
LENGTHS = (24, 40, 64)
BATCH_SIZE = 32
_N_CLASSES = 4
_LEARNING_RATE = 1e-4

# The first steps compile, or reserve memory, and are not measured.
_N_WARM_UP, _N_STEPS = 2, 10

Batch = tuple[np.ndarray, ...]


def trax_steps(folder: str) -> list[float]:
  """Measures `PretrainedEncoder` in Trax, with the optimizer of `encoder.gin`."""
  from trax_twitter_sentiment import trainer

  trainer.import_trax()
  import jax
  from trax import layers as tl
  from trax import optimizers, shapes

  from trax_twitter_sentiment import PretrainedEncoder

  loss = tl.Serial(
      PretrainedEncoder(folder, _N_CLASSES), tl.WeightedCategoryCrossEntropy()
  )
  optimizer = optimizers.Adam(_LEARNING_RATE, eps=1e-6, clip_grad_norm=1.0)
  batches = [_batch(length) for length in LENGTHS]
  loss.init(shapes.signature(batches[0]))
  optimizer.tree_init(loss.weights)
  steps = optimizers.Trainer(loss, optimizer)
  rng = jax.random.PRNGKey(0)

  def step(batch: Batch) -> None:
    value, _ = steps.one_step(batch, rng, learning_rate=_LEARNING_RATE)
    jax.block_until_ready((value, steps.slots))

  return _medians(step, batches)


def pytorch_steps(folder: str) -> list[float]:
  """Measures PyTorch with the same model, loss and optimizer."""
  import torch
  import transformers

  torch.set_num_threads(len(os.sched_getaffinity(0)))
  encoder = transformers.AutoModel.from_pretrained(folder)
  dropout = torch.nn.Dropout(0.1)
  dense = torch.nn.Linear(encoder.config.hidden_size, _N_CLASSES)
  model = torch.nn.ModuleList([encoder, dropout, dense]).train()
  optimizer = torch.optim.Adam(model.parameters(), _LEARNING_RATE, eps=1e-6)

  def step(batch: Batch) -> None:
    ids, labels, _ = map(torch.from_numpy, batch)
    mask = (ids != 0).long()
    hidden = encoder(input_ids=ids.long(), attention_mask=mask).last_hidden_state
    mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    logits = dense(dropout(mean))
    loss = torch.nn.functional.cross_entropy(logits, labels.long())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()

  return _medians(step, [_batch(length) for length in LENGTHS])


def _batch(length: int) -> Batch:
  """Returns made-up ids, labels and weights; a tenth of the ids is padding."""
  rng = np.random.default_rng(length)
  ids = rng.integers(1000, 20_000, (BATCH_SIZE, length)).astype(np.int32)
  ids[:, length - length // 10 :] = 0
  labels = rng.integers(_N_CLASSES, size=BATCH_SIZE).astype(np.int32)
  return ids, labels, np.ones(BATCH_SIZE, np.float32)


def _medians(step: Callable[[Batch], None], batches: list[Batch]) -> list[float]:
  """Returns the median seconds of a step on each of the batches."""
  medians = []
  for batch in batches:
    seconds = []
    for _ in range(_N_WARM_UP + _N_STEPS):
      start = time.perf_counter()
      step(batch)
      seconds.append(time.perf_counter() - start)
    medians.append(statistics.median(seconds[_N_WARM_UP:]))
  return medians


if __name__ == '__main__':
  _, called, path_of_encoder = sys.argv
  print(json.dumps(globals()[called](path_of_encoder)))
