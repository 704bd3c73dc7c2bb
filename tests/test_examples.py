"""The example notebook, executed in a Jupyter kernel."""

import copy

import nbclient
import nbformat
import pytest
from conftest import REPOSITORY
from test_docs import has_lines

NOTEBOOK = REPOSITORY / 'examples' / 'sentiment.ipynb'


@pytest.fixture(scope='module')
def notebook():
  """Returns the notebook with its saved outputs."""
  return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope='module')
def executed(notebook, tmp_path_factory):
  """Returns the notebook after its execution on the made-up tweets."""
  folder = tmp_path_factory.mktemp('notebook')
  environment = {
      'SOURCE': 'sample',
      'TMPDIR': str(folder),
      # The kernel writes its files and its history here, not into the home folder.
      'IPYTHONDIR': str(folder),
      'JUPYTER_RUNTIME_DIR': str(folder),
  }
  with pytest.MonkeyPatch.context() as patch:
    for name, value in environment.items():
      patch.setenv(name, value)
    executed_notebook = copy.deepcopy(notebook)
    client = nbclient.NotebookClient(
        executed_notebook, timeout=300, resources={'metadata': {'path': str(folder)}}
    )
    client.execute()
  return executed_notebook


def _printed(notebook, name='stdout'):
  """Returns a dictionary from the id of each code cell to its printed text."""
  return {
      cell.id: ''.join(o.text for o in cell.outputs if o.get('name') == name)
      for cell in notebook.cells
      if cell.cell_type == 'code'
  }


def test_saved_outputs_are_of_made_up_tweets(notebook):
  nbformat.validate(notebook)
  assert 'source:     sample' in _printed(notebook)['load-tweets']


def test_execution_prints_the_saved_outputs(notebook, executed):
  saved = _printed(notebook)
  for cell, printed in _printed(executed).items():
    assert has_lines(printed.splitlines(), saved[cell].splitlines()), cell


@pytest.mark.parametrize('which', ['notebook', 'executed'])
def test_libraries_print_nothing(which, request):
  either = request.getfixturevalue(which)
  assert {*_printed(either, 'stderr').values()} == {''}
  outputs = [output for cell in either.cells for output in cell.get('outputs', [])]
  assert {output.output_type for output in outputs} == {'stream'}


def test_third_cell_predicts(notebook):
  third = [cell for cell in notebook.cells if cell.cell_type == 'code'][2]
  assert 'SentimentPredictor.load' in third.source
  names = [line.split()[0] for line in _printed(notebook)[third.id].splitlines()]
  assert names == ['positive', 'negative', 'positive', 'negative']


def test_accuracy_is_above_0_9(executed):
  assert float(_printed(executed)['compute-accuracy'].split()[-1]) > 0.9


def test_trained_model_and_saved_run_predict_the_same(executed):
  printed = _printed(executed)
  here = printed['predict'].splitlines()
  saved = printed['load-and-predict'].splitlines()
  assert len(here) == len(saved) == 4
  for row, other in zip(here, saved, strict=True):
    assert other.split()[0] in row
