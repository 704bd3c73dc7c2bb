"""The classifier as a Trax layer."""

import numpy as np
import pytest
import trax
from trax import layers as tl

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.models import TwitterClassifier

IDS = np.array([[3, 4, 5], [6, 0, 0]], np.int32)


def initialized(signature=IDS, **settings):
  model = TwitterClassifier(vocab_size=20, embedding_dim=8, mode='eval', **settings)
  model.init(trax.shapes.signature(signature))
  return model


@pytest.mark.parametrize('pooling', ['mean', 'masked_mean'])
def test_output_is_log_probabilities(pooling):
  output = np.asarray(initialized(pooling=pooling)(IDS))
  assert output.shape == (2, 2)
  assert output.dtype == np.float32
  np.testing.assert_allclose(np.exp(output).sum(axis=1), 1, rtol=1e-6)


def test_embedding_has_the_standard_deviation_of_its_setting():
  model = TwitterClassifier(vocab_size=5000, embedding_dim=4, embedding_stddev=0.05)
  model.init(trax.shapes.signature(IDS))
  embedding = tl.flatten_weights_and_state(model.weights, ())[0][0]
  assert embedding.shape == (5000, 4)
  assert np.std(embedding) == pytest.approx(0.05, rel=0.05)
  for stddev in (0, -1, 'small', float('nan')):
    with pytest.raises(UserError, match='embedding_stddev=.* is not a positive'):
      TwitterClassifier(vocab_size=9, embedding_stddev=stddev)


def test_mean_pooling_is_the_model_of_the_notebook():
  model = initialized(pooling='mean')
  notebook = tl.Serial(
      tl.Embedding(20, 8), tl.Mean(axis=1), tl.Dense(2), tl.LogSoftmax()
  )
  notebook.init(trax.shapes.signature(IDS))
  notebook.weights = model.weights
  np.testing.assert_array_equal(model(IDS), notebook(IDS))


def test_masked_mean_ignores_padding():
  model = initialized()
  embedding, dense = (
      [np.asarray(w) for w in tl.flatten_weights_and_state(model.weights, ())[0][part]]
      for part in (slice(0, 1), slice(1, 3))
  )
  means = [embedding[0][[3, 4, 5]].mean(axis=0), embedding[0][[6]].mean(axis=0)]
  logits = np.stack(means) @ dense[0] + dense[1]
  expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
  np.testing.assert_allclose(model(IDS), expected, rtol=1e-5)


def test_masked_mean_does_not_depend_on_the_padded_length():
  model = initialized()
  longer = np.pad(IDS, ((0, 0), (0, 40)))
  np.testing.assert_allclose(model(longer), model(IDS), rtol=1e-6)
  np.testing.assert_allclose(model(IDS[1:, :1]), model(IDS)[1:], rtol=1e-6)


def test_mean_includes_padding():
  model = initialized(pooling='mean')
  assert not np.allclose(model(np.pad(IDS, ((0, 0), (0, 40)))), model(IDS))


def test_text_of_padding_has_finite_outputs():
  model = initialized()
  assert np.isfinite(model(np.zeros((1, 3), np.int32))).all()


def test_dropout_is_applied_only_in_training():
  def outputs(mode):
    model = TwitterClassifier(20, 8, embedding_dropout=0.5, mode=mode)
    model.init(trax.shapes.signature(IDS))
    rngs = [trax.fastmath.random.get_prng(seed) for seed in (1, 2)]
    return [np.asarray(model(IDS, rng=rng)) for rng in rngs]

  train, evaluation = outputs('train'), outputs('eval')
  assert not np.allclose(*train)
  np.testing.assert_array_equal(*evaluation)


def test_output_dim_is_the_number_of_classes():
  assert initialized(output_dim=5)(IDS).shape == (2, 5)


@pytest.mark.parametrize(
    ('setting', 'value'),
    [
        ('vocab_size', 0),
        ('embedding_dim', -1),
        ('output_dim', 1.5),
        ('pooling', 'max'),
        ('embedding_dropout', 1.0),
        ('embedding_dropout', -0.1),
    ],
)
def test_bad_setting_is_named(setting, value):
  settings = {'vocab_size': 20, setting: value}
  with pytest.raises(UserError, match=rf'TwitterClassifier.{setting}='):
    TwitterClassifier(**settings)
