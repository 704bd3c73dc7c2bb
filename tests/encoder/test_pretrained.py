"""Folders of pretrained encoders that cannot be used: one line each."""

import json
import pickle

import numpy as np
import pytest
from pretrained import FOLDERS, change_config, copy, read_tensors, write_tensors

from trax_twitter_sentiment.encoder import hub
from trax_twitter_sentiment.encoder.pretrained import PretrainedFolder
from trax_twitter_sentiment.errors import UserError


class Bomb:
  def __reduce__(self):
    return exec, ("raise SystemExit('unpickled')",)


def remove(name):
  return lambda folder: (folder / name).unlink()


def config(**fields):
  return lambda folder: change_config(folder, **fields)


def tensors(change):
  def write(folder):
    arrays = read_tensors(folder)
    change(arrays)
    write_tensors(folder, arrays)

  return write


def pickled(name):
  def write(folder):
    (folder / 'model.safetensors').unlink()
    (folder / name).write_bytes(pickle.dumps([Bomb()] * 9))

  return write


def cut_off(folder):
  path = folder / 'model.safetensors'
  path.write_bytes(path.read_bytes()[:-100])


POOLER_BIAS = 'pooler.dense.bias'
QUERY = 'encoder.layer.1.attention.self.query.weight'


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (remove('config.json'), 'has no config.json. A pretrained encoder consists of'),
        (remove('model.safetensors'), r'has no model.safetensors\.$'),
        (config(model_type='t5'), "model_type='t5' is not one of bert, roberta"),
        (config(model_type=None), 'model_type=None is not one of'),
        (
            config(position_embedding_type='relative_key'),
            "position_embedding_type='relative_key' is not 'absolute'",
        ),
        (config(hidden_act='mish'), "activation 'mish' is not one of gelu"),
        (config(hidden_size='16'), "hidden_size='16' is not a size"),
        (config(num_attention_heads=5), '5 heads do not divide its 16 units'),
        (config(pad_token_id=-1), 'pad_token_id=-1 is not a token id'),
        (config(layer_norm_eps=0), 'layer_norm_eps=0 is not between'),
        (config(num_hidden_layers=3), 'lacks the array encoder.layer.2.'),
        (config(intermediate_size=25), r'shape \[24, 16\], .* requires \[25, 16\]'),
        (tensors(lambda arrays: arrays.pop(QUERY)), f'lacks the array {QUERY}'),
        (tensors(lambda arrays: arrays.pop(POOLER_BIAS)), f'lacks .* {POOLER_BIAS}'),
        (
            tensors(lambda arrays: arrays.update({QUERY: np.zeros((8, 16), 'f')})),
            rf'{QUERY} .* has the shape \[8, 16\]',
        ),
        (
            tensors(lambda arrays: [arrays.pop(name) for name in [*arrays]]),
            'has 0 arrays whose name ends in embeddings.word_embeddings.weight',
        ),
        (pickled('pytorch_model.bin'), 'pytorch_model.bin is a pickle, .* not loaded'),
        (pickled('model.safetensors'), 'is not a safetensors file'),
        (cut_off, 'is not a safetensors file: the array .* is cut off'),
    ],
)
def test_bad_folder_is_explained_in_one_line(tmp_path, change, message):
  folder = copy('bert', tmp_path)
  change(folder)
  with pytest.raises(UserError, match=message) as error:
    PretrainedFolder(str(folder))
  assert '\n' not in error.value.message
  assert str(folder) in error.value.message


@pytest.mark.parametrize(
    ('content', 'message'),
    [(None, 'has no tokenizer.json'), ('{}', 'tokenizer.json is not a tokenizer')],
)
def test_bad_tokenizer_is_explained_in_one_line(tmp_path, content, message):
  folder = copy('bert', tmp_path)
  (folder / 'tokenizer.json').unlink()
  if content is not None:
    (folder / 'tokenizer.json').write_text(content)
  with pytest.raises(UserError, match=message) as error:
    _ = PretrainedFolder(str(folder)).encoder
  assert '\n' not in error.value.message


def test_tokenizer_larger_than_the_vocabulary_is_refused(tmp_path):
  folder = copy('bert', tmp_path)
  content = json.loads((folder / 'tokenizer.json').read_text())
  content['model']['vocab']['extra'] = 500
  (folder / 'tokenizer.json').write_text(json.dumps(content))
  with pytest.raises(UserError, match='has ids up to 500, but config.json'):
    _ = PretrainedFolder(str(folder)).encoder


def test_weights_of_integers_are_refused(tmp_path):
  folder = copy('bert', tmp_path)
  arrays = {name: a.astype(np.int8) for name, a in read_tensors(folder).items()}
  write_tensors(folder, arrays, 'I8')
  with pytest.raises(UserError, match='has the type I8, which is not one of F64, F32'):
    PretrainedFolder(str(folder))


def test_tokenizer_without_special_tokens_is_refused(tmp_path):
  folder = copy('bert', tmp_path)
  content = json.loads((folder / 'tokenizer.json').read_text())
  content['post_processor'] = None
  (folder / 'tokenizer.json').write_text(json.dumps(content))
  with pytest.raises(UserError, match=r'tokenizer.json adds no special tokens'):
    _ = PretrainedFolder(str(folder)).encoder


@pytest.mark.parametrize('content', [b'', b'\xff' * 20, b'\x02' + b'\0' * 7 + b'[]'])
def test_damaged_header_is_refused(tmp_path, content):
  folder = copy('bert', tmp_path)
  (folder / 'model.safetensors').write_bytes(content)
  with pytest.raises(UserError, match='model.safetensors is not a safetensors file'):
    PretrainedFolder(str(folder))


def test_missing_folder_is_refused():
  with pytest.raises(UserError, match="'nowhere' is not a folder. A name on the"):
    hub.local_folder('nowhere')


def test_offline_with_an_empty_cache_says_what_to_download(tmp_path, monkeypatch):
  import huggingface_hub.constants

  monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_OFFLINE', True)
  monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_CACHE', str(tmp_path))
  with pytest.raises(UserError, match='Download config.json, .* some/model') as error:
    hub.local_folder('some/model')
  assert '\n' not in error.value.message


def test_name_on_the_hub_is_found_in_its_cache(tmp_path, monkeypatch):
  import huggingface_hub.constants

  snapshot = tmp_path / 'models--some--model' / 'snapshots' / ('0' * 40)
  snapshot.parent.mkdir(parents=True)
  copy('bert', tmp_path).rename(snapshot)
  (tmp_path / 'models--some--model' / 'refs').mkdir()
  (tmp_path / 'models--some--model' / 'refs' / 'main').write_text('0' * 40)
  monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_OFFLINE', True)
  monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_CACHE', str(tmp_path))
  hub.local_folder.cache_clear()
  assert PretrainedFolder('some/model').config.d_model == 16
  hub.local_folder.cache_clear()


def test_folder_is_not_needed_as_a_string_with_a_tilde(monkeypatch):
  monkeypatch.setenv('HOME', str(FOLDERS))
  assert PretrainedFolder('~/bert').config.n_layers == 2
