"""What the pages in docs/ show: their files work and their commands run."""

import re
import runpy
import shlex
import sys

import gin
import pytest
import trax.models  # noqa: F401  (registers what gin files name)
from absl import flags
from absl.testing import flagsaver
from conftest import LAUNCHER, REPOSITORY, run_python
from trax import trainer

# Registers `TwitterCorpus`, which is bound whether or not a page's gin file uses it.
from trax_twitter_sentiment import corpus  # noqa: F401
from trax_twitter_sentiment.errors import UserError

DOCS = REPOSITORY / 'docs'
PAGES = sorted(path.stem for path in DOCS.glob('*.md'))

_BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.M | re.S)
# A command, which a backslash continues on the next line, and what it prints.
_COMMAND = re.compile(r'^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)', re.M)


def read(page):
  return (DOCS / f'{page}.md').read_text()


def files(page):
  """Returns the files that a page shows: a dictionary from name to content."""
  contents = [body for _, body in _BLOCK.findall(read(page))]
  names = [re.match(r'# file: (\S+)\n', body) for body in contents]
  return {n[1]: body for n, body in zip(names, contents, strict=True) if n}


def commands(page):
  """Returns the commands of a page, as lists of words, each with its output."""
  return [
      (shlex.split(command.replace('\\\n', ' ')), output)
      for language, body in _BLOCK.findall(read(page))
      if language == 'console'
      for command, output in _COMMAND.findall(body)
  ]


@pytest.mark.parametrize('page', [page for page in PAGES if commands(page)])
def test_commands_run_as_written(page, tmp_path, monkeypatch, capsys):
  monkeypatch.chdir(tmp_path)
  monkeypatch.syspath_prepend(tmp_path)
  for name, content in files(page).items():
    (tmp_path / name).write_text(content)
  for number, (words, output) in enumerate(commands(page), start=1):
    # One step more than the command before, so that a run that goes on does train.
    few_steps = [
        f'--config=train.steps={number}',
        '--config=train.eval_steps=1',
        "--config=TwitterCorpus.source='sample'",
    ]
    gin.clear_config()
    match words:
      case ['python', '-m', 'trax.trainer', *arguments]:
        status = _train(arguments + few_steps)
      case ['python', '-m', module, *arguments]:
        status = _run('-m', module, *arguments)
      case ['python', script]:
        gin.bind_parameter('TwitterCorpus.source', 'sample')
        runpy.run_path(script)
        # Before it, TFDS prints what it prepares.
        assert capsys.readouterr().out.endswith(output)
        status = 0
      case [setting, 'python', '-m', 'trax.trainer', *arguments]:
        name, value = setting.split('=', 1)
        status = _run(*LAUNCHER, *arguments, *few_steps, **{name: value})
      case _:
        raise AssertionError(f'{page}.md has a command of an unknown kind: {words}')
    printed = capsys.readouterr()
    expected = re.findall('^(?:ERROR|WARNING): .*', output, re.M)
    assert (status != 0) == any(line.startswith('ERROR') for line in expected), (
        words,
        printed.err,
    )
    for line in expected:
      assert line in printed.err.splitlines(), words
    if 'trax.trainer' in words and status == 0:
      assert 'Finished training.' in printed.out, words


def _train(arguments):
  """Runs the stock trainer's `main` in this process; returns its exit status."""
  with flagsaver.flagsaver():
    flags.FLAGS(['trainer', *arguments])
    try:
      trainer.main([])
    except UserError as error:
      _show(err=f'ERROR: {error.message}\n')
      return 1
  return 0


def _run(*arguments, **environment):
  result = run_python(*arguments, **environment)
  _show(result.stdout, result.stderr)
  return result.returncode


def _show(out='', err=''):
  sys.stdout.write(out)
  sys.stderr.write(err)


@pytest.mark.parametrize('page', PAGES)
def test_links_lead_somewhere(page):
  for link in re.findall(r'\]\(([^)]+)\)', read(page)):
    path, _, heading = link.partition('#')
    assert (DOCS / path).exists(), link
    if heading:
      target = (DOCS / path).read_text() if path else read(page)
      headings = re.findall('^#+ (.*)', target, re.M)
      assert heading in [h.lower().replace(' ', '-') for h in headings], link


def test_list_of_pages_is_complete():
  listed = re.findall(r'^- \[.*\]\((\w+)\.md\)', read('README'), re.M)
  assert sorted([*listed, 'README']) == PAGES
