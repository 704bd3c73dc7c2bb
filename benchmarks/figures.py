"""The figures of RESULTS.md. Each function measures the package and a baseline."""

import dataclasses
import functools
import math
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence

import tqdm

from benchmarks import made_up_tweets, processes

_LAUNCHER = 'trax_twitter_sentiment.trainer'
_FIRST_STEP = 'Step      1: Ran 1 train steps'

# The number of measurements for each number of made-up tweets. A measurement of the
# largest file lasts minutes, so there is one.
_SIZES = {10_000: 3, 100_000: 3, 1_000_000: 1}
# Predicting has a larger file, because its memory does not grow.
_SIZES_OF_PREDICTING = {**_SIZES, 10_000_000: 1}
_N_VALIDATION = 1000

# The number of input files of the cluster.
_N_FILES = 20

# The cells of a row: figure, measured against, ours, theirs, ratio, aimed at.
Row = list[str]


@dataclasses.dataclass(frozen=True)
class Run:
  """A folder for the files of all figures, with a trained model."""

  folder: str

  @functools.cached_property
  def model_dir(self) -> str:
    """Trains the model on first use."""
    path = os.path.join(self.folder, 'model')
    processes.run(*self.trainer(_LAUNCHER, path))
    return path

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

  def made_up(self, n_tweets: int, seed: int = 0) -> str:
    """Returns the path of a CSV file of made-up tweets."""
    path = os.path.join(self.folder, f'{n_tweets}-{seed}.csv')
    if not os.path.exists(path):
      made_up_tweets.write_csv(path, n_tweets, seed)
    return path

  def made_up_parquet(self, n_tweets: int) -> str:
    """Returns a pattern of Parquet files of made-up tweets."""
    folder = os.path.join(self.folder, f'{n_tweets}-parquet')
    if not os.path.exists(folder):
      # A child process writes the files, so this process stays small: the system counts
      # its memory in the peak memory of the processes that it starts.
      path, n_files = self.made_up(n_tweets), str(_N_FILES)
      processes.run_task('write_parquet', path, folder, n_files)
    return os.path.join(folder, '*.parquet')

  def predict(self, path: str, n_processes: int = 1, *options: str) -> list[str]:
    """Returns the arguments of `predict` on files, by default with TSV as output."""
    return [
        '-m',
        'trax_twitter_sentiment.predict',
        f'--model_dir={self.model_dir}',
        f'--input={path}',
        f'--processes={n_processes}',
        *(options or ['--format=tsv']),
    ]


def first_step(run: Run) -> Iterator[Row]:
  """Measures the time from the start of a process to the log line of step 1."""
  used_cache = run.new_folder()

  def seconds(module: str, cache: str) -> float:
    environment = processes.with_cache(cache)
    return processes.seconds_until(
        _FIRST_STEP, *run.trainer(module), environment=environment
    )

  # A run fills the cache, and saves compiled programs at its end.
  processes.run(*run.trainer(_LAUNCHER), environment=processes.with_cache(used_cache))
  later, first, theirs = processes.alternate(
      lambda: seconds(_LAUNCHER, used_cache),
      lambda: seconds(_LAUNCHER, run.new_folder()),
      lambda: seconds('trax.trainer', used_cache),
      name='first step',
  )
  against = 'stock `python -m trax.trainer`, same config'
  for name, ours, aim in (('first start', first, 0.167), ('later start', later, 0.125)):
    figure = f'time to the first training step, launcher, {name}'
    yield row(figure, against, ours, theirs, 's', at_most=aim)


def training_100_steps(run: Run) -> Iterator[Row]:
  """Measures the time from the corpus to the trained model, without imports."""
  used_cache = run.new_folder()

  def seconds(cache: str) -> float:
    environment = processes.with_cache(cache)
    return processes.run_task('seconds_of_training', environment=environment)

  seconds(used_cache)
  # With an empty cache, a run tokenizes the corpus, as each run of the notebook does.
  second, first, theirs = processes.alternate(
      lambda: seconds(used_cache),
      lambda: seconds(run.new_folder()),
      lambda: processes.run_task('seconds_of_notebook_training'),
      name='100 steps',
  )
  for name, ours in (('first', first), ('second', second)):
    yield row(
        f"training 100 steps of the notebook's, {name} run",
        "the notebook's pipeline",
        ours,
        theirs,
        's',
        at_most=0.167,
    )


def tokenizing(run: Run) -> Iterator[Row]:
  """Tokenizes the 2,000 validation tweets with new tokenizers, in one process."""
  del run
  ours, theirs = processes.run_task('tokenized_per_second')
  name, against = 'tokenizing', "the notebook's `process_tweet`"
  yield row(name, against, ours, theirs, 'tweets/s')


def prediction(run: Run) -> Iterator[Row]:
  """Predicts the 2,000 validation tweets, from text to label, in one process."""
  ours, theirs = processes.run_task('predictions_per_second', run.model_dir)
  against = "the notebook's `predict`, one tweet at a time"
  yield row('predicting, one process', against, ours, theirs, 'tweets/s', at_least=25)


def two_processes(run: Run) -> Iterator[Row]:
  """Runs `predict` on made-up tweets with two processes and with one."""
  path = run.made_up(100_000)
  ours, theirs = processes.alternate(
      lambda: processes.run(*run.predict(path, 2)).seconds,
      lambda: processes.run(*run.predict(path)).seconds,
      rounds=3,
      name='two processes',
  )
  name = '`predict --processes=2` on 100,000 tweets'
  yield row(name, '`--processes=1`', ours, theirs, 's')


def cluster(run: Run) -> Iterator[Row]:
  """Runs `predict` on Parquet files. Each run with Ray starts a local cluster."""
  path = run.made_up_parquet(1_000_000)

  def on_ray(n_processes: int) -> float:
    output = f'--output={run.new_folder()}'
    return processes.run(
        *run.predict(path, n_processes, '--engine=ray', output)
    ).seconds

  one, two, theirs = processes.alternate(
      lambda: on_ray(1),
      lambda: on_ray(2),
      lambda: processes.run(*run.predict(path, 2)).seconds,
      rounds=3,
      name='cluster',
  )
  for n_processes, ours in ((1, one), (2, two)):
    name = f'`predict --engine=ray --processes={n_processes}` on 1,000,000 tweets'
    yield row(name, '`--processes=2`', ours, theirs, 's')


def large_file(run: Run) -> Iterator[Row]:
  """Trains one step on a CSV file of 1.6 million made-up tweets, with an empty cache.

  The launcher runs `twitter.gin` with `TextFileCorpus`. Baselines are 60 s and 3 GB.
  """
  bindings = [
      'configured_corpus.corpus=@TextFileCorpus',
      f'TextFileCorpus.train_path={run.made_up(1_600_000)!r}',
      f'TextFileCorpus.validation_path={run.made_up(_N_VALIDATION, seed=1)!r}',
      'encoded_corpus.min_token_count=2',
      'train.steps=1',
  ]
  command = [*run.trainer(_LAUNCHER), *(f'--config={b}' for b in bindings)]
  seconds, megabytes = [], []
  for _ in tqdm.trange(3, desc='large file'):
    environment = processes.with_cache(run.new_folder())
    finished = processes.run(*command, environment=environment, watch_memory=True)
    seconds.append(finished.seconds)
    megabytes.append(finished.megabytes)
  name = 'the first step on a file of 1,600,000 tweets, from the start on'
  yield row(f'{name}: time', 'a minute', seconds, [60.0], 's', at_most=1)
  figure = f'{name}: peak memory'
  yield row(figure, '3 GB', megabytes, [3000.0], 'MB', at_most=1)


def cold_start(run: Run) -> Iterator[Row]:
  """Measures short processes from start to end, 15 times each."""
  command = '-m', 'trax_twitter_sentiment.predict', f'--model_dir={run.model_dir}'
  ours, theirs = processes.alternate(
      lambda: processes.run(*command, 'what a lovely day :)').seconds,
      lambda: processes.run('-c', 'import numpy, nltk').seconds,
      rounds=15,
      name='cold start',
  )
  name, against = 'cold `predict` on one text', '`python -c "import numpy, nltk"`'
  yield row(name, against, ours, theirs, 's', at_most=0.5)


def looking(run: Run) -> Iterator[Row]:
  """Runs `evaluate` and `report` on 2,000 validation tweets. The baseline is 3 s."""
  for name in ('evaluate', 'report'):
    command = '-m', f'trax_twitter_sentiment.{name}', f'--model_dir={run.model_dir}'
    ours = [processes.run(*command).seconds for _ in tqdm.trange(5, desc=name)]
    yield row(f'`{name}`', 'three seconds', ours, [3.0], 's', at_most=1)


def serving(run: Run) -> Iterator[Row]:
  """Sends the 2,000 validation tweets, one per request, over eight connections."""
  ours = processes.run_task('requests_per_second', run.model_dir)
  name, against = '`serve`, a tweet a request', 'a thousand'
  yield row(name, against, ours, [1000.0], 'requests/s', at_least=1)


def memory(run: Run) -> Iterator[Row]:
  """Measures the peak memory of a training process."""

  def megabytes(*arguments: str) -> float:
    return processes.run(*arguments).megabytes

  ours, theirs = processes.alternate(
      lambda: megabytes(*run.trainer(_LAUNCHER)),
      lambda: megabytes('-c', 'import trax'),
      rounds=3,
      name='memory',
  )
  name, against = 'peak memory of training', 'the bare `import trax`'
  yield row(name, against, ours, theirs, 'MB', at_most=1.15)


def peers(run: Run) -> Iterator[Row]:
  """Trains other libraries on the hard task of `accuracy.py`, and predicts with them.

  Each library trains on 8,000 tweets and predicts 10,000 tweets. Training is measured
  from texts to a model; for this package, it is a complete run of the launcher.
  """
  del run
  from benchmarks import accuracy

  names = [name for name in accuracy.LEARNERS if name != 'majority class']
  measured: dict[str, list] = {name: [] for name in names}
  for _ in tqdm.trange(3, desc='peers'):
    for name in names:
      measured[name].append(processes.run_task('peer', name))
  ours = list(zip(*measured.pop(accuracy.OURS)))
  for name, values in measured.items():
    theirs = list(zip(*values))
    if name != 'VADER':  # VADER is not trained.
      yield row('training', name, ours[0], theirs[0], 's')
    yield row('predicting, one process', name, ours[1], theirs[1], 'tweets/s')


def growth(run: Run) -> Iterator[Row]:
  """Measures how time and peak memory grow with ten times as many made-up tweets.

  - *Encoding* is measured from a CSV file to the encoded corpus, without imports and
    with an empty cache.
  - *Training an epoch* runs `twitter.gin` with batches of 512 and the 10,000 most
    frequent tokens. The cache contains the corpus, and imports are not measured.
  - *Predicting* is the complete `predict` command.
  """
  validation_path = run.made_up(_N_VALIDATION, seed=1)
  environments: dict[int, dict[str, str]] = {}

  def encode(n: int) -> tuple[float, float]:
    environments[n] = processes.with_cache(run.new_folder())
    return processes.watch_task(
        'seconds_of_encoding',
        run.made_up(n),
        validation_path,
        environment=environments[n],
    )

  def train(n: int) -> tuple[float, float]:
    arguments = 'seconds_of_epoch', run.made_up(n), validation_path, str(n)
    return processes.watch_task(*arguments, environment=environments[n])

  def predict(n: int) -> tuple[float, float]:
    finished = processes.run(*run.predict(run.made_up(n)), watch_memory=True)
    return finished.seconds, finished.megabytes

  phases: dict[str, tuple[Callable[[int], tuple[float, float]], float]] = {
      'encoding': (encode, 10),
      'training an epoch': (train, 10),
      'predicting': (predict, 1.05),
  }
  for name, (measure, most_memory) in phases.items():
    sizes = _SIZES_OF_PREDICTING if measure is predict else _SIZES
    measured = {
        n: list(zip(*(measure(n) for _ in tqdm.trange(rounds, desc=f'{name}, {n:,}'))))
        for n, rounds in sizes.items()
    }
    for small, large in zip(measured, list(measured)[1:]):
      figure = f'{name}, {large:,} tweets'
      against = f'{small:,} tweets'
      seconds, megabytes = zip(measured[large], measured[small])
      yield row(f'{figure}: time', against, *seconds, 's', at_most=10)
      memory_figure = f'{figure}: peak memory'
      yield row(memory_figure, against, *megabytes, 'MB', at_most=most_memory)


FIGURES: dict[str, Callable[[Run], Iterator[Row]]] = {
    'first_step': first_step,
    'training_100_steps': training_100_steps,
    'tokenizing': tokenizing,
    'prediction': prediction,
    'two_processes': two_processes,
    'peers': peers,
    'cold_start': cold_start,
    'looking': looking,
    'serving': serving,
    'memory': memory,
    'cluster': cluster,
    'large_file': large_file,
    'growth': growth,
}


def row(
    name: str,
    against: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    unit: str,
    at_most: float = math.inf,
    at_least: float = 0.0,
) -> Row:
  """Returns a row: the medians and their ratio, which is bold if it misses its aim."""
  medians = statistics.median(ours), statistics.median(theirs)
  ratio = medians[0] / medians[1]
  aim = f'at least {at_least:g}' if at_least else f'at most {at_most:g}'
  return [
      name,
      against,
      *(f'{value:,.{0 if value >= 1000 else 3}f} {unit}' for value in medians),
      f'{ratio:.3g}' if at_least <= ratio <= at_most else f'**{ratio:.3g}**',
      '' if aim == 'at most inf' else aim,
  ]
