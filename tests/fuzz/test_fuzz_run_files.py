"""Hostile files in a run: it predicts or raises a `UserError`."""

import gzip
import io
import itertools
import json
import math
import os
import shutil
import struct

import numpy as np
import pytest
from fuzzing import (
    JSON,
    arrays,
    at_most,
    changed_json,
    fuzz,
    mutated,
    pickled,
    pickled_npy,
    replace_file,
    run_folder,
    scratch_file,
    tokenizer,
    vocabulary,
    write_run,
)
from hypothesis import strategies as st

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.corpus_record import CorpusRecord
from trax_twitter_sentiment.run.history import HISTORY_FILE, History
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.run import (
    CORPUS_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
    Run,
)
from trax_twitter_sentiment.run.weights import load_arrays
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer
from trax_twitter_sentiment.text.vocabulary import Vocabulary

_TOKENIZER_JSON = tokenizer().to_json()
_VOCABULARY_JSON = vocabulary().to_json()
_MODEL_JSON = ModelInfo('mean', 9).to_json()
_HISTORY_JSON = (
  '{"train": {"loss": [[1, 0.5], [20, 0.25]]}, "eval": {"accuracy": [[1, 0.5]]}, '
  '"seconds": 1.5, "saved_at": 1795888948.2}'
)


@pytest.fixture
def folder(tmp_path):
  """Returns the folder of a run that a test may damage."""
  write_run(str(tmp_path))
  return tmp_path


def predicts_or_refuses(folder):
  """Returns whether a run loads, and checks the predictions of a run that does."""
  try:
    predictor = SentimentPredictor.load(folder)
  except UserError as error:
    assert error.message.isprintable(), error.message
    return False
  for prediction in predictor.predict(['good :)', '', 'bad ' * 99]):
    probabilities = [math.exp(p) for p in prediction.log_probabilities]
    assert sum(probabilities) == pytest.approx(1)
  return True


_TOKENIZER_FIELDS = st.fixed_dictionaries(
  {},
  optional={
    'format': st.one_of(st.just(2), JSON),
    'settings': st.one_of(
      JSON,
      st.dictionaries(
        st.sampled_from([*json.loads(_TOKENIZER_JSON)['settings'], 'more']), JSON
      ).map(lambda s: {**json.loads(_TOKENIZER_JSON)['settings'], **s}),
    ),
    'stop_words': st.one_of(st.lists(st.text(max_size=5)), JSON),
    'lexicon': st.one_of(st.dictionaries(st.text(max_size=5), st.integers()), JSON),
    'more': JSON,
  },
)


@fuzz(
  content=st.one_of(
    mutated(_HISTORY_JSON.encode()),
    st.fixed_dictionaries(
      {},
      optional=dict.fromkeys(('train', 'eval', 'seconds', 'saved_at', 'more'), JSON),
    ).map(lambda fields: changed_json(_HISTORY_JSON, fields)),
    st.binary(max_size=60),
  )
)
def test_any_history_file_is_read_or_refused(content):
  path = scratch_file(HISTORY_FILE, content)
  try:
    history = History.load(os.path.dirname(path))
  except UserError as error:
    assert error.message.startswith(f"{path} is not a run's history")
    assert error.message.isprintable()
    return
  for curve in (*history.train_curves.values(), *history.eval_curves.values()):
    assert all(type(step) is int for step in curve)
    assert all(type(value) is float for value in curve.values())


@fuzz(
  content=st.one_of(
    mutated(_TOKENIZER_JSON.encode()),
    _TOKENIZER_FIELDS.map(lambda fields: changed_json(_TOKENIZER_JSON, fields)),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
  )
)
def test_any_tokenizer_file_loads_or_is_refused(content):
  path = scratch_file(TOKENIZER_FILE, content)
  try:
    loaded = Run(os.path.dirname(path)).tokenizer
  except UserError as error:
    assert error.message.startswith(f'{path} is not a tokenizer file')
    assert error.message.isprintable()
    return
  assert TweetTokenizer.from_json(loaded.to_json()) == loaded
  assert all(loaded.tokenize('good day :) @amy'))


@fuzz(
  content=st.one_of(
    mutated(_VOCABULARY_JSON.encode()),
    st.one_of(
      st.lists(st.text(max_size=5), max_size=9).map(
        lambda words: ['__PAD__', '__</e>__', '__UNK__', *words]
      ),
      JSON,
    ).map(lambda tokens: changed_json(_VOCABULARY_JSON, {'tokens': tokens})),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
  )
)
def test_any_vocabulary_file_loads_or_is_refused(content):
  path = scratch_file(VOCABULARY_FILE, content)
  try:
    loaded = Run(os.path.dirname(path)).vocabulary
  except UserError as error:
    assert error.message.startswith(f'{path} is not a vocabulary file')
    assert error.message.isprintable()
    return
  assert Vocabulary.from_json(loaded.to_json()) == loaded
  assert loaded.encode(loaded.tokens).tolist() == [*range(len(loaded))]


_CORPUS_JSON = CorpusRecord.of(TwitterCorpus('sample')).to_json()
_RECIPES = st.recursive(
  JSON,
  lambda inner: st.fixed_dictionaries(
    {
      'configurable': st.sampled_from(['TextFileCorpus', 'MixedCorpus', 'os.system']),
      'arguments': st.dictionaries(st.sampled_from(['corpora', 'train_path']), inner),
    }
  ),
  max_leaves=3,
)


@fuzz(
  content=st.one_of(
    mutated(_CORPUS_JSON.encode()),
    _RECIPES.map(lambda recipe: changed_json(_CORPUS_JSON, {'recipe': recipe})),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
  )
)
def test_any_corpus_file_makes_a_corpus_or_is_refused(content):
  path = scratch_file(CORPUS_FILE, content)
  try:
    corpus = Run(os.path.dirname(path)).corpus()
  except UserError as error:
    assert error.message.isprintable()
    return
  assert corpus.name == 'sample'


@fuzz(
  content=st.one_of(
    mutated(_MODEL_JSON.encode()),
    st.fixed_dictionaries(
      {},
      optional={
        'format': JSON,
        'pooling': st.one_of(st.sampled_from(['mean', 'masked_mean']), JSON),
        'padded_length': st.one_of(st.integers(), st.floats(), JSON),
        'max_length': st.one_of(st.integers(), st.floats(), JSON),
        '\x1b[31m': JSON,
      },
    ).map(lambda fields: changed_json(_MODEL_JSON, fields)),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
  )
)
def test_any_model_file_loads_or_is_refused(content):
  path = scratch_file(MODEL_FILE, content)
  try:
    info = Run(os.path.dirname(path)).model_info
  except UserError as error:
    assert error.message.startswith(f'{path} is not a model file')
    assert error.message.isprintable()
    return
  assert info.pooling in (None, 'mean', 'masked_mean')
  assert type(info.padded_length) is int
  if info.pooling:
    replace_file(run_folder('model'), MODEL_FILE, content)
    assert predicts_or_refuses(run_folder('model'))


def _npy(*contents):
  buffer = io.BytesIO()
  for content in contents:
    np.save(buffer, content)
  return buffer.getvalue()


def _npy_of(header: str, body: bytes, version: bytes = b'\x01\x00') -> bytes:
  """Returns a .npy file with any `header` and `body`."""
  size = '<H' if version == b'\x01\x00' else '<I'
  encoded = header.encode('latin1', 'replace')[:60_000]
  return b'\x93NUMPY' + version + struct.pack(size, len(encoded)) + encoded + body


_SIZES = st.one_of(
  st.integers(0, 9), st.integers(-1, 2**70), st.sampled_from([8, 4, 2])
)
_HEADERS = st.builds(
  lambda dtype, fortran, shape: (
    f"{{'descr': {dtype!r}, 'fortran_order': {fortran}, 'shape': {tuple(shape)}, }}"
  ),
  st.sampled_from(
    [
      '<f4',
      '<f8',
      '<f2',
      '>f4',
      '<f16',
      '<i4',
      '|O',
      '|V0',
      '|V8',
      '<U9',
      '|S0',
      '<c8',
      '<M8[s]',
      'x',
      '',
      [('a', '<f4')],
      [('a', '|O')],
      [('a', '<f4', (9,) * 9)],
    ]
  ),
  st.sampled_from([True, False, 0, None]),
  st.lists(_SIZES, max_size=4),
)
_ODD_HEADERS = st.one_of(
  st.sampled_from(
    ['(' * 5000, '-' * 9000 + '1', '{' * 99, "{'descr': " * 900, "'" * 9]
  ),
  st.text('{}()[],:\'"-1aL \n#\\', max_size=60),
)
_CLAIMS = st.lists(
  st.one_of(
    st.builds(
      _npy_of,
      st.one_of(_HEADERS, _HEADERS, _ODD_HEADERS),
      st.binary(max_size=100),
      st.sampled_from(
        [b'\x01\x00', b'\x01\x00', b'\x02\x00', b'\x03\x00', b'\x09\x00']
      ),
    ),
    st.sampled_from([_npy(array) for array in arrays()]),
    st.sampled_from([np.inf, np.nan, 1e300, 3e38, -3e38, 1e-300, 0]).map(
      lambda value: _npy(np.full((8, 4), value))
    ),
    st.sampled_from(
      [pickled('/nowhere/at/all'), b'PK\x03\x04', b'PK\x05\x06' + b'\0' * 18]
    ),
  ),
  max_size=4,
)


def _scaled(kinds: list[tuple[str, float]]) -> bytes:
  """Returns the run's weights with other types and sizes."""
  with np.errstate(over='ignore', invalid='ignore'):
    return _npy(
      *(
        np.sign(array).astype(dtype) * np.array(scale).astype(dtype)
        for array, (dtype, scale) in zip(arrays(), kinds, strict=True)
      )
    )


_WEIGHTS = gzip.compress(_npy(*arrays()), 1)


@fuzz(
  content=st.one_of(
    mutated(_npy(*arrays())).map(lambda npy: gzip.compress(npy, 0)),
    mutated(_WEIGHTS),
    _CLAIMS.map(lambda npys: gzip.compress(b''.join(npys), 0)),
    st.binary(max_size=60),
    st.lists(
      st.tuples(
        st.sampled_from(['<f2', '<f4', '>f4', '<f8', '<f16', '<i4']),
        st.sampled_from([-1e300, -1e38, -1.0, 0.0, 1e-300, 1.0, 6e4, 1e38, 1e300]),
      ),
      min_size=3,
      max_size=3,
    ).map(lambda kinds: gzip.compress(_scaled(kinds), 0)),
  )
)
def test_any_weights_file_predicts_or_is_refused(content):
  replace_file(run_folder('weights'), WEIGHTS_FILE, content)
  predicts_or_refuses(run_folder('weights'))


def test_intact_run_predicts(folder):
  assert predicts_or_refuses(folder)


@pytest.mark.parametrize('scale', [1e200, 1e306])
def test_weights_whose_products_are_too_large_are_refused(folder, scale):
  embedding, kernel, bias = (a.astype(np.float64) for a in arrays())
  content = _npy(embedding * scale, kernel * scale, bias)
  replace_file(folder, WEIGHTS_FILE, gzip.compress(content))
  with pytest.raises(UserError, match='too large: training diverged'):
    SentimentPredictor.load(folder)


@pytest.mark.parametrize('name', [WEIGHTS_FILE, TOKENIZER_FILE, MODEL_FILE])
def test_no_file_of_a_run_is_unpickled(folder, tmp_path, name):
  proof = tmp_path / 'proof'
  npy = pickled_npy(proof)
  for content in (npy, pickled(proof), _npy(*arrays()) + pickled(proof)):
    for packed in (content, gzip.compress(content)):
      replace_file(folder, name, packed)
      assert not predicts_or_refuses(folder)
      assert not proof.exists()


def test_prediction_opens_no_other_files_of_a_run(folder, tmp_path):
  proof = tmp_path / 'proof'
  for name in ('model.pkl.gz', 'model.opt_slots0.npy.gz'):
    replace_file(folder, name, gzip.compress(pickled(proof)))
  replace_file(folder, 'config.gin', b"import antigravity\ninclude '/etc/passwd'\n")
  os.chmod(folder / 'config.gin', 0)
  assert predicts_or_refuses(folder)
  assert not proof.exists()


_HALF_GIGABYTE = 2**29


def _header(shape: str) -> bytes:
  return _npy_of(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", b'')


# Each file consists of a start and a part that is repeated: (start, part, repetitions).
_BOMBS = {
  'claims a terabyte': (_header('(1099511627776,)'), b'1234', 1),
  'claims more than can be': (_header('(9, 99999999999999999999)'), b'', 0),
  'zeros': (_header('(8, 16777216)'), bytes(2**20), _HALF_GIGABYTE // 2**20),
  'a long header': (
    b'\x93NUMPY\x02\x00' + struct.pack('<I', _HALF_GIGABYTE),
    b' ' * 2**20,
    _HALF_GIGABYTE // 2**20,
  ),
  'a long header in UTF-8': (
    b'\x93NUMPY\x03\x00' + struct.pack('<I', _HALF_GIGABYTE),
    b' ' * 2**20,
    _HALF_GIGABYTE // 2**20,
  ),
  'a million arrays': (b'', _header('(0,)') * 1000, 1000),
}


@pytest.mark.parametrize('name', _BOMBS)
def test_zip_bombs_are_refused_with_little_memory(folder, name):
  start, part, n_times = _BOMBS[name]
  with gzip.open(folder / WEIGHTS_FILE, 'wb', compresslevel=1) as file:
    for content in itertools.chain([start], itertools.repeat(part, n_times)):
      file.write(content)
  assert (folder / WEIGHTS_FILE).stat().st_size < 2**22
  with at_most(2**24), pytest.raises(UserError, match='is not a complete weights file'):
    SentimentPredictor.load(folder)


def test_small_weights_that_compress_well_load(tmp_path):
  path = tmp_path / 'zeros.npy.gz'
  path.write_bytes(gzip.compress(_npy(np.zeros((1000, 1000), np.float32))))
  (array,) = load_arrays(str(path))
  np.testing.assert_array_equal(array, np.zeros((1000, 1000)))


def test_saved_arrays_load_unchanged(tmp_path):
  saved = [np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array(3, '>i2')]
  path = tmp_path / 'arrays.npy.gz'
  path.write_bytes(gzip.compress(_npy(*saved)))
  for loaded, array in zip(load_arrays(str(path)), saved, strict=True):
    assert loaded.dtype == array.dtype
    np.testing.assert_array_equal(loaded, array)


@pytest.mark.parametrize('name', [WEIGHTS_FILE, TOKENIZER_FILE, MODEL_FILE])
@pytest.mark.parametrize(
  'make', [os.mkdir, os.mkfifo, lambda p: os.symlink('/dev/zero', p)]
)
def test_folder_pipe_or_device_instead_of_a_file_is_refused(folder, name, make):
  (folder / name).unlink()
  make(folder / name)
  with pytest.raises(UserError, match=rf'{name}.*Not a regular file'):
    SentimentPredictor.load(folder)


def test_field_that_looks_like_a_path_is_not_opened(folder, tmp_path):
  outside = tmp_path.parent / f'{tmp_path.name}_outside'
  shutil.copytree(folder, outside)
  before = {path: path.read_bytes() for path in outside.iterdir()}
  for value in (f'../{outside.name}', str(outside), f'{outside}/{TOKENIZER_FILE}'):
    replace_file(
      folder, TOKENIZER_FILE, changed_json(_TOKENIZER_JSON, {'corpus': value})
    )
    assert predicts_or_refuses(folder)
    replace_file(folder, MODEL_FILE, changed_json(_MODEL_JSON, {'pooling': value}))
    assert not predicts_or_refuses(folder)
    replace_file(folder, MODEL_FILE, _MODEL_JSON.encode())
  assert {path: path.read_bytes() for path in outside.iterdir()} == before
