"""The direction of imports, as pyproject.toml has it."""

import subprocess
import sys

from conftest import REPOSITORY


def test_imports_go_downward_only():
  command = 'from importlinter.cli import lint_imports_command as main; main()'
  result = subprocess.run(
      [sys.executable, '-c', command, '--no-cache'],
      cwd=REPOSITORY, capture_output=True, text=True, check=False,
  )  # fmt: skip
  assert result.returncode == 0, result.stdout + result.stderr
  assert 'Contracts: 1 kept, 0 broken.' in result.stdout
