"""Long texts are cut at the same token in training, evaluation and prediction."""

import json

import gin
import numpy as np
import pytest
from conftest import run_python
from runs import train

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.training.batches import TwitterBatches

FILLER = ' '.join(f'word{i}' for i in range(300))


def _evaluate(folder):
  result = run_python(
      *('-m', 'trax_twitter_sentiment.evaluate', '--format=json'),
      f'--model_dir={folder}',
  )
  return json.loads(result.stdout)


def test_trainer_and_evaluate_agree_on_long_texts(tmp_path):
  # The informative word follows 300 words and their character n-grams.
  rows = ''.join(
      f'{FILLER} number {i} {word},{label}\n'
      for i in range(20)
      for word, label in (('great', 1), ('awful', 0))
  )
  (tmp_path / 'reviews.csv').write_text(f'text,label\n{rows}')
  loop = train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{tmp_path}/reviews.csv'",
      config='text_file.gin',
  )
  ((_, accuracy),) = loop.history.get('eval', 'metrics/accuracy')[-1:]
  evaluations = _evaluate(tmp_path / 'run')
  assert accuracy == 1.0
  assert evaluations['without_emoticons']['accuracy']['value'] == 1.0


@pytest.fixture
def mixed_lengths():
  """Binds a corpus of 30 short texts and 2 texts with more than 2,048 tokens."""
  texts = [f'short text {i}' for i in range(30)] + ['long ' * 3000, 'longer ' * 5000]
  examples = Examples(tuple(texts), np.arange(32, dtype=np.int32) % 2)
  corpus = Corpus('mixed lengths', examples, examples, frozenset())
  gin.bind_parameter('configured_corpus.corpus', lambda: corpus)
  return corpus


def test_padded_lengths_of_batches_are_few(mixed_lengths):
  batches = TwitterBatches(batch_size=2, balanced=False, shuffle=False)()
  shapes = [next(batches)[0].shape[1] for _ in range(16)]
  assert set(shapes) == {2048, 5000}
  assert shapes.count(5000) == 1


def test_texts_cut_by_max_length_are_reported(mixed_lengths, capsys):
  for _ in range(2):
    inputs, _, _ = next(TwitterBatches(batch_size=2, max_length=64)())
  assert inputs.shape == (2, 64)
  message = '2 of 32 train texts have more than TwitterBatches.max_length=64 tokens'
  assert capsys.readouterr().err.count(message) == 1


def test_prediction_cuts_texts_like_training(tmp_path):
  train(tmp_path, 'TwitterBatches.max_length=3', 'train.steps=3')
  predictor = SentimentPredictor.load(tmp_path)
  long, prefix, rest = predictor.predict(['x y z sad :(', 'x y z', 'sad :('])
  assert long.log_probabilities == prefix.log_probabilities != rest.log_probabilities
  explanation = predictor.explain('x y z sad :(')
  total = sum(explanation.shares) + explanation.bias
  assert total == pytest.approx(explanation.prediction.log_odds)
