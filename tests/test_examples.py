"""The example notebook, its cells executed in a kernel, a process of its own."""

import copy

import nbclient
import nbformat
import pytest
from conftest import REPOSITORY
from test_docs import has_lines

NOTEBOOK = REPOSITORY / 'examples' / 'sentiment.ipynb'


@pytest.fixture(scope='module')
def notebook():
  """The notebook, as it ships."""
  return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope='module')
def executed(notebook, tmp_path_factory):
  """The notebook, run from top to bottom on the made-up tweets."""
  folder = tmp_path_factory.mktemp('notebook')
  environment = {
      'SOURCE': 'sample',
      'TMPDIR': str(folder),
      # The kernel's own files; its history would hold the cells.
      'IPYTHONDIR': str(folder),
      'JUPYTER_RUNTIME_DIR': str(folder),
  }
  with pytest.MonkeyPatch.context() as patch:
    for name, value in environment.items():
      patch.setenv(name, value)
    found = copy.deepcopy(notebook)
    client = nbclient.NotebookClient(
        found, timeout=300, resources={'metadata': {'path': str(folder)}}
    )
    client.execute()
  return found


def _printed(notebook, name='stdout'):
  """Returns what each code cell printed, by its id."""
  return {
      cell.id: ''.join(o.text for o in cell.outputs if o.get('name') == name)
      for cell in notebook.cells
      if cell.cell_type == 'code'
  }


def test_notebook_is_valid_and_of_made_up_tweets(notebook):
  nbformat.validate(notebook)
  assert 'source:     sample' in _printed(notebook)['load-tweets']


def test_notebook_prints_what_it_ships_with(notebook, executed):
  shipped = _printed(notebook)
  for cell, printed in _printed(executed).items():
    assert has_lines(printed.splitlines(), shipped[cell].splitlines()), cell


@pytest.mark.parametrize('which', ['notebook', 'executed'])
def test_notebook_has_no_word_of_its_libraries(which, request):
  found = request.getfixturevalue(which)
  assert {*_printed(found, 'stderr').values()} == {''}
  outputs = [output for cell in found.cells for output in cell.get('outputs', [])]
  assert {output.output_type for output in outputs} == {'stream'}


def test_third_cell_predicts(notebook):
  third = [cell for cell in notebook.cells if cell.cell_type == 'code'][2]
  assert 'SentimentPredictor.load' in third.source
  names = [line.split()[0] for line in _printed(notebook)[third.id].splitlines()]
  assert names == ['positive', 'negative', 'positive', 'negative']


def test_notebook_reaches_an_accuracy(executed):
  assert float(_printed(executed)['compute-accuracy'].split()[-1]) > 0.9


def test_notebook_predicts_what_the_saved_run_predicts(executed):
  printed = _printed(executed)
  here = printed['predict'].splitlines()
  saved = printed['load-and-predict'].splitlines()
  assert len(here) == len(saved) == 4
  for row, other in zip(here, saved, strict=True):
    assert other.split()[0] in row
