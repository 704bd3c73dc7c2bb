"""The examples of README.md and docs/: files, commands and their output."""

import os
import pathlib
import re
import runpy
import shlex
import subprocess
import sys

import gin
import pytest
import trax.models  # noqa: F401  (registers what gin files name)
from absl import flags
from absl.testing import flagsaver
from conftest import (
    LAUNCHER,
    NLTK_DATA,
    REPOSITORY,
    needs_real_corpus,
    run_python,
)
from trax import layers as tl
from trax import trainer
from trax.supervised import trainer_lib, training

# Registers `TwitterCorpus`, since each test binds it, even for a page without tweets.
from trax_twitter_sentiment.corpora import configured_corpus  # noqa: F401
from trax_twitter_sentiment.errors import UserError

DOCS = REPOSITORY / 'docs'
PAGES = sorted(f'docs/{path.name}' for path in DOCS.glob('*.md'))
PAGES.append('README.md')

_BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.M | re.S)
# A command and its output. A backslash continues a command on the next line.
_COMMAND = re.compile(r'^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)', re.M)


def read(page):
  return (REPOSITORY / page).read_text()


def files(page):
  """Returns the files in a page: a dictionary from name to content."""
  bodies = [body for _, body in _BLOCK.findall(read(page))]
  shown = (re.match(r'# file: (\S+)\n(.*)', body, re.S) for body in bodies)
  return {match[1]: match[2] for match in shown if match}


def commands(page):
  """Returns the commands of a page, each with its output."""
  return [
      (command.replace('\\\n', ' '), output)
      for language, body in _BLOCK.findall(read(page))
      if language == 'console'
      for command, output in _COMMAND.findall(body)
  ]


def make_folder(page, folder):
  """Writes the files that the commands of a page need."""
  for name, content in files(page).items():
    (folder / name).write_text(content)
  if page == 'README.md':  # The commands of README.md run in the root of a checkout.
    for name in ('twitter.gin', 'gin_configs'):
      (folder / name).symlink_to(REPOSITORY / name)


PAGES_WITH_COMMANDS = [page for page in PAGES if commands(page)]
# Their commands compile models for 20 to 30 seconds.
_SLOW_PAGES = ('docs/other_models.md', 'docs/several_devices.md')


@pytest.mark.parametrize(
    'page',
    [
        pytest.param(page, marks=pytest.mark.slow) if page in _SLOW_PAGES else page
        for page in PAGES_WITH_COMMANDS
    ],
)
def test_commands_run_as_written(page, tmp_path, monkeypatch, capsys):
  monkeypatch.chdir(tmp_path)
  monkeypatch.syspath_prepend(tmp_path)
  make_folder(page, tmp_path)
  for number, (command, output) in enumerate(commands(page), start=1):
    words = shlex.split(command)
    # Each command trains one more step than the last one, so a resumed run trains, too.
    few_steps = [
        f'--config=train.steps={number}',
        '--config=train.eval_steps=1',
        "--config=TwitterCorpus.source='sample'",
    ]
    if _is_fit(words):
      few_steps = few_steps[1:]
    gin.clear_config()
    match words:
      case ['python', '-m', 'trax.trainer', *arguments]:
        status = _train(arguments + few_steps)
      case ['python', '-m', module, *arguments]:
        status = _run('-m', module, *arguments)
      case ['python', script]:
        gin.bind_parameter('TwitterCorpus.source', 'sample')
        # A script may change Trax, which must not reach the other tests.
        with monkeypatch.context() as patch:
          for module, name in (
              (trainer_lib, 'train'),
              (trainer_lib, 'training'),
              (training.Loop, 'run'),
              (tl, 'np_to_file'),
          ):
            patch.setattr(module, name, getattr(module, name))
          runpy.run_path(script)
        assert has_lines(capsys.readouterr().out.splitlines(), output.splitlines())
        status = 0
      case [setting, 'python', '-m', 'trax.trainer', *arguments]:
        name, value = setting.split('=', 1)
        status = _run(*LAUNCHER, *arguments, *few_steps, **{name: value})
      case _:
        raise AssertionError(f'{page} has a command of an unknown kind: {words}')
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


def _is_fit(words):
  """Returns whether a command fits a model without training steps."""
  paths = [w.split('=')[1] for w in words if w.startswith('--config_file=')]
  path = paths[0] if paths else ''
  text = pathlib.Path(path).read_text() if os.path.isfile(path) else path
  return bool(re.search('(text_file|tweeteval|twitter_hard).gin', text)) and (
      'train.steps' not in text
  )


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


@pytest.mark.slow
@needs_real_corpus
@pytest.mark.parametrize('page', PAGES_WITH_COMMANDS)
def test_commands_print_the_output_in_the_page(page, tmp_path):
  """Runs all commands of a page in one folder.

  The launcher replaces the stock trainer. Both print the same lines (test_trainer.py),
  and the launcher starts faster.
  """
  make_folder(page, tmp_path)
  wrong = []
  for command, output in commands(page):
    result = _run_in_shell(command, tmp_path)
    expected = output.splitlines()
    problems = [line for line in expected if _is_problem(line)]
    printed = [line for line in result.stderr.splitlines() if _is_problem(line)]
    fails = any(line.startswith('ERROR') for line in problems)
    if (
        (result.returncode != 0) != fails
        or (problems and not has_lines(printed, ['...', *problems, '...']))
        or not has_lines(
            result.stdout.splitlines(),
            [line for line in expected if not _is_problem(line)],
        )
    ):
      wrong.append(f'$ {command}\n{result.stdout}{result.stderr[-3000:]}')
  assert not wrong, '\n'.join(wrong)


def _run_in_shell(command, folder):
  """Runs a command with this environment activated, and with the real corpus."""
  scripts = os.path.dirname(sys.executable)
  return subprocess.run(
      ['bash', '-c', command.replace('trax.trainer', LAUNCHER[1])],
      cwd=folder,
      capture_output=True,
      text=True,
      check=False,
      env={
          **os.environ,
          'NLTK_DATA': NLTK_DATA,
          'PATH': os.pathsep.join([scripts, os.environ['PATH']]),
      },
  )


def _is_problem(line):
  return line.startswith(('ERROR: ', 'WARNING: '))


@pytest.mark.slow
@needs_real_corpus
@pytest.mark.parametrize('page', [p for p in PAGES if '>>> ' in read(p)])
def test_python_examples_print_the_output_in_the_page(page, tmp_path):
  make_folder(page, tmp_path)
  for command, _ in commands(page):
    if 'trax.trainer' in command:
      assert _run_in_shell(command, tmp_path).returncode == 0
  result = run_python(
      '-m', 'doctest', str(REPOSITORY / page), cwd=tmp_path, NLTK_DATA=NLTK_DATA
  )
  assert result.returncode == 0, result.stdout


def has_lines(printed, expected):
  """Returns whether all printed lines match the expected lines.

  An expected line `...` matches any number of lines. Blank lines are ignored. See
  `same_line` for the comparison of two lines.
  """
  printed = [line for line in printed if line.strip()]
  expected = [line for line in expected if line.strip()]

  def matches(i, j):
    while j < len(expected) and expected[j] != '...':
      if i == len(printed) or not same_line(printed[i], expected[j]):
        return False
      i, j = i + 1, j + 1
    if j == len(expected):
      return i == len(printed)
    return any(matches(k, j + 1) for k in range(i, len(printed) + 1))

  return matches(0, 0)


_DECIMAL = re.compile(r' *[-+]?\d+\.\d+')


def same_line(printed, expected):
  """Returns whether two lines are equal, except for seconds and small differences.

  Decimals may differ by 2% or 0.002, because they differ between machines. Text and
  integers may not differ.
  """
  printed, expected = (
      re.sub(r'in \d+\.\d+ secs', '', line) for line in (printed, expected)
  )
  if _DECIMAL.sub('#', printed) != _DECIMAL.sub('#', expected):
    return False
  pairs = zip(_DECIMAL.findall(printed), _DECIMAL.findall(expected), strict=True)
  return all(float(p) == pytest.approx(float(e), rel=0.02, abs=0.002) for p, e in pairs)


@pytest.mark.parametrize(
    ('printed', 'expected', 'same'),
    [
        (['a', 'b'], ['a', 'b'], True),
        (['a', '', 'b'], ['a', 'b'], True),
        (['a', 'b', 'c'], ['a', 'b'], False),
        (['a', 'b', 'c'], ['...', 'c'], True),
        (['a', 'b', 'c'], ['a', '...'], True),
        (['a', 'b', 'c', 'd'], ['a', '...', 'd'], True),
        (['a', 'b'], ['b', '...'], False),
        (['Ran 2 steps in 10.25 secs'], ['Ran 2 steps in 0.5 secs'], True),
        (['Ran 2 steps in 0.5 secs'], ['Ran 3 steps in 0.5 secs'], False),
        (['loss |  0.50000000'], ['loss |  0.50900000'], True),
        (['loss |  0.50000000'], ['loss |  0.52000000'], False),
        (['loss |  0.00100000'], ['loss |  0.00250000'], True),
        (['lass |  0.50000000'], ['loss |  0.50000000'], False),
    ],
)
def test_has_lines_compares_outputs(printed, expected, same):
  assert has_lines(printed, expected) == same


@pytest.mark.parametrize('page', PAGES)
def test_outputs_are_in_console_blocks(page):
  # The other tests check only the commands in console blocks.
  outside = _BLOCK.sub('', read(page))
  assert not re.search(r'^ *(\$ |Step +\d+:|Finished training)', outside, re.M)


@pytest.mark.parametrize('page', ['CONTRIBUTING.md', *PAGES])
def test_commands_use_the_activated_environment(page):
  assert '.venv/bin/python' not in read(page)


def test_readme_is_short():
  assert len(read('README.md').splitlines()) <= 150


@pytest.mark.parametrize('page', ['CONTRIBUTING.md', *PAGES])
def test_link_targets_exist(page):
  folder = (REPOSITORY / page).parent
  for link in re.findall(r'\]\(([^)]+)\)', read(page)):
    if link.startswith(('http://', 'https://')):
      continue
    path, _, heading = link.partition('#')
    assert (folder / path).exists(), link
    if heading:
      target = (folder / path).read_text() if path else read(page)
      headings = re.findall('^#+ (.*)', target, re.M)
      assert heading in [h.lower().replace(' ', '-') for h in headings], link


def test_docs_readme_lists_every_page():
  listed = re.findall(r'^- \[.*\]\((\w+\.md)\)', read('docs/README.md'), re.M)
  assert {f'docs/{page}' for page in [*listed, 'README.md']} == {
      page for page in PAGES if page.startswith('docs/')
  }
