"""Fine-tunes and predicts with a pretrained encoder, beside PyTorch.

    ENCODER=FOLDER PYTORCH=PYTHON python -m benchmarks --figures=encoders

`ENCODER` is a folder in the layout of Hugging Face, such as that of all-MiniLM-L6-v2.
`PYTORCH` is the Python executable of an environment with PyTorch and `transformers`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import tqdm

from benchmarks import made_up_tweets, processes
from benchmarks.encoder_steps import BATCH_SIZE, LENGTHS
from benchmarks.figures import Row, Run, row

_N_TRAINED = 64


def encoders(run: Run) -> Iterator[Row]:
  """Measures training steps, predictions, and the memory of `predict`.

  A step has 32 texts of one length. Predictions are those of the 2,000 validation
  tweets of NLTK's corpus, from text to label, in one process with two threads.
  """
  folder, pytorch = os.environ['ENCODER'], os.environ['PYTORCH']
  ours, theirs = processes.alternate(
      lambda: _seconds(sys.executable, 'trax_steps', folder),
      lambda: _seconds(pytorch, 'pytorch_steps', folder),
      rounds=3,
      name='encoder steps',
  )
  for length, in_trax, in_pytorch in zip(LENGTHS, zip(*ours), zip(*theirs)):
    figure = f'fine-tuning an encoder, a step of {BATCH_SIZE} texts of {length} tokens'
    yield row(figure, 'PyTorch', in_trax, in_pytorch, 's', at_most=1)
  model_dir = _trained(run, folder)
  rate = processes.run_task('encoder_predictions_per_second', model_dir)
  name = 'predicting with an encoder, two threads'
  yield row(name, 'three hundred', rate, [300.0], 'tweets/s', at_least=1)
  command = '-m', 'trax_twitter_sentiment.predict', f'--model_dir={model_dir}', 'a text'
  cold = [processes.run(*command) for _ in tqdm.trange(5, desc='cold start')]
  name, seconds = '`predict` on one text with an encoder', [c.seconds for c in cold]
  yield row(f'{name}: time', 'eight seconds', seconds, [8.0], 's', at_most=1)
  megabytes = [c.megabytes for c in cold]
  yield row(f'{name}: peak memory', '1 GB', megabytes, [1000.0], 'MB', at_most=1)


def _seconds(python: str, function: str, folder: str) -> list[float]:
  """Returns the median seconds of a step of each length."""
  command = [python, '-m', 'benchmarks.encoder_steps', function, folder]
  finished = subprocess.run(command, stdout=subprocess.PIPE, check=True)
  return json.loads(finished.stdout.splitlines()[-1])


def _trained(run: Run, folder: str) -> str:
  """Trains an epoch on a few made-up tweets; returns the output directory."""
  path, output = os.path.join(run.folder, 'encoder.csv'), run.new_folder()
  made_up_tweets.write_csv(path, _N_TRAINED, seed=0)
  processes.run(
      *('-m', 'trax_twitter_sentiment.trainer', '--config_file=encoder.gin'),
      f"--config=TextFileCorpus.train_path='{path}'",
      f"--config=folder='{folder}'",
      '--config=n_epochs=1',
      f'--output_dir={output}',
  )
  return output
