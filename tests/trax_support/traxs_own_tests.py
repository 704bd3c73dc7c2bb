"""Runs test files of Trax and prints the result of each test as JSON.

The arguments are the modules to import first, and `--` before the names of the test
modules.
"""

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


def main(imports: list[str], test_modules: list[str]) -> None:
  for module in imports:
    importlib.import_module(module)
  flags.FLAGS(sys.argv[:1])
  suite = unittest.defaultTestLoader.loadTestsFromNames(test_modules)
  result = unittest.TextTestRunner(sys.stderr, resultclass=_Results).run(suite)
  json.dump(result.outcomes, sys.stdout)


class _Results(unittest.TextTestResult):
  """The result of each test by the name of the test."""

  def __init__(self, *args, **kwargs):
    super().__init__(*args, **kwargs)
    self.outcomes = {}

  def stopTest(self, test):
    super().stopTest(test)
    failed = [case for case, _ in (*self.failures, *self.errors)]
    skipped = [case for case, _ in self.skipped]
    outcome = 'failed' if test in failed else 'skipped' if test in skipped else 'passed'
    self.outcomes[test.id()] = outcome


if __name__ == '__main__':
  separator = sys.argv.index('--')
  main(sys.argv[1:separator], sys.argv[separator + 1 :])
