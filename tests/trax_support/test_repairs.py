import ast
import os
import sys
import warnings

from trax_twitter_sentiment.trax_support import repairs

import forked
import jax
import numpy as np
import pytest
from conftest import REPOSITORY, STOCK, run_python
from runs import train
from trax import fastmath
from trax import layers as tl
from trax.data import tf_inputs
from trax.fastmath import numpy as jnp
from trax.supervised import callbacks, training

from trax_twitter_sentiment.errors import UserError


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


def test_import_of_the_plugin_changes_nothing_outside_trax():
  code = """
import gc, inspect, os, sys, warnings

def state():
  filters = [f for f in warnings.filters if 'trax' in str(f[3])]
  return (
      inspect.stack, inspect.getframeinfo, sys.excepthook, filters, gc.isenabled(),
      gc.get_freeze_count(), gc.get_threshold(), os.environ.get('TF_CPP_MIN_LOG_LEVEL'),
  )

try:
  # TensorFlow's import of IPython imports it on Python 3.10; it sets the excepthook.
  import exceptiongroup
except ImportError:
  pass
before = state()
from trax_twitter_sentiment.trax_support import repairs
from trax_twitter_sentiment import register
print([b for a, b in zip(before, state()) if a != b], 'trax' in sys.modules)
"""
  result = run_python('-c', code)
  assert (result.stdout, result.stderr) == ('[] True\n', '')


def test_each_module_imports_the_repairs_before_trax():
  package = REPOSITORY / 'trax_twitter_sentiment'
  n_checked = 0
  for path in package.rglob('*.py'):
    if path.parent.name == 'trax_support':
      continue
    names = []
    for node in ast.parse(path.read_text()).body:
      if isinstance(node, (ast.Import, ast.ImportFrom)):
        base = getattr(node, 'module', None) or ''
        names += [f'{base}.{alias.name}'.strip('.') for alias in node.names]
    if any(name.split('.')[0] == 'trax' for name in names):
      first = next(i for i, name in enumerate(names) if name.split('.')[0] == 'trax')
      repairs_name = 'trax_twitter_sentiment.trax_support.repairs'
      assert repairs_name in names[:first], path
      n_checked += 1
  assert n_checked > 5


@pytest.mark.slow
def test_import_of_trax_is_fast():
  code = """
import inspect, sys
original = inspect.stack, inspect.getframeinfo
sources = []
find = inspect.findsource
inspect.findsource = lambda *args: sources.append(args) or find(*args)
from trax_twitter_sentiment.trax_support import repairs
print((inspect.stack, inspect.getframeinfo) == original, 'trax' in sys.modules)
print(len(sources))
"""
  state, n_sources = run_python('-c', code).stdout.splitlines()
  assert state == 'True True'
  assert int(n_sources) < 100  # Stock Trax looks up thousands.


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


def test_train_raises_mistakes_and_puts_its_settings_back(tmp_path):
  hook, filters = sys.excepthook, [*warnings.filters]
  with pytest.raises(UserError, match='TextFileCorpus lacks bindings for: train_path'):
    train(tmp_path, 'configured_corpus.corpus=@TextFileCorpus')
  assert sys.excepthook is hook
  assert warnings.filters == filters


@pytest.mark.slow
def test_other_errors_keep_their_traceback(tmp_path):
  code = """
import gin
@gin.configurable
def fails(loop): raise KeyError('missing')
"""
  (tmp_path / 'my_module.py').write_text(code)
  flags = (
      '--config_file=trax_twitter_sentiment/gin_configs/twitter.gin',
      "--config=TwitterCorpus.source='sample'",
      '--config=import my_module',
      '--config=train.callbacks=[@fails]',
      f'--output_dir={tmp_path}/run',
  )
  result = forked.run(*STOCK, *flags, cwd=tmp_path)
  assert result.returncode == 1
  assert 'Traceback' in result.stderr
  assert "KeyError: 'missing'" in result.stderr
