"""The notebook's cells, run twice with one output folder: the second run continues."""

import pathlib

import pytest
from conftest import run_python

SCRIPT = pathlib.Path(__file__).with_name('notebook_cells.py')


# Slow: the cells import Trax before the plugin, without the cheap `inspect.stack`.
@pytest.mark.slow
@pytest.mark.parametrize('part', ['tensors', 'tokenize'])
def test_cells_run_twice(tmp_path, part):
  for step in ('2', '4'):
    result = run_python(str(SCRIPT), str(tmp_path), part)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == step
