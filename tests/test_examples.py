"""The example notebook, its cells executed in a kernel, a process of its own."""

import nbclient
import nbformat
import pytest
from conftest import NLTK_DATA, REPOSITORY

NOTEBOOK = REPOSITORY / 'examples' / 'sentiment.ipynb'
STEPS = 40


@pytest.fixture(scope='module')
def executed(tmp_path_factory):
  """Returns what each code cell printed, by the cell's id."""
  folder = tmp_path_factory.mktemp('notebook')
  environment = {
      'STEPS': str(STEPS),
      'TMPDIR': str(folder),
      # The kernel's own files; its history would hold the cells.
      'IPYTHONDIR': str(folder),
      'JUPYTER_RUNTIME_DIR': str(folder),
  }
  if NLTK_DATA is not None:
    environment['NLTK_DATA'] = NLTK_DATA
  with pytest.MonkeyPatch.context() as patch:
    for name, value in environment.items():
      patch.setenv(name, value)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={'metadata': {'path': str(folder)}}
    )
    client.execute()
  return {
      cell.id: ''.join(o.text for o in cell.outputs if o.get('name') == 'stdout')
      for cell in notebook.cells
      if cell.cell_type == 'code'
  }


def test_notebook_is_valid_and_holds_no_outputs():
  notebook = nbformat.read(NOTEBOOK, as_version=4)
  nbformat.validate(notebook)
  for cell in notebook.cells:
    if cell.cell_type == 'code':
      assert (cell.outputs, cell.execution_count) == ([], None)


def test_notebook_trains_as_many_steps_as_asked(executed):
  rows = executed['show-metrics'].splitlines()[1:]
  assert [int(row.split()[0]) for row in rows] == [1, *range(10, STEPS + 1, 10)]


def test_notebook_reaches_an_accuracy(executed):
  assert float(executed['compute-accuracy'].split()[-1]) > 0.9


def test_notebook_predicts_what_the_saved_run_predicts(executed):
  here = executed['predict'].splitlines()
  saved = executed['load-and-predict'].splitlines()
  assert len(here) == len(saved) == 4
  for row, other in zip(here, saved, strict=True):
    assert other.split()[0] in row
  assert 'positive' in here[0]
  assert 'negative' in here[1]
