"""The installed command, and `python -m trax_twitter_sentiment`."""

import pathlib
import subprocess
import sys

import pytest
from conftest import run_python

SCRIPT = pathlib.Path(sys.executable).with_name('trax-twitter-sentiment')
PACKAGE = ('-m', 'trax_twitter_sentiment')


@pytest.mark.parametrize(
    ('command', 'module'),
    [
        ('train', 'trainer'),
        ('predict', 'predict'),
        ('evaluate', 'evaluate'),
        ('report', 'report'),
        ('serve', 'serve'),
    ],
)
def test_command_and_its_module_have_the_same_help(command, module):
  direct = run_python('-m', f'trax_twitter_sentiment.{module}', '--help')
  by_package = run_python(*PACKAGE, command, '--help')
  assert 'Try --helpfull' in direct.stdout
  assert by_package.stdout == direct.stdout


def test_installed_script_predicts(run_dir):
  arguments = (f'--model_dir={run_dir}', 'what a lovely day :)')
  script = subprocess.run(
      [SCRIPT, 'predict', *arguments], capture_output=True, text=True, check=True
  )
  module = run_python('-m', 'trax_twitter_sentiment.predict', *arguments)
  assert script.stdout == module.stdout != ''


def test_error_of_a_command_is_one_line(tmp_path):
  result = run_python(*PACKAGE, 'predict', f'--model_dir={tmp_path}', 'text')
  assert result.returncode == 1
  assert len(result.stderr.splitlines()) == 1
  assert result.stderr.startswith('ERROR: ')


def test_unknown_command_is_named():
  result = run_python(*PACKAGE, 'predikt')
  assert result.returncode == 1
  assert result.stderr.startswith("ERROR: 'predikt' is not one of train, predict, ")
  assert "(did you mean 'predict'?)" in result.stderr


def test_usage_names_the_commands():
  help_, no_command = run_python(*PACKAGE, '--help'), run_python(*PACKAGE)
  assert 'train, predict, evaluate, report, serve' in help_.stdout
  assert (help_.returncode, no_command.returncode) == (0, 1)
  assert no_command.stderr == help_.stdout


@pytest.mark.parametrize('flag', ['--help', '--helpfull'])
def test_help_into_a_closed_pipe_ends_quietly(flag):
  command = f'{sys.executable} -m trax_twitter_sentiment.predict {flag} | head -c 1'
  result = subprocess.run(
      ['bash', '-c', command], capture_output=True, text=True, check=False
  )
  assert result.stderr == ''
