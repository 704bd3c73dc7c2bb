"""Folders with pretrained encoders, for tests."""

import json
import pathlib
import shutil

import numpy as np

FOLDERS = pathlib.Path(__file__).parent / 'folders'
FAMILIES = ('bert', 'roberta', 'distilbert')


def copy(family, folder):
  """Copies a small encoder, whose files a test can change."""
  return pathlib.Path(shutil.copytree(FOLDERS / family, folder / family))


def expected(family):
  """Returns padded ids and their hidden states by PyTorch, layer by layer."""
  arrays = np.load(FOLDERS / family / 'expected.npz')
  return arrays['ids'].astype(np.int32), arrays['states']


def read_tensors(folder):
  """Returns the arrays of `model.safetensors`, all <float32>."""
  content = (folder / 'model.safetensors').read_bytes()
  n_bytes = int.from_bytes(content[:8], 'little')
  header = json.loads(content[8 : 8 + n_bytes])
  header.pop('__metadata__', None)
  arrays = {}
  for name, entry in header.items():
    start, end = entry['data_offsets']
    part = content[8 + n_bytes + start : 8 + n_bytes + end]
    arrays[name] = np.frombuffer(part, np.float32).reshape(entry['shape'])
  return arrays


def write_tensors(folder, arrays, dtype='F32'):
  """Writes arrays as `model.safetensors`; `arrays` have the type that `dtype` names."""
  header, parts, start = {}, [], 0
  for name, array in arrays.items():
    parts.append(array.tobytes())
    end = start + len(parts[-1])
    header[name] = {'dtype': dtype, 'shape': array.shape, 'data_offsets': [start, end]}
    start = end
  text = json.dumps(header).encode()
  content = len(text).to_bytes(8, 'little') + text + b''.join(parts)
  (folder / 'model.safetensors').write_bytes(content)


def change_config(folder, **fields):
  """Changes fields of `config.json`; `None` removes a field."""
  path = folder / 'config.json'
  config = json.loads(path.read_text()) | fields
  path.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
