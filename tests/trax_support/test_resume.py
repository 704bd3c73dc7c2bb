"""A run that ends and goes on, and one that doesn't, come to the same bits."""

import gzip
import itertools
import pathlib
import shutil

import forked
import pytest
from conftest import LAUNCHER
from runs import train
from trax import data

from trax_twitter_sentiment.encoding.encoded_corpus import vocabulary_size
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.notebook.sentiment_network import SentimentNetwork
from trax_twitter_sentiment.run import checkpoints
from trax_twitter_sentiment.training.batches import TwitterBatches

DROPOUT = 'TwitterClassifier.embedding_dropout=0.3'
# Checkpoints fall on steps with an evaluation and on others.
COMMON = ('train.eval_frequency=4', 'train.eval_steps=2', 'checkpoint_steps.interval=3')


def contents(folder, name='model'):
  """Returns a checkpoint's arrays as bytes, and the state beside them."""
  arrays = {
      path.name: gzip.decompress(path.read_bytes())
      for path in sorted(pathlib.Path(folder).glob(f'{name}.*.npy.gz'))
  }
  assert len(arrays) == 2
  return arrays, checkpoints.verified_state(str(folder), name)


def evaluations(loop, extra_steps=()):
  """Returns the metrics by name, without those of the ends of a run's parts."""
  return {
      name: [(i, v) for i, v in loop.history.get('eval', name) if i not in extra_steps]
      for name in loop.history.metrics_for_mode('eval')
  }


def check_same(tmp_path, *bindings, steps=(1, 3, 8, 10), **arguments):
  """Trains to the last of `steps` at once, and from each of them to the next."""
  loops = {}
  for name, ends in (('at_once', steps[-1:]), ('in_parts', steps)):
    for n_steps in ends:
      loops[name] = train(
          tmp_path / name, *COMMON, *bindings, f'train.steps={n_steps}', **arguments
      )
  assert contents(tmp_path / 'in_parts') == contents(tmp_path / 'at_once')
  at_once = evaluations(loops['at_once'])
  # The end of a part is evaluated, whether or not it is the run's.
  ends = set(steps) - {step for values in at_once.values() for step, _ in values}
  assert evaluations(loops['in_parts'], ends) == at_once


@pytest.mark.parametrize(
    ('config', 'bindings'),
    [
        ('twitter.gin', [DROPOUT]),
        # Evaluation stands anywhere in the split.
        ('twitter.gin', [DROPOUT, 'eval/TwitterBatches.shuffle=True']),
        ('twitter.gin', ['train.optimizer=@trax.optimizers.Adafactor']),
        ('twitter_notebook.gin', ['train.checkpoints_at=[1, 3, 8, 10]']),
        pytest.param('twitter_transformer.gin', [], marks=pytest.mark.slow),
        pytest.param('twitter_gru.gin', [], marks=pytest.mark.slow),
    ],
)
def test_run_in_parts_ends_as_one_at_once(tmp_path, config, bindings):
  check_same(tmp_path, *bindings, config=config)


def test_more_epochs_than_one_go_on_where_they_were(tmp_path):
  # 800 tweets train.
  check_same(tmp_path, 'TwitterBatches.batch_size=300', steps=(4, 11))


def test_best_checkpoint_is_that_of_a_run_at_once(tmp_path):
  bindings = ("train.checkpoint_highest='accuracy'", 'checkpoint_steps.interval=4')
  check_same(tmp_path, *bindings, steps=(4, 12))
  names = ('in_parts', 'at_once')
  parts, once = (contents(tmp_path / name, 'highest_accuracy') for name in names)
  assert parts == once


_SLOW_TFDS = pytest.param('@train/data.TFDS()', marks=pytest.mark.slow)


@pytest.mark.parametrize('source', ['@TwitterSamples()', _SLOW_TFDS])
@pytest.mark.slow
def test_traxs_own_stages_go_on_where_they_were(tmp_path, source):
  check_same(
      tmp_path,
      f"""make_inputs.train_stream = [
          {source}, @TokenizeTweets(), @data.Shuffle(), @data.PadToLength(),
          @train/data.Batch(), @data.AddLossWeights()]
      """,
      'data.Shuffle.queue_size=100',
      'train/data.Batch.batch_size=32',
      "TFDS.dataset_name='twitter_samples/sample'",
      f"TFDS.data_dir='{tmp_path / 'data'}'",
      config='twitter_tfds.gin',
  )


def test_traxs_batcher_goes_on_where_it_was(tmp_path):
  check_same(
      tmp_path,
      'train.inputs=@trax.data.batcher',
      'batcher.data_streams=@twitter_data_streams',
      'batcher.variable_shapes=False',
      'batcher.batch_size_per_device=16',
  )


def test_stream_that_counts_for_itself_is_not_skipped_twice(
    tmp_path, sample_corpus, monkeypatch
):
  for name, parts in (('at_once', [6]), ('in_parts', [2, 4])):
    for n_steps in parts:
      # They are the process's, and each start has a process of its own.
      monkeypatch.setattr(data.inputs, 'data_counters', {})
      batches = data.Serial(TwitterBatches(), data.CountAndSkip('batches'))()
      network(tmp_path / name, n_steps, training_generator=batches).fit()
    assert data.inputs.data_counters == {'batches': 7}
  assert contents(tmp_path / 'in_parts') == contents(tmp_path / 'at_once')


def network(path, n_steps, **arguments):
  return SentimentNetwork(**{
      'vocabulary_size': vocabulary_size(),
      'training_generator': TwitterBatches()(),
      'validation_generator': TwitterBatches('validation')(),
      'training_loops': n_steps,
      'output_path': path,
      **arguments,
  })


def test_networks_go_on_like_one_that_does_not_end(tmp_path, sample_corpus):
  network(tmp_path / 'at_once', 13).fit()
  for n_steps in (4, 9):
    network(tmp_path / 'in_parts', n_steps).fit()
  assert contents(tmp_path / 'in_parts') == contents(tmp_path / 'at_once')


def test_generator_that_goes_on_itself_skips_nothing(tmp_path, sample_corpus):
  network(tmp_path / 'at_once', 6).fit()
  first = network(tmp_path / 'in_parts', 2)
  first.fit()
  second = network(tmp_path / 'in_parts', 4)
  second.training_task = first.training_task
  second.evaluation_task = first.evaluation_task
  second.fit()
  assert contents(tmp_path / 'in_parts') == contents(tmp_path / 'at_once')


def test_generator_that_ends_is_at_its_end(tmp_path, sample_corpus):
  batches = list(itertools.islice(TwitterBatches()(), 4))
  network(tmp_path, 3, training_generator=iter(batches)).fit()
  again = network(tmp_path, 1, training_generator=iter(batches[:2]))
  assert again.training_loop.step == 3


@pytest.mark.slow
def test_two_devices_go_on_like_two_that_did_not_stop(tmp_path):
  for name, steps in (('at_once', [8]), ('in_parts', [3, 8])):
    for n_steps in steps:
      result = forked.run(
          *LAUNCHER,
          '--config_file=trax_twitter_sentiment/gin_configs/twitter.gin',
          f'--output_dir={tmp_path / name}',
          f"--config=TwitterCorpus.source='sample'\n{DROPOUT}",
          f'--config=train.steps={n_steps}',
          *(f'--config={binding}' for binding in COMMON),
          cwd=tmp_path,
          XLA_FLAGS='--xla_force_host_platform_device_count=2',
      )
      assert result.returncode == 0, result.stderr
  assert contents(tmp_path / 'in_parts') == contents(tmp_path / 'at_once')


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
  folder = tmp_path_factory.mktemp('trained')
  train(folder)
  return folder


FILES = ['model.opt_slots0.npy.gz', 'model.weights.npy.gz', 'model.pkl.gz']


@pytest.mark.parametrize('described', [True, False])
@pytest.mark.parametrize('name', FILES)
def test_checkpoint_that_was_cut_off_is_named(tmp_path, trained, name, described):
  shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
  if not described:  # As a checkpoint of Trax without the plugin.
    (tmp_path / 'model.checkpoint.json').unlink()
  path = tmp_path / name
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
  with pytest.raises(UserError, match=str(path)):
    train(tmp_path, 'train.steps=3')


def test_files_of_two_checkpoints_are_refused(tmp_path, trained):
  shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
  train(tmp_path, 'train.steps=3')
  shutil.copy(trained / FILES[0], tmp_path)
  with pytest.raises(UserError, match=f'{FILES[0]} is missing, damaged, or older'):
    train(tmp_path, 'train.steps=4')


def test_checkpoint_of_trax_alone_is_gone_on_from(tmp_path, trained):
  shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
  (tmp_path / 'model.checkpoint.json').unlink()
  assert train(tmp_path, 'train.steps=3').step == 3


def test_damaged_weights_to_fine_tune_are_named(tmp_path, trained):
  for name in FILES:
    shutil.copy(trained / name, tmp_path)
  path = tmp_path / 'model.weights.npy.gz'
  path.write_bytes(path.read_bytes()[:-20])
  with pytest.raises(UserError, match=f'{path} is damaged'):
    train(
        tmp_path / 'run',
        f"train.init_checkpoint='{tmp_path / 'model.pkl.gz'}'",
    )
