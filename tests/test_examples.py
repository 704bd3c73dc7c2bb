"""The example notebook, executed in a Jupyter kernel."""

import base64
import copy
import html
import re
import struct

import nbclient
import nbformat
import pytest
from conftest import REPOSITORY
from nbformat.v4 import new_code_cell
from test_docs import has_lines

NOTEBOOK = REPOSITORY / 'examples' / 'sentiment.ipynb'

_SOLUTION = re.compile(
    r'<details>\n<summary>Solution</summary>\n\n.*?```python\n(.*?)```\n\n</details>',
    re.DOTALL,
)
_TITLE = re.compile(r'<\w+ title="([^"]*)"[^>]*>')
_TAG = re.compile(r'<[^>]*>')


@pytest.fixture(scope='module')
def notebook():
  """Returns the notebook with its saved outputs."""
  return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope='module')
def executed(notebook, tmp_path_factory):
  """Returns the notebook and its solutions after execution on the made-up tweets."""
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
    result = copy.deepcopy(notebook)
    solutions = enumerate(_solutions(notebook), start=1)
    result.cells += [new_code_cell(code, id=f'solution-{i}') for i, code in solutions]
    client = nbclient.NotebookClient(
        result, timeout=300, resources={'metadata': {'path': str(folder)}}
    )
    client.execute()
  return result


def _solutions(notebook):
  """Returns the code of the solutions, which the notebook folds."""
  return _SOLUTION.findall(_cell(notebook, 'exercises').source)


def _cell(notebook, cell_id):
  (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
  return cell


def _outputs(notebook):
  """Returns the outputs of each code cell, by its id."""
  return {c.id: c.outputs for c in notebook.cells if c.cell_type == 'code'}


def _printed(notebook, cell_id, name='stdout'):
  """Returns what a code cell prints."""
  outputs = _cell(notebook, cell_id).outputs
  return ''.join(o.text for o in outputs if o.get('name') == name)


def _displayed(notebook, cell_id):
  """Returns the HTML that a code cell displays: one string for each output."""
  outputs = _cell(notebook, cell_id).outputs
  return [o.data['text/html'] for o in outputs if 'text/html' in o.get('data', {})]


def _shown_lines(notebook, cell_id):
  """Returns the lines that a reader sees below a cell, the titles of words included."""
  markup = ''.join(_displayed(notebook, cell_id))
  text = _TAG.sub('\n', _TITLE.sub(r'\n\1\n', markup))
  return _printed(notebook, cell_id).splitlines() + html.unescape(text).splitlines()


def test_notebook_is_valid_small_and_on_made_up_tweets(notebook):
  nbformat.validate(notebook)
  assert NOTEBOOK.stat().st_size < 300_000
  assert 'source:     sample' in _printed(notebook, 'load-tweets')
  assert str(REPOSITORY) not in NOTEBOOK.read_text()


def test_notebook_shows_its_saved_outputs(notebook, executed):
  for cell_id, outputs in _outputs(notebook).items():
    shown, saved = (_shown_lines(n, cell_id) for n in (executed, notebook))
    assert has_lines(shown, saved), cell_id
    kinds = [sorted(output.get('data', {})) for output in outputs]
    assert kinds == [sorted(o.get('data', {})) for o in _outputs(executed)[cell_id]]


@pytest.mark.parametrize('which', ['notebook', 'executed'])
def test_libraries_print_nothing(which, request):
  result = request.getfixturevalue(which)
  for cell_id, outputs in _outputs(result).items():
    assert _printed(result, cell_id, 'stderr') == '', cell_id
    assert not [o for o in outputs if o.output_type == 'error']
  assert 'Step ' not in _printed(result, 'make-network')


def test_third_cell_predicts(notebook):
  third = [cell for cell in notebook.cells if cell.cell_type == 'code'][2]
  assert 'SentimentPredictor.load' in third.source
  explanations = _displayed(notebook, third.id)
  names = [re.search('<b>(.*?)</b>', markup)[1] for markup in explanations]
  assert names == ['positive', 'negative', 'positive', 'negative']
  assert all('<mark title="' in markup for markup in explanations)


def test_curves_are_a_small_picture(executed):
  (output,) = _cell(executed, 'show-metrics').outputs
  png = base64.b64decode(output.data['image/png'])
  width, height = struct.unpack('>II', png[16:24])
  assert 500 < width < 900
  assert 150 < height < 400
  assert len(png) < 50_000


def test_accuracy_by_hand_is_that_of_the_evaluation(executed):
  accuracy = _printed(executed, 'compute-accuracy').split()[-1]
  assert float(accuracy) > 0.9
  assert f'>{accuracy}<' in _displayed(executed, 'evaluate')[0]


def test_emoticons_give_the_labels_away(executed):
  lines = [line for line in _shown_lines(executed, 'ablation') if line]
  with_emoticons, without = (float(lines[i]) for i in (2, 4))
  assert with_emoticons > 0.9
  assert without < 0.7


def test_words_that_weigh_most_are_emoticons(executed):
  positive, negative = _displayed(executed, 'weighty-words')
  assert positive.index('<span>:)</span>') < positive.index('<span>love</span>')
  assert negative.index('<span>:(</span>') < negative.index('<span>lost</span>')


def test_model_is_fooled(executed):
  explanations = _displayed(executed, 'fool-it')
  names = [re.search('<b>(.*?)</b>', markup)[1] for markup in explanations]
  assert names == ['positive'] * 3


def test_solutions_are_right(executed):
  assert len(_solutions(executed)) == 3
  change, share = _printed(executed, 'solution-1').split()
  # A padding token replaces the word.
  assert float(change) == pytest.approx(float(share), abs=0.05)
  fraction, accuracy = re.findall(r'\d\.\d+', _printed(executed, 'solution-2'))
  assert 0.1 < float(fraction) < 0.5
  assert 0.57 < float(accuracy) < 0.9
  *_, scores, negative, positive = _printed(executed, 'solution-3').splitlines()
  assert 0.5 < float(scores.split()[-1]) < 0.7
  assert "'lost'" in negative
  assert "'love'" in positive
  assert "':)'" not in positive
