"""Callbacks: the files of a run, checkpoints, and checks before training."""

import gin
import numpy as np
import pytest
from runs import train

from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.training.callbacks import checkpoint_steps


@pytest.mark.parametrize(
    ('bindings', 'steps'),
    [
        (['train.steps=7', 'checkpoint_steps.interval=3'], [3, 6, 7]),
        (['train.steps=6', 'checkpoint_steps.interval=3'], [3, 6]),
        (['train.steps=%n', 'n=2', 'checkpoint_steps.interval=3'], [2]),
        (['checkpoint_steps.interval=600'], [600, 1000]),
    ],
)
def test_checkpoints_are_at_multiples_and_at_the_last_step(bindings, steps):
  gin.parse_config(bindings)
  assert sorted(checkpoint_steps()) == steps


def test_run_resumes_from_a_last_step_between_multiples(tmp_path):
  train(tmp_path, 'train.steps=3', 'checkpoint_steps.interval=2')
  assert train(tmp_path, 'train.steps=4').step == 4
  assert train(tmp_path, 'train.steps=3').step == 4


def test_run_saves_its_tokenizer_and_corpus(tmp_path):
  train(tmp_path)
  assert Run(tmp_path).encoder == encoded_corpus().encoder
  assert Run(tmp_path).corpus_record.name == 'sample'
  assert (tmp_path / 'model.weights.npy.gz').exists()


@pytest.mark.parametrize('pooling', ['mean', 'masked_mean'])
def test_run_saves_pooling_and_padded_length(tmp_path, pooling):
  train(tmp_path, f"TwitterClassifier.pooling='{pooling}'")
  assert Run(tmp_path).model_info == ModelInfo(pooling, encoded_corpus().max_length)


def test_run_saves_the_largest_length_of_traxs_batcher(tmp_path):
  train(
      tmp_path,
      'train.inputs=@trax.data.batcher',
      'batcher.data_streams=@twitter_data_streams',
      'batcher.variable_shapes=False',
      'twitter_data_streams.max_length=8',
  )
  assert Run(tmp_path).model_info.max_length == 8


def test_run_saves_the_settings_of_its_tokenizer(tmp_path):
  train(tmp_path, 'TweetTokenizer.keep_emoticons=False')
  assert not Run(tmp_path).tokenizer.keep_emoticons


def test_wrong_vocabulary_size_is_refused_before_training(tmp_path):
  with pytest.raises(UserError, match=r'vocab_size=100 does not fit.*1634') as error:
    train(tmp_path, 'TwitterClassifier.vocab_size=100')
  assert '@vocabulary_size()' in error.value.message
  assert not (tmp_path / 'model.weights.npy.gz').exists()


@pytest.mark.parametrize(
    'setting',
    [
        # Only the second setting changes the size of the vocabulary.
        'TweetTokenizer.remove_retweet_mark=False',
        'TweetTokenizer.remove_hash_signs=False',
    ],
)
def test_run_with_another_tokenizer_is_refused_and_kept(tmp_path, setting):
  train(tmp_path)
  before = {path: path.read_bytes() for path in tmp_path.glob('*.*')}
  with pytest.raises(UserError, match='a run with another tokenizer'):
    train(tmp_path, 'train.steps=4', setting)
  assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize('pooling', ['mean', 'masked_mean'])
def test_extreme_texts_are_trained_on_and_predicted(
    tmp_path, write_corpus, only_nltk_data, pooling
):
  texts = ['', '@amy', 'https://t.co/x', 'the is', 'word ' * 20_000, '1' * 100_000,
           '\ud83d \x00 \u202e', '👩‍👩‍👧 日本語']  # fmt: skip
  only_nltk_data(write_corpus([*texts, *texts, 'good :)'], [*texts, *texts, 'bad :(']))
  loop = train(
      tmp_path / 'run',
      "TwitterCorpus.source='nltk'",
      'TwitterBatches.batch_size=4',
      'eval/TwitterBatches.batch_size=4',
      f"TwitterClassifier.pooling='{pooling}'",
      'train.steps=20',
  )
  # The longest text is cut after 65,536 characters; each token has 5 characters.
  assert loop.tasks[0].sample_batch[0].shape in ((4, 2048), (4, 8192), (4, 13108))
  losses = [value for _, value in loop.history.get('eval', 'metrics/cross_entropy')]
  assert np.isfinite(losses).all()
  predictions = SentimentPredictor.load(tmp_path / 'run').predict(texts)
  assert np.isfinite([p.log_probabilities for p in predictions]).all()
