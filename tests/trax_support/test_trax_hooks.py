"""The plugin's parts with what else Trax has, by gin alone."""

import forked
import gin
import numpy as np
import pytest
import trax.models
from conftest import LAUNCHER
from runs import train
from trax.data import text_encoder
from trax.supervised import trainer_lib

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.run import checkpoints
from trax_twitter_sentiment.run.run import Run

# A model and an optimizer for pipelines of a test's own.
TRAINING = """
    import trax.data
    import trax.optimizers
    import trax_twitter_sentiment.corpora.configured_corpus
    import trax_twitter_sentiment.encoding.encoded_corpus
    import trax_twitter_sentiment.training.metrics
    import trax_twitter_sentiment.training.models
    import trax_twitter_sentiment.training.streams
    TwitterCorpus.source = 'sample'
    TwitterClassifier.embedding_dim = 32
    train.model = @TwitterClassifier
    train.optimizer = @trax.optimizers.Adam
    train.lr_schedule_fn = @lr_schedules.constant
    lr_schedules.constant.value = 0.03
    train.eval_frequency = 20
    train.steps = 40
    train.metrics = {'accuracy': @WeightedBinaryAccuracy()}
    train.random_seed = 0
"""


def run(output_dir, config):
  gin.parse_config('\n'.join(line.strip() for line in (TRAINING + config).splitlines()))
  return trainer_lib.train(str(output_dir))


def accuracies(loop):
  return [float(value) for _, value in loop.history.get('eval', 'metrics/accuracy')]


def test_trax_stages_before_and_after_tokenization(tmp_path):
  loop = run(tmp_path, """
      make_inputs.train_stream = [
          @train/TwitterSamples(), @data.Shuffle(), @TokenizeTweets(),
          @data.FilterEmptyExamples(), @data.PadToLength(), @data.Batch(),
          @data.AddLossWeights()]
      make_inputs.eval_stream = [
          @eval/TwitterSamples(), @TokenizeTweets(), @data.PadToLength(),
          @data.Batch(), @data.AddLossWeights()]
      eval/TwitterSamples.split = 'validation'
      data.Shuffle.queue_size = 16
      data.FilterEmptyExamples.axes = [0]
      data.PadToLength.len_map = {0: 40}
      data.PadToLength.pad_value = {0: 0}
      data.Batch.batch_size = 50
      train.inputs = @data.make_inputs
      train.eval_steps = 4
      TwitterClassifier.vocab_size = @vocabulary_size()
  """)
  assert accuracies(loop)[-1] > 0.9


def test_bucketing_by_length(tmp_path):
  loop = run(tmp_path, """
      make_inputs.train_stream = [
          @train/TwitterSamples(), @TokenizeTweets(), @data.BucketByLength(),
          @data.AddLossWeights()]
      data.BucketByLength.boundaries = [4, 8, 16]
      data.BucketByLength.batch_sizes = [64, 32, 16, 8]
      data.BucketByLength.length_keys = [0]
      data.BucketByLength.length_axis = 0
      train.inputs = @data.make_inputs
      train.eval_steps = 4
      TwitterClassifier.vocab_size = @vocabulary_size()
  """)
  assert accuracies(loop)[-1] > 0.9


@pytest.mark.slow
def test_trax_subword_tokenizer_on_twitter_samples(tmp_path):
  encoder = text_encoder.SubwordTextEncoder.build_from_generator(
      iter(TwitterCorpus('sample').train.texts), 1000
  )
  encoder.store_to_file(str(tmp_path / 'tweets.subword'))
  loop = run(tmp_path / 'run', f"""
      make_inputs.train_stream = [
          @TwitterSamples(), @data.Tokenize(), @data.PadToLength(), @data.Batch(),
          @data.AddLossWeights()]
      data.Tokenize.keys = [0]
      data.Tokenize.vocab_type = 'subword'
      data.Tokenize.vocab_file = 'tweets.subword'
      data.Tokenize.vocab_dir = '{tmp_path}'
      data.PadToLength.len_map = {{0: 128}}
      data.PadToLength.pad_value = {{0: 0}}
      data.Batch.batch_size = 50
      train.inputs = @data.make_inputs
      train.eval_steps = 4
      TwitterClassifier.vocab_size = {encoder.vocab_size}
  """)
  assert accuracies(loop)[-1] > 0.8


def test_batcher_of_trax(tmp_path):
  loop = run(tmp_path, """
      batcher.data_streams = @twitter_data_streams
      batcher.variable_shapes = False
      batcher.batch_size_per_device = 64
      batcher.eval_batch_size = 200
      train.inputs = @trax.data.batcher
      train.eval_steps = 1
      TwitterClassifier.vocab_size = @vocabulary_size()
  """)
  assert accuracies(loop)[-1] > 0.9


NO_EMOTICONS = (
    'train.additional_eval_streams=[@no_emoticons/trainer_lib.named_stream()]',
    "no_emoticons/trainer_lib.named_stream.name='no_emoticons'",
    'no_emoticons/trainer_lib.named_stream.stream=@no_emoticons/make_additional_stream()',
    'no_emoticons/make_additional_stream.stream=[@no_emoticons/TwitterBatches()]',
    "no_emoticons/TwitterBatches.split='validation'",
    'no_emoticons/TwitterBatches.without_emoticons=True',
    'no_emoticons/TwitterBatches.batch_size=200',
)


def test_tweets_without_emoticons_are_evaluated_beside_the_usual_ones(tmp_path):
  loop = train(
      tmp_path, 'train.steps=20', *NO_EMOTICONS, "train.checkpoint_highest='accuracy'"
  )
  *_, usual, honest = accuracies(loop)
  assert usual > 0.9 > honest > 0.5
  assert list((tmp_path / 'no_emoticons').glob('eval/*tfevents*'))
  # The usual accuracy rose, so it is the highest one.
  assert checkpoints.verified_state(str(tmp_path), 'highest_accuracy')['step'] == 20


def test_additional_train_tasks_alternate_with_the_usual_one(tmp_path):
  loop = train(
      tmp_path,
      'train.additional_train_tasks=[@more/training.TrainTask()]',
      'more/training.TrainTask.labeled_data=@more/make_additional_stream()',
      'more/training.TrainTask.loss_layer=@trax.layers.WeightedCategoryCrossEntropy()',
      'more/training.TrainTask.optimizer=@trax.optimizers.Adam()',
      'more/make_additional_stream.stream=[@more/TwitterBatches()]',
      'more/TwitterBatches.seed=5',
      'train.steps=20',
  )
  assert len(loop.tasks) == 2
  assert accuracies(loop)[-1] > 0.9


def test_fine_tuning_takes_weights_and_vocabulary_of_another_run(tmp_path):
  first, second = tmp_path / 'first', tmp_path / 'second'
  pretrained = train(first, 'train.steps=20')
  vocabulary = encoded_corpus().vocabulary
  own = tmp_path / 'own.csv'
  rows = [f'{word} thing {i},{label}' for i in range(20)
          for word, label in (('great', 1), ('awful', 0))]  # fmt: skip
  own.write_text('text,label\n' + '\n'.join(rows) + '\n')
  tuned = train(
      second,
      f"TextFileCorpus.train_path='{own}'",
      f"encoded_corpus.tokenizer_from='{first}'",
      'encoded_corpus.lexicon=None',
      f"train.init_checkpoint='{first}/model.pkl.gz'",
      'TwitterClassifier.embedding_dim=128',
      "TwitterClassifier.pooling='masked_mean'",
      'TwitterClassifier.initializer=None',
      config='text_file.gin',
  )
  assert Run(second).vocabulary == vocabulary
  expected, _ = trax.layers.flatten_weights_and_state(pretrained.model.weights, ())
  actual, _ = trax.layers.flatten_weights_and_state(tuned.model.weights, ())
  # A run of no steps saves the weights that it begins with.
  for a, b in zip(actual, expected, strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-4)


# A stream of somebody else's, for the metric.
_OTHER_STREAM = """
import forked
import gin
import numpy as np
@gin.configurable
def points():
  def stream(generator=None):
    rng = np.random.default_rng(0)
    while True:
      x = rng.normal(size=(8, 4)).astype(np.float32)
      yield x, (x[:, 0] > 0).astype(np.int32), np.ones(8, np.float32)
  return stream
"""

_METRIC_ALONE = """
import other_stream
import trax.data
import trax.models
import trax.optimizers
import trax_twitter_sentiment.training.metrics
train.model = @trax.models.MLP
MLP.layer_widths = (8, 2)
train.optimizer = @trax.optimizers.Adam
train.inputs = @make_inputs
make_inputs.train_stream = [@points()]
train.steps = 2
train.eval_steps = 1
train.metrics = {'accuracy': @WeightedBinaryAccuracy()}
"""

_STREAM_ALONE = """
import trax.data
import trax.models
import trax.optimizers
import trax_twitter_sentiment.training.streams
TwitterCorpus.source = 'sample'
train.model = @trax.models.TransformerEncoder
TransformerEncoder.vocab_size = @vocabulary_size()
TransformerEncoder.n_classes = 2
TransformerEncoder.d_model = 8
TransformerEncoder.d_ff = 8
TransformerEncoder.n_layers = 1
TransformerEncoder.n_heads = 2
train.optimizer = @trax.optimizers.Adam
train.inputs = @make_inputs
make_inputs.train_stream = [@TwitterBatches()]
train.steps = 2
train.eval_steps = 1
"""


@pytest.mark.parametrize(
    'config', [_METRIC_ALONE, pytest.param(_STREAM_ALONE, marks=pytest.mark.slow)]
)
def test_one_import_of_the_plugin_is_enough(tmp_path, config):
  (tmp_path / 'other_stream.py').write_text(_OTHER_STREAM)
  (tmp_path / 'my.gin').write_text(config)
  result = forked.run(
      *LAUNCHER,
      '--config_file=my.gin',
      '--output_dir=run',
      cwd=tmp_path,
  )
  assert result.returncode == 0, result.stderr
  assert 'Finished training' in result.stdout
