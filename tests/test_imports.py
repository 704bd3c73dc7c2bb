"""Imports: their layers (pyproject.toml) and the libraries that they load."""

import subprocess
import sys

from conftest import REPOSITORY, run_python


def test_imports_go_downward_only():
  command = 'from importlinter.cli import lint_imports_command as main; main()'
  result = subprocess.run(
      [sys.executable, '-c', command, '--no-cache'],
      cwd=REPOSITORY, capture_output=True, text=True, check=False,
  )  # fmt: skip
  assert result.returncode == 0, result.stdout + result.stderr
  assert 'Contracts: 1 kept, 0 broken.' in result.stdout


def test_importing_the_package_loads_neither_trax_nor_tensorflow():
  code = (
      'import sys, trax_twitter_sentiment as t; t.TweetTokenizer; '
      't.compute_accuracy; t.TwitterCorpus("sample"); '
      'print({"trax", "jax", "tensorflow"} & set(sys.modules))'
  )
  result = run_python('-c', code)
  assert result.stdout == 'set()\n', result.stderr
