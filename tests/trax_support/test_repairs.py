import inspect
import os
import re
import sys

from trax_twitter_sentiment.trax_support import repairs

import jax
import numpy as np
import pytest
from conftest import run_python
from runs import train
from trax import fastmath
from trax import layers as tl
from trax.data import tf_inputs
from trax.fastmath import numpy as jnp
from trax.supervised import callbacks, training


def test_tree_of_arrays_and_empty_parts_is_rebuilt():
  tree = [(jnp.zeros(2), ()), None, {'a': jnp.zeros(1)}]
  flat = [np.ones(2), np.ones(1)]
  rebuilt, rest = fastmath.tree_unflatten(flat, tree, copy_from_tree=[None, ()])
  assert rest == []
  assert rebuilt[0][0] is flat[0]
  assert rebuilt[0][1] == ()
  assert rebuilt[1] is None
  assert rebuilt[2]['a'] is flat[1]


def test_examples_to_skip_are_a_whole_number():
  # A float makes `random.randint` fail on Python 3.12 and later.
  assert isinstance(tf_inputs._MAX_SKIP_EXAMPLES, int)


def test_import_of_trax_is_fast_and_takes_its_replacements_back():
  code = (
      'import gc, inspect, sys; original = inspect.stack, inspect.getframeinfo; '
      'finders = [*sys.meta_path]; '
      'from trax_twitter_sentiment.trax_support import repairs; '
      'print((inspect.stack, inspect.getframeinfo) == original, '
      '{*finders} - {*sys.meta_path}, gc.isenabled(), "trax" in sys.modules, '
      'gc.get_freeze_count() > 0)'
  )
  assert run_python('-c', code).stdout == 'True set() True True True\n'
  assert inspect.stack()[0].function.startswith('test_import_of_trax')


def test_what_no_training_needs_is_imported_on_use():
  code = """
import sys
from trax_twitter_sentiment import register
late = 'keras', 'sklearn', 'pandas', 'nltk', 'matplotlib.figure', 'scipy.stats'
print([name for name in late if name in sys.modules])

import tensorflow as tf, tensorflow_text, trax
from matplotlib import pyplot
from trax.data import tokenizer
import tensorflow.keras.layers, trax.trax2keras

print(
    issubclass(trax.AsKeras, tf.keras.layers.Layer),
    trax.trax2keras.AsKeras is trax.AsKeras,
    tensorflow.keras.layers is tf.keras.layers,
    tensorflow_text.keras.layers.UnicodeScriptTokenizer(),
    tokenizer.encode('a b, c'),
    callable(pyplot.plot),
    hasattr(trax, 'AsKras'),
)
"""
  nothing, names, *_ = run_python('-c', code).stdout.splitlines()
  assert nothing == '[]'
  assert re.fullmatch(r"True True True <U.*> \['a', 'b', ', ', 'c'\] True False", names)


@pytest.mark.parametrize('config', ['twitter.gin', 'twitter_gru.gin'])
def test_training_step_is_compiled_once(tmp_path, caplog, config):
  with caplog.at_level('WARNING', 'jax'), jax.log_compiles():
    train(tmp_path, 'train.steps=4', config=config)
    train(tmp_path, 'train.steps=6', config=config)
  compiled = [r for r in caplog.messages if 'Finished XLA compilation' in r]
  assert sum('single_device_update_fn' in message for message in compiled) == 2


@pytest.mark.parametrize('compresslevel', [0, 2])
def test_arrays_are_written_as_trax_reads_them(tmp_path, compresslevel):
  rng = np.random.default_rng(0)
  arrays = [
      rng.normal(size=(300, 200)).astype(np.float32),
      np.zeros((500, 100), np.float32),
      np.asarray(jnp.ones((2, 3))).T,
      np.zeros((0, 4), np.uint16),
      np.float32(1.5),
  ]
  path, by_trax = str(tmp_path / 'a.npy.gz'), str(tmp_path / 'b.npy.gz')
  tl.np_to_file(arrays, path, compresslevel)
  tl.np_to_file.__wrapped__(arrays, by_trax, compresslevel)
  read = tl.np_from_file.__wrapped__(path, compresslevel)
  for array, expected in zip(read, arrays, strict=True):
    assert array.dtype == expected.dtype
    np.testing.assert_array_equal(array, expected)
  assert os.path.getsize(path) <= os.path.getsize(by_trax) + 100
  assert len(os.listdir(tmp_path)) == 2  # Nothing unfinished stays.


def test_extra_callback_is_unknown_to_gin_and_taken_back(tmp_path):
  original = training.Loop.__init__
  steps = []

  class Callback(callbacks.TrainingStepCallback):
    def call_at(self, step):
      return True

    def on_step_begin(self, step):
      pass

    def on_step_end(self, step):
      steps.append(step)

  with repairs.extra_callback(Callback):
    train(tmp_path)
  assert steps == [1, 2]
  assert (tmp_path / 'tokenizer.json').exists()  # Gin's callback was called, too.
  assert 'Callback,' not in (tmp_path / 'config.gin').read_text()
  assert training.Loop.__init__ is original


def test_user_error_is_shown_in_one_line():
  code = (
      'import trax_twitter_sentiment.trax_support.repairs; '
      'from trax_twitter_sentiment import streams; '
      'streams.TwitterBatches(batch_size=3)'
  )
  result = run_python('-c', code)
  assert result.returncode == 1
  assert 'Traceback' not in result.stderr
  assert 'ERROR: TwitterBatches.batch_size=3 is odd' in result.stderr.splitlines()[-1]


def test_other_errors_keep_their_traceback(capsys):
  with pytest.raises(KeyError) as error:
    raise KeyError('missing')
  sys.excepthook(error.type, error.value, error.tb)
  assert 'Traceback' in capsys.readouterr().err
