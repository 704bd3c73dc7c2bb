"""The Trax models on pretrained encoders, against PyTorch."""

from trax_twitter_sentiment.trax_support.safe_loop import SafeLoop

import numpy as np
import pytest
import trax
from pretrained import FAMILIES, FOLDERS, copy, expected, read_tensors, write_tensors

from trax_twitter_sentiment.encoder.models import Encoder, PretrainedEncoder
from trax_twitter_sentiment.errors import UserError


def outputs(model, ids):
  model.init(trax.shapes.signature(ids), rng=np.zeros(2, np.uint32))
  return model(ids)


@pytest.mark.parametrize('family', FAMILIES)
def test_hidden_states_of_each_layer_are_those_of_pytorch(family):
  ids, states = expected(family)
  for n_layers in (1, 2):
    encoder = Encoder(str(FOLDERS / family), n_layers=n_layers, mode='eval')
    vectors, mask = outputs(encoder, ids)
    is_token = np.asarray(mask)[:, 0, 0, :]
    assert is_token.sum(axis=1).tolist() == [12, 7, 3]
    difference = np.abs(np.asarray(vectors) - states[n_layers])[is_token]
    assert difference.max() < 1e-5
    assert np.abs(states[n_layers]).max() > 0.5  # The states are not all alike.


@pytest.mark.parametrize('family', FAMILIES)
def test_more_padding_changes_nothing(family):
  ids, _ = expected(family)
  folder = str(FOLDERS / family)
  pad_id = 1 if family == 'roberta' else 0
  wider = np.pad(ids, ((0, 0), (0, 5)), constant_values=pad_id)
  for pooling in ('mean', 'first'):
    narrow, wide = (
        outputs(PretrainedEncoder(folder, 3, pooling=pooling, mode='eval'), each)
        for each in (ids, wider)
    )
    np.testing.assert_allclose(wide, narrow, atol=1e-5)
    np.testing.assert_allclose(np.exp(narrow).sum(axis=1), 1, rtol=1e-5)


def test_first_token_goes_through_the_pretrained_pooler_if_there_is_one():
  has_pooler = {
      family: PretrainedEncoder(str(FOLDERS / family), pooling='first').info.has_pooler
      for family in FAMILIES
  }
  assert has_pooler == {'bert': True, 'roberta': False, 'distilbert': False}
  info = PretrainedEncoder(str(FOLDERS / 'bert'), n_layers=1).info
  assert (info.pooling, info.n_layers, info.has_pooler) == ('mean', 1, False)


def test_names_with_another_prefix_and_of_2018_are_read(tmp_path):
  folder = copy('bert', tmp_path)
  ids, states = expected('bert')
  arrays = read_tensors(folder)
  write_tensors(folder, {_old_name(name): array for name, array in arrays.items()})
  vectors, mask = outputs(Encoder(str(folder), mode='eval'), ids)
  is_token = np.asarray(mask)[:, 0, 0, :]
  np.testing.assert_allclose(vectors[is_token], states[-1][is_token], atol=1e-5)


def _old_name(name):
  if 'LayerNorm' in name:
    name = name.replace('weight', 'gamma').replace('bias', 'beta')
  return f'sentence.bert.{name}'


@pytest.mark.parametrize(('dtype', 'tolerance'), [('F64', 1e-7), ('F16', 2e-3)])
def test_other_types_of_numbers_become_float32(tmp_path, dtype, tolerance):
  folder = copy('bert', tmp_path)
  numpy_dtype = {'F64': np.float64, 'F16': np.float16}[dtype]
  arrays = read_tensors(folder)
  write_tensors(folder, {n: a.astype(numpy_dtype) for n, a in arrays.items()}, dtype)
  _assert_same_words(folder, arrays, tolerance)


def test_bfloat16_becomes_float32(tmp_path):
  folder = copy('bert', tmp_path)
  arrays = read_tensors(folder)
  upper = {n: (a.view(np.uint32) >> 16).astype(np.uint16) for n, a in arrays.items()}
  write_tensors(folder, upper, 'BF16')
  _assert_same_words(folder, arrays, 2e-2)


def _assert_same_words(folder, arrays, tolerance):
  from trax_twitter_sentiment.encoder.pretrained import PretrainedFolder

  words = PretrainedFolder(str(folder)).tensor('words', 'weight')
  assert words.dtype == np.float32
  original = arrays['embeddings.word_embeddings.weight']
  np.testing.assert_allclose(words, original, atol=tolerance)


def test_weights_that_a_checkpoint_replaces_are_not_read(monkeypatch):
  from trax_twitter_sentiment.encoder.safetensors import TensorFile

  monkeypatch.setattr(SafeLoop, 'replaces_initial_weights', True)
  monkeypatch.setattr(TensorFile, 'read', None)
  ids, _ = expected('bert')
  vectors, _ = outputs(Encoder(str(FOLDERS / 'bert'), mode='eval'), ids)
  assert vectors.shape == (3, 12, 16)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'n_layers': 3}, r'PretrainedEncoder.n_layers=3 is more than the 2 layers'),
        ({'n_layers': 0}, r'PretrainedEncoder.n_layers=0 is not a positive integer'),
        ({'pooling': 'max'}, r"PretrainedEncoder.pooling='max' is not one of 'mean'"),
        ({'dropout': 1}, r'PretrainedEncoder.dropout=1 is not in \[0, 1\)'),
        ({'output_dim': 0}, r'PretrainedEncoder.output_dim=0 is not a positive'),
    ],
)
def test_bad_settings_are_refused(settings, message):
  with pytest.raises(UserError, match=message):
    PretrainedEncoder(str(FOLDERS / 'bert'), **settings)


def test_text_longer_than_the_positions_is_refused():
  ids = np.ones((2, 61), np.int32)
  with pytest.raises(Exception, match='61 tokens per text, .* for 60 positions only'):
    outputs(Encoder(str(FOLDERS / 'bert'), mode='eval'), ids)
