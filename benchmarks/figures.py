"""The figures that the package is to reach: each a ratio of two medians."""

import concurrent.futures
import dataclasses
import functools
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import tqdm

from benchmarks import measure

_LAUNCHER = 'trax_twitter_sentiment.trainer'

_FIRST_STEP = 'Step      1: Ran 1 train steps'
_COMPILATION = re.compile(
    r'Finished XLA compilation of jit\(single_device_update_fn\) in .*'
)


@dataclasses.dataclass(frozen=True)
class Row:
  """A figure as measured.

  Attributes:
    name: what is measured, of the package.
    against: what it is measured against.
    required: what the ratio has to be, in words.
    ours: what was measured of the package.
    theirs: what was measured of the other.
    unit: of both.
    ratio: that of the medians, as `required` means it.
    holds: whether it is as required.
  """

  name: str
  against: str
  required: str
  ours: Sequence[float]
  theirs: Sequence[float]
  unit: str
  ratio: float
  holds: bool


@dataclasses.dataclass(frozen=True)
class Run:
  """What figures share: a folder for what they write, and a trained model."""

  folder: str

  @property
  def model_dir(self) -> str:
    return os.path.join(self.folder, 'model')

  def new_folder(self) -> str:
    return tempfile.mkdtemp(dir=self.folder)

  def trainer(self, module: str, output_dir: str | None = None) -> list[str]:
    """Returns the arguments of a trainer with `twitter.gin`."""
    return [
        '-m',
        module,
        '--config_file=gin_configs/twitter.gin',
        "--config=TwitterCorpus.source='nltk'",
        f'--output_dir={output_dir or self.new_folder()}',
    ]

  def prepare(self) -> None:
    """Trains the model, which also compiles Python files and fills the cache."""
    measure.run(*self.trainer(_LAUNCHER, self.model_dir))


def time_to_first_step(run: Run) -> list[Row]:
  """From the start of the process to the line that says the first step is done."""
  ours, theirs = _in_turn(
      'first step',
      lambda: measure.seconds_until(_FIRST_STEP, *run.trainer(_LAUNCHER)),
      lambda: measure.seconds_until(_FIRST_STEP, *run.trainer('trax.trainer')),
  )
  return [
      _faster(
          'time to the first training step, launcher',
          'stock `python -m trax.trainer`, same config',
          5,
          ours,
          theirs,
      )
  ]


def import_of_trax(run: Run) -> list[Row]:
  """Import statements in new processes, started in turn."""
  del run
  repairs = 'trax_twitter_sentiment.trax_support.repairs'
  launcher = f'import {repairs}, trax.trainer'
  libraries = 'import tensorflow, tensorflow_datasets, tensorflow_text, jax, gym'
  ours, theirs = _in_turn(
      'import',
      lambda: _seconds_of_statement(launcher),
      lambda: _seconds_of_statement(libraries),
      warm_up=True,
  )
  return [
      _at_most(
          "launcher's import of Trax",
          'importing TensorFlow, TFDS, TF-Text, JAX and gym alone',
          1.35,
          ours,
          theirs,
          's',
      )
  ]


def batches_per_second(run: Run) -> list[Row]:
  """Batches of 16 out of streams that exist already, in one process in turn."""
  del run
  ours, theirs = _task('batches', 'batches_per_second')
  return [
      _more(
          'batches a second out of `TwitterBatches`',
          "the notebook's generator",
          100,
          ours,
          theirs,
          'batches/s',
      )
  ]


def steps_per_second(run: Run) -> list[Row]:
  """Steps of loops that have run 50 before, in one process in turn."""
  del run
  rows = []
  for size in (128, 16):
    ours, theirs = _task('steps', 'steps_per_second', str(size))
    rows.append(
        _more(
            'steps a second in the trainer, checkpoints and evaluation aside, '
            f'batches of {size}',
            '`training.Loop` on one constant batch of the same shape',
            0.95,
            ours,
            theirs,
            'steps/s',
        )
    )
  return rows


def training_100_steps(run: Run) -> list[Row]:
  """From the corpus to the trained model, imports aside, in new processes."""
  at_the_end = (
      'train.checkpoints_at=@checkpoint_steps()',
      'checkpoint_steps.interval=100',
  )
  used_cache = run.new_folder()
  # With an empty cache a run tokenizes the corpus, as each of the notebook's does.
  variants = {
      'checkpoint at the end, second run': (at_the_end, lambda: used_cache),
      'checkpoint at the end, first run': (at_the_end, run.new_folder),
      'checkpoints every 10 steps, first run': (
          ('train.checkpoints_at=None',),
          run.new_folder,
      ),
  }

  def seconds(bindings: Sequence[str], cache: Callable[[], str]) -> float:
    environment = measure.with_cache(cache())
    return measure.run_task('seconds_of_training', *bindings, environment=environment)

  seconds(at_the_end, lambda: used_cache)
  *ours, theirs = _in_turn(
      '100 steps',
      *(functools.partial(seconds, *variant) for variant in variants.values()),
      lambda: measure.run_task('seconds_of_notebook_training'),
  )
  return [
      _faster(
          "training 100 steps with the notebook's evaluation interval, model and "
          f'batch size, imports aside; {variant}',
          "the notebook's pipeline, checkpoints every 10 steps",
          5,
          measured,
          theirs,
      )
      for variant, measured in zip(variants, ours, strict=True)
  ]


def compilations(run: Run) -> list[Row]:
  """Compilations of the step that JAX logs in a run of `twitter.gin`."""
  environment = {'JAX_LOG_COMPILES': '1'}
  finished = measure.run(*run.trainer(_LAUNCHER), environment=environment)
  # Several handlers log a compilation, in the same words.
  n = len(set(_COMPILATION.findall(finished.stderr)))
  name = 'compilations of the training step in a run'
  return [Row(name, 'one', 'exactly 1', [n], [1], '', n, n == 1)]


def second_run(run: Run) -> list[Row]:
  """From the corpus to the first batch, in new processes; imports come before."""
  used_cache = run.new_folder()

  def seconds(cache: str) -> float:
    environment = measure.with_cache(cache)
    return measure.run_task('seconds_to_first_batch', environment=environment)

  seconds(used_cache)
  ours, theirs = _in_turn(
      'first batch', lambda: seconds(used_cache), lambda: seconds(run.new_folder())
  )
  return [
      _faster(
          "second run's time from corpus to first batch",
          "first run's",
          20,
          ours,
          theirs,
      )
  ]


def prediction_throughput(run: Run) -> list[Row]:
  """The 2,000 validation tweets, in one process in turn, from text to label."""
  ours, theirs = _task('predictions', 'predictions_per_second', run.model_dir)
  return [
      _more(
          'prediction throughput, one process',
          "the notebook's `predict`, one tweet at a time",
          5,
          ours,
          theirs,
          'tweets/s',
      )
  ]


def cold_start(run: Run) -> list[Row]:
  """Processes from start to end, in turn; 15 of each, since they are short."""
  command = '-m', 'trax_twitter_sentiment.predict', f'--model_dir={run.model_dir}'
  ours, theirs = _in_turn(
      'cold start',
      lambda: measure.run(*command, 'what a lovely day :)').seconds,
      lambda: measure.run('-c', 'import numpy, nltk').seconds,
      rounds=15,
      warm_up=True,
  )
  return [
      _at_most(
          'cold start of `predict` on one text',
          '`python -c "import numpy, nltk"`',
          1.15,
          ours,
          theirs,
          's',
      )
  ]


def memory_of_training(run: Run) -> list[Row]:
  """Peak resident memory of whole processes, which may run at the same time."""
  progress = tqdm.tqdm(total=2 * measure.ROUNDS, desc='memory')

  def megabytes(arguments: Sequence[str]) -> float:
    peak = measure.run(*arguments).megabytes
    progress.update()
    return peak

  commands = [
      command
      for _ in range(measure.ROUNDS)
      for command in (run.trainer(_LAUNCHER), ['-c', 'import trax'])
  ]
  with progress, concurrent.futures.ThreadPoolExecutor(measure.N_CORES) as executor:
    peaks = list(executor.map(megabytes, commands))
  return [
      _at_most(
          'peak memory of training',
          'the bare `import trax`',
          1.35,
          peaks[::2],
          peaks[1::2],
          'MB',
      )
  ]


FIGURES: dict[str, Callable[[Run], list[Row]]] = {
    function.__name__: function
    for function in (
        time_to_first_step,
        import_of_trax,
        batches_per_second,
        steps_per_second,
        training_100_steps,
        compilations,
        second_run,
        prediction_throughput,
        cold_start,
        memory_of_training,
    )
}


def _in_turn(
    name: str,
    *actions: Callable[[], float],
    rounds: int = measure.ROUNDS,
    warm_up: bool = False,
) -> tuple[list[float], ...]:
  if warm_up:
    for action in actions:
      action()
  with tqdm.tqdm(total=rounds * len(actions), desc=name) as progress:
    return measure.alternate(*actions, rounds=rounds, progress=progress.update)


def _task(name: str, *arguments: str) -> Any:
  with tqdm.tqdm(total=1, desc=name) as progress:
    result = measure.run_task(*arguments)
    progress.update()
  return result


def _seconds_of_statement(statement: str) -> float:
  code = (
      'import time; start = time.perf_counter(); '
      f'{statement}; print(time.perf_counter() - start)'
  )
  return float(measure.run('-c', code).last_line)


def _faster(
    name: str,
    against: str,
    least: float,
    ours: Sequence[float],
    theirs: Sequence[float],
) -> Row:
  """Returns the row of a time that is to be shorter."""
  ratio = measure.median(theirs) / measure.median(ours)
  holds = ratio >= least
  return Row(name, against, f'{least:g} × faster', ours, theirs, 's', ratio, holds)


def _more(
    name: str,
    against: str,
    least: float,
    ours: Sequence[float],
    theirs: Sequence[float],
    unit: str,
) -> Row:
  """Returns the row of a rate that is to be higher."""
  ratio = measure.median(ours) / measure.median(theirs)
  return Row(name, against, f'{least:g} ×', ours, theirs, unit, ratio, ratio >= least)


def _at_most(
    name: str,
    against: str,
    most: float,
    ours: Sequence[float],
    theirs: Sequence[float],
    unit: str,
) -> Row:
  """Returns the row of a cost that is not to be much higher."""
  ratio = measure.median(ours) / measure.median(theirs)
  required = f'at most {most:g} ×'
  return Row(name, against, required, ours, theirs, unit, ratio, ratio <= most)
