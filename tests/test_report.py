"""The command `report`."""

import pytest
from conftest import run_python


def report(*arguments, **environment):
  return run_python('-m', 'trax_twitter_sentiment.report', *arguments, **environment)


def test_command_writes_the_page_and_prints_its_path(run_dir, tmp_path):
  path = tmp_path / 'page.html'
  result = report(f'--model_dir={run_dir}', f'--output={path}')
  assert (result.returncode, result.stdout) == (0, f'{path}\n'), result.stderr
  assert path.read_text().startswith('<!DOCTYPE html>')
  assert [*tmp_path.iterdir()] == [path]


def test_command_compares_runs(run_dir, tmp_path):
  result = report('--compare', str(run_dir), str(run_dir), cwd=tmp_path)
  assert (result.returncode, result.stdout) == (0, 'comparison.html\n'), result.stderr
  assert '2 runs compared' in (tmp_path / 'comparison.html').read_text()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--model_dir=missing'], "ERROR: model_dir='missing' is not a directory.\n"),
        (['--model_dir=.', 'more'], "ERROR: Unexpected argument 'more'.\n"),
        ([], 'ERROR: --model_dir is missing; it is an output directory of a run.\n'),
        (
            ['--compare', 'one'],
            'ERROR: --compare requires two output directories or more, as arguments.\n',
        ),
    ],
)
def test_mistake_in_the_command_is_one_line(arguments, message, tmp_path):
  result = report(*arguments, cwd=tmp_path)
  assert (result.returncode, result.stdout) == (1, '')
  assert result.stderr == message


def test_unwritable_output_is_one_line(run_dir, tmp_path):
  result = report(f'--model_dir={run_dir}', '--output=missing/page.html', cwd=tmp_path)
  assert (result.returncode, result.stdout) == (1, '')
  assert result.stderr.endswith(
      'ERROR: --output=missing/page.html: there is no folder missing.\n'
  )
  assert 'Traceback' not in result.stderr


def test_help_describes_the_flags():
  result = report('--help')
  for flag in ('--model_dir:', '--output', '--[no]compare'):
    assert flag in result.stdout
