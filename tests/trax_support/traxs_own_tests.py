"""Runs test modules of Trax, and prints the names of the passed tests as JSON.

The arguments are modules to import first, `--`, and the names of the test modules.
"""

import contextlib
import functools
import importlib
import inspect
import json
import sys
import types
import unittest

import jax
from absl import flags

# Trax's tests import `jax.config` as a module, as old versions of JAX had it.
sys.modules['jax.config'] = types.ModuleType('jax.config')
sys.modules['jax.config'].config = jax.config  # type: ignore[attr-defined]

# Trax looks up the file and the line of each layer's definition. Without the source
# lines of all frames, importing Trax takes seconds instead of a minute.
inspect.stack = lambda: [(sys._getframe(1),), (sys._getframe(2),)]
inspect.getframeinfo = functools.partial(inspect.getframeinfo, context=0)


class _Results(unittest.TextTestResult):
  """A result that lists the names of the passed tests."""

  def __init__(self, *args, **kwargs):
    super().__init__(*args, **kwargs)
    self.passed = []

  def addSuccess(self, test):
    super().addSuccess(test)
    self.passed.append(test.id())


def main(imports: list[str], test_modules: list[str]) -> None:
  for module in imports:
    importlib.import_module(module)
  flags.FLAGS(sys.argv[:1])
  suite = unittest.defaultTestLoader.loadTestsFromNames(test_modules)
  with contextlib.redirect_stdout(sys.stderr):
    result = unittest.TextTestRunner(resultclass=_Results).run(suite)
  json.dump(result.passed, sys.stdout)


if __name__ == '__main__':
  separator = sys.argv.index('--')
  main(sys.argv[1:separator], sys.argv[separator + 1 :])
