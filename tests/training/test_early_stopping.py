"""Early stopping: runs that end when their metric no longer improves."""

import jax
import numpy as np
import pytest
from runs import train

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run import checkpoints

# At this learning rate the loss falls for some steps and then rises.
SETTINGS = (
    'TweetTokenizer.keep_emoticons=False',
    'train.eval_frequency=5',
    'train.eval_steps=1',
    'lr_schedules.constant.value=0.1',
    'train.callbacks=[@SaveForPrediction, @StopEarly]',
    "StopEarly.metric='cross_entropy'",
    'StopEarly.lowest=True',
)


def log_loss(folder):
  examples = TwitterCorpus('sample').validation
  predicted = SentimentPredictor.load(folder).log_probabilities(examples.texts)
  return scores.evaluate(predicted, examples.labels).log_loss.value


def test_run_stops_after_its_patience_with_its_best_weights(tmp_path, capsys):
  loop = train(tmp_path, *SETTINGS, 'StopEarly.patience=2', 'train.steps=500')
  values = loop.history.get('eval', 'metrics/cross_entropy')
  losses = [float(value) for _, value in values]
  best = int(np.argmin(losses))
  assert len(losses) == best + 3  # The best evaluation is followed by two more.
  assert loop.step == values[-1][0] < 500
  assert log_loss(tmp_path) == pytest.approx(losses[best], abs=1e-4)
  assert f'The weights are those of step {values[best][0]}' in capsys.readouterr().err
  models = loop.model, loop.eval_model
  ours, theirs = (jax.tree_util.tree_leaves(model.weights)[0] for model in models)
  np.testing.assert_array_equal(ours, theirs)
  # The checkpoint is complete and belongs to the last step.
  assert checkpoints.verified_state(str(tmp_path), 'model')['step'] == loop.step


def test_additional_streams_do_not_count(tmp_path):
  # The loss of the training tweets, on the additional stream, falls to the end.
  loop = train(
      tmp_path,
      *SETTINGS,
      'StopEarly.patience=2',
      'train.steps=200',
      'train.additional_eval_streams=[@more/trainer_lib.named_stream()]',
      "more/trainer_lib.named_stream.name='more'",
      'more/trainer_lib.named_stream.stream=@more/make_additional_stream()',
      'more/make_additional_stream.stream=[@more/TwitterBatches()]',
      'more/TwitterBatches.batch_size=800',
  )
  values = loop.history.get('eval', 'metrics/cross_entropy')
  usual, more = ([float(value) for _, value in values[i::2]] for i in range(2))
  assert min(more) == more[-1]
  assert loop.step < 200
  assert log_loss(tmp_path) == pytest.approx(min(usual), abs=1e-4)


def test_run_that_never_stops_early_ends_with_its_best_weights(tmp_path):
  loop = train(tmp_path, *SETTINGS, 'StopEarly.patience=100', 'train.steps=60')
  values = loop.history.get('eval', 'metrics/cross_entropy')
  losses = [float(value) for _, value in values]
  assert loop.step == 60
  assert min(losses) < losses[-1] - 0.01
  assert log_loss(tmp_path) == pytest.approx(min(losses), abs=1e-4)


@pytest.mark.parametrize(
    ('binding', 'message'),
    [
        ("StopEarly.metric='f1'", "StopEarly.metric='f1' is not one of"),
        ("StopEarly.lowest='no'", "StopEarly.lowest='no' is neither True nor False"),
        ('StopEarly.patience=0', 'StopEarly.patience=0 is not a positive integer'),
    ],
)
def test_bad_setting_is_named(tmp_path, binding, message):
  with pytest.raises(UserError, match=message):
    train(tmp_path, *SETTINGS, binding)
