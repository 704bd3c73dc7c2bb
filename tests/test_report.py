"""The command `report`."""

import pytest
from conftest import run_python
from runs import train


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


def test_run_that_was_moved_without_its_data_is_reported_on_other_texts(tmp_path):
  data = tmp_path / 'a.csv'
  data.write_text('text,label\n' + 'good day,1\nbad day,0\n' * 20)
  train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{data}'",
      'TwitterBatches.batch_size=4',
      'validation_batch_size=4',
      config='text_file.gin',
  )
  data.rename(tmp_path / 'b.csv')
  result = report(f'--model_dir={tmp_path}/run')
  assert result.returncode == 1
  assert '--input' in result.stderr
  result = report(f'--model_dir={tmp_path}/run', f'--input={tmp_path}/b.csv')
  assert result.returncode == 0, result.stderr
  page = (tmp_path / 'run' / 'report.html').read_text()
  assert 'Evaluated on 40 texts' in page
  assert 'logistic regression' not in page  # Its training texts are not available.


def test_open_starts_the_browser(run_dir, tmp_path):
  browser = tmp_path / 'browser'
  browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
  browser.chmod(0o755)
  path = tmp_path / 'a page.html'
  result = report(
      f'--model_dir={run_dir}', f'--output={path}', '--open', BROWSER=f'{browser} %s'
  )
  assert result.returncode == 0, result.stderr
  assert (tmp_path / 'opened').read_text() == f'{path.as_uri()}\n'


def test_page_goes_to_a_pipe(run_dir):
  result = report(f'--model_dir={run_dir}', '--output=/dev/stdout')
  assert result.returncode == 0, result.stderr
  assert result.stdout.startswith('<!DOCTYPE html>')
  assert result.stdout.endswith('</html>\n')


def test_help_is_shown():
  result = report('--help')
  for flag in ('--model_dir:', '--output', '--[no]compare', '--[no]open', '--input'):
    assert flag in result.stdout
