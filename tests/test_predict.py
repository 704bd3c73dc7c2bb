"""The `predict` command, run as a process."""

import contextlib
import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import psutil
import pytest
from conftest import run_python
from runs import train

from trax_twitter_sentiment import __version__

COMMAND = ('-m', 'trax_twitter_sentiment.predict')


@pytest.fixture
def predict(run_dir):
  def run(*arguments, **options):
    return run_python(*COMMAND, f'--model_dir={run_dir}', *arguments, **options)

  return run


def test_arguments_are_predicted_in_order(predict):
  result = predict('so sad :(', 'lovely :)', '')
  assert result.returncode == 0
  lines = result.stdout.splitlines()
  assert [line.split()[0] for line in lines[:2]] == ['negative', 'positive']
  assert lines[0].endswith('so sad :(')
  assert '(no token)' in lines[2]
  assert result.stderr == ''


def test_lines_of_standard_input_are_predicted(predict):
  result = predict('--format=tsv', input=b'so sad :(\n\nlovely\t:)\x1b[31m\n')
  header, *rows = (line.split('\t') for line in result.stdout.splitlines())
  assert header[:3] == ['label', 'name', 'sentiment']
  assert header[3:5] == ['p_negative', 'p_positive']
  assert all(row[1] == row[2] for row in rows)
  assert [row[0] for row in rows] == ['0', rows[1][0], '1']
  assert rows[1][3:6] == ['', '', '0']
  assert sum(map(float, rows[0][3:5])) == pytest.approx(1)
  assert rows[2][6] == 'lovely\\t:)\\x1b[31m'


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('a.csv', 'n,tweet\n1,"so sad\n:("\n2,lovely :)\n'),
        ('a.tsv', 'tweet\tn\nso sad :(\t1\nlovely :)\t2\n'),
        ('a.jsonl', '{"tweet": "so sad :("}\n{"tweet": "lovely :)"}\n'),
    ],
)
def test_column_of_a_file_is_predicted(predict, tmp_path, name, content):
  (tmp_path / name).write_text(content)
  result = predict(f'--input={tmp_path / name}', '--column=tweet', '--format=jsonl')
  rows = [json.loads(line) for line in result.stdout.splitlines()]
  assert [row['label'] for row in rows] == [0, 1]
  assert rows[1]['tokens'] == ['love', ':)']
  assert rows[1]['text'] == 'lovely :)'


def test_several_processes_write_the_output_of_one(predict):
  lines = ''.join(f'tweet {i} {":)" if i % 3 else ":("}\n' for i in range(5000))
  one = predict('--format=tsv', input=lines.encode())
  three = predict('--format=tsv', '--processes=3', input=lines.encode())
  assert len(one.stdout.splitlines()) == 5001
  assert three.stdout == one.stdout


def test_shares_and_bias_add_up_to_the_log_odds(predict):
  result = predict('--explain', '--format=jsonl', 'so sad but lovely')
  row = json.loads(result.stdout)
  negative, positive = row['log_probabilities']
  total = sum(row['shares']) + row['bias']
  assert total == pytest.approx(positive - negative, abs=1e-5)
  text = predict('--explain', 'so sad').stdout
  assert 'sad' in text.splitlines()[1]
  assert '\x1b' not in text


def _in_a_terminal(arguments, **environment):
  """Runs `predict` in a terminal; returns its output."""
  controller, terminal = pty.openpty()
  with subprocess.Popen(
      [sys.executable, *COMMAND, *arguments],
      stdout=terminal,
      stderr=subprocess.DEVNULL,
      stdin=subprocess.DEVNULL,
      env={**os.environ, **environment},
  ):
    os.close(terminal)
    output = b''
    try:
      while piece := os.read(controller, 65536):
        output += piece
    except OSError:  # The terminal's last writer has gone.
      pass
  os.close(controller)
  return output.decode()


def test_terminal_shows_colours_unless_no_color_is_set(run_dir):
  arguments = [f'--model_dir={run_dir}', '--explain', 'so sad :(']
  coloured = _in_a_terminal(arguments, NO_COLOR='')
  first, *_ = coloured.splitlines()
  for word in ('sad', ':('):  # The line of the text marks both words.
    assert re.search(rf'\x1b\[(1;)?31m{re.escape(word)}\x1b\[0m', first), first
  assert '\x1b' not in _in_a_terminal(arguments, NO_COLOR='1')


# Seconds to wait for a text in the terminal.
_TIMEOUT = 60


class _Terminal:
  """A `predict` process whose standard streams are a terminal."""

  def __init__(self, *arguments):
    self._controller, terminal = pty.openpty()
    self.process = subprocess.Popen(
        [sys.executable, *COMMAND, *arguments],
        stdin=terminal, stdout=terminal, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    self.shown = ''
    self._n_found = 0  # The number of characters up to the last text that was found.

  def type(self, keys):
    os.write(self._controller, keys.encode())

  def wait_for(self, text):
    """Reads until a text is shown, after the last text that was waited for."""
    while (start := self.shown.find(text, self._n_found)) < 0:
      readable, _, _ = select.select([self._controller], [], [], _TIMEOUT)
      assert readable, f'no {text!r} in {self.shown!r}'
      self.shown += os.read(self._controller, 65536).decode()
    self._n_found = start + len(text)

  def end(self):
    """Reads the rest of the output; returns the exit status."""
    with contextlib.suppress(OSError):  # The process has ended.
      while select.select([self._controller], [], [], _TIMEOUT)[0]:
        self.shown += os.read(self._controller, 65536).decode()
    os.close(self._controller)
    return self.process.wait(_TIMEOUT)


def test_hint_in_a_terminal_describes_the_input(run_dir):
  terminal = _Terminal(f'--model_dir={run_dir}')
  terminal.wait_for('--help')
  for hint in ('Ctrl-D', 'arguments', '--interactive', '--input=FILE'):
    assert hint in terminal.shown
  terminal.type('so sad :(\nlovely :)\n\x04')
  assert terminal.end() == 0
  assert 'B/s' not in terminal.shown
  assert terminal.shown.index('negative') < terminal.shown.index('positive')


def test_interrupted_interactive_session_ends_its_line(run_dir):
  terminal = _Terminal(f'--model_dir={run_dir}', '--interactive')
  terminal.wait_for('> ')
  terminal.type('lovely :)\n')
  terminal.wait_for('(log-odds)')
  terminal.wait_for('> ')
  time.sleep(0.5)  # Between its prompt and its wait, `input` misses a signal.
  terminal.process.send_signal(signal.SIGINT)
  assert terminal.end() == 130
  assert terminal.shown.endswith('\n')
  assert 'Traceback' not in terminal.shown


def test_interactive_explains_each_line(predict):
  result = predict('--interactive', input=b'so sad :(\nlovely :)\n')
  assert (result.returncode, result.stderr) == (0, '')
  sad, lovely = result.stdout.split('> ')[1:3]
  assert sad.startswith('negative')
  assert lovely.startswith('positive')
  assert [line.split()[-1] for line in lovely.splitlines()[1:]] == [
      'love', ':)', '(bias)', '(log-odds)',
  ]  # fmt: skip


def test_interactive_excludes_arguments(predict):
  result = predict('--interactive', 'a text')
  assert result.returncode == 1
  assert result.stderr == (
      'ERROR: --interactive excludes texts, --input and --output.\n'
  )


@pytest.mark.parametrize('command', ['predict', 'evaluate', 'report', 'trainer'])
def test_version_requires_no_other_flag(command):
  result = run_python('-m', f'trax_twitter_sentiment.{command}', '--version')
  assert (result.returncode, result.stderr) == (0, '')
  assert result.stdout == f'trax_twitter_sentiment {__version__}\n'


def test_lines_that_are_not_utf8_are_counted_and_predicted(predict):
  result = predict(input=b'lovely \xff :)\nso sad :(\n\xfe\n')
  assert result.returncode == 0
  assert len(result.stdout.splitlines()) == 3
  assert 'WARNING: 2 lines were not UTF-8' in result.stderr


def test_texts_that_are_cut_off_are_counted(predict):
  result = predict(input=b'good ' * 20_000 + b'\n:)\n')
  assert result.returncode == 0
  assert 'WARNING: 1 text has more than 65,536 characters.' in result.stderr


def test_closed_pipe_ends_quietly(run_dir):
  lines = b'lovely day :)\n' * 200_000
  for processes in (1, 2):
    command = [sys.executable, *COMMAND, f'--model_dir={run_dir}']
    with subprocess.Popen(
        [*command, f'--processes={processes}'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
      process.stdout.close()
      try:
        process.stdin.write(lines)
        process.stdin.close()
      except BrokenPipeError:
        pass
      assert process.stderr.read() == b''
    assert process.returncode == 141


@pytest.mark.parametrize('format_', ['text', 'tsv', 'csv', 'jsonl'])
def test_output_file_equals_standard_output(predict, tmp_path, format_):
  lines = 'lovely café :)\nso sad :(\n\n'.encode()
  # The encoding of standard output affects text, but not data formats.
  encoding = 'utf-8' if format_ == 'text' else 'ascii'
  expected = predict(f'--format={format_}', input=lines, PYTHONIOENCODING=encoding)
  path = tmp_path / 'scored'
  result = predict(f'--format={format_}', f'--output={path}', input=lines)
  assert (result.returncode, result.stdout, result.stderr) == (0, '', '')
  assert path.read_text(encoding='utf-8') == expected.stdout
  assert [*tmp_path.iterdir()] == [path]


def test_rows_before_a_mistake_are_in_the_partial_file(predict, tmp_path):
  (tmp_path / 'a.csv').write_text('id,text\n1,lovely :)\n2\n')
  output = tmp_path / 'scored.tsv'
  result = predict(
      f'--input={tmp_path}/a.csv', '--format=tsv', f'--output={output}'
  )
  assert result.returncode == 1
  partial = tmp_path / 'scored.tsv.partial'
  assert f'{partial} contains the incomplete output.' in result.stderr
  assert not output.exists()
  assert partial.read_text().splitlines()[1].endswith('lovely :)\t1')


def test_character_that_the_output_cannot_encode_is_escaped(predict, tmp_path):
  result = predict('café :)', PYTHONIOENCODING='ascii')
  assert result.returncode == 0
  assert result.stdout.endswith(r'caf\xe9 :)' + '\n')
  (tmp_path / 'a.jsonl').write_text(r'{"text": "half \ud83d :)"}')
  for format_ in ('text', 'tsv', 'csv', 'jsonl'):
    result = predict(f'--input={tmp_path}/a.jsonl', f'--format={format_}')
    assert result.returncode == 0, result.stderr
    expected = 'half ? :)' if format_ == 'csv' else r'half \ud83d :)'
    assert expected in result.stdout


def test_keep_all_keeps_columns_and_numbers_rows(predict, tmp_path):
  (tmp_path / 'a.csv').write_text('id,label,text\n7,x,so sad :(\n8,y,\n')
  command = [f'--input={tmp_path}/a.csv', '--format=csv']
  rows = [*csv.DictReader(io.StringIO(predict(*command, '--keep_all').stdout))]
  assert [row['id'] for row in rows] == ['7', '8']
  assert [row['input_label'] for row in rows] == ['x', 'y']
  assert [(row['row'], row['label'], row['name']) for row in rows] == [
      ('1', '0', 'negative'),
      ('2', '', 'no text'),
  ]


@pytest.mark.parametrize('format_', ['tsv', 'csv', 'jsonl'])
def test_kept_columns_with_names_of_fields_are_renamed(predict, tmp_path, format_):
  (tmp_path / 'a.jsonl').write_text(
      '{"text": "so sad :(", "label": 1, "input_label": 2, "input_label_": 3}\n'
  )
  command = [f'--input={tmp_path}/a.jsonl', '--keep_all', f'--format={format_}']
  output = predict(*command).stdout
  if format_ == 'jsonl':
    row = json.loads(output)
  else:
    (row,) = csv.DictReader(
        io.StringIO(output), delimiter='\t' if format_ == 'tsv' else ','
    )
  names = 'label', 'input_label', 'input_input_label', 'input_label_'
  assert [str(row[name]) for name in names] == ['0', '1', '2', '3']


def test_kept_nan_is_null_or_an_empty_cell(predict, tmp_path):
  content = '{"text": "hi", "x": NaN, "y": [1, {"z": -Infinity}]}'
  (tmp_path / 'a.jsonl').write_text(content)
  command = [f'--input={tmp_path}/a.jsonl', '--keep_all']
  output = predict(*command, '--format=jsonl').stdout
  assert '"x": null, "y": [1, {"z": null}]' in output
  output = predict(*command, '--format=tsv').stdout
  assert output.endswith('\t\t[1, {"z": null}]\n')


def test_columns_of_a_table_are_those_of_the_first_row(predict, tmp_path):
  (tmp_path / 'a.jsonl').write_text(
      '{"text": "a", "x": 1, "y": 2}\n{"y": 3, "text": "b"}\n{"z": 4, "text": "c"}\n'
  )
  command = [f'--input={tmp_path}/a.jsonl', '--keep_all']
  result = predict(*command, '--format=csv')
  assert result.returncode == 1
  assert "a.jsonl, line 3: the first row has no column 'z'" in result.stderr
  rows = [*csv.DictReader(io.StringIO(result.stdout))]
  assert [(row['x'], row['y']) for row in rows] == [('1', '2'), ('', '3')]
  kept = [*map(json.loads, predict(*command, '--format=jsonl').stdout.splitlines())]
  assert [(row.get('x'), row.get('y'), row.get('z')) for row in kept] == [
      (1, 2, None), (None, 3, None), (None, None, 4),
  ]  # fmt: skip


def test_rows_before_a_malformed_one_are_written(predict, tmp_path):
  (tmp_path / 'a.csv').write_text('id,text\n1,lovely :)\n2,so sad :(\n3\n4,good\n')
  for processes in (1, 2):
    command = [f'--input={tmp_path}/a.csv', '--format=tsv', f'--processes={processes}']
    result = predict(*command)
    assert result.returncode == 1
    assert [row.split('\t')[0] for row in result.stdout.splitlines()[1:]] == ['1', '0']
    (line,) = result.stderr.splitlines()
    assert 'a.csv, line 4: 1 columns, but the header has 2' in line
  result = predict(*command, '--on_malformed=skip')
  assert result.returncode == 0
  assert [row.split('\t')[-1] for row in result.stdout.splitlines()[1:]] == [
      '1', '2', '4',
  ]  # fmt: skip
  assert '4 rows read, 1 skipped' in result.stderr


def test_missing_texts_and_unsure_predictions_have_no_label(predict, tmp_path):
  (tmp_path / 'a.jsonl').write_text('{"text": null}\n{"text": " "}\n{"text": "zq"}\n')
  command = [f'--input={tmp_path}/a.jsonl', '--format=jsonl', '--min_probability=0.999']
  rows = [json.loads(line) for line in predict(*command).stdout.splitlines()]
  assert [row['name'] for row in rows] == ['no text', 'no text', 'unsure']
  assert [row['sentiment'] for row in rows] == [row['name'] for row in rows]
  assert [row['label'] for row in rows] == [None] * 3
  assert rows[2]['n_known'] == 0
  assert '(no known token)' in predict('zq').stdout


def test_text_may_begin_with_a_dash(predict):
  assert predict('--', '-so sad :(').stdout.startswith('negative')


def test_full_disk_is_an_error_of_one_line(run_dir):
  command = [sys.executable, *COMMAND, f'--model_dir={run_dir}', '--format=tsv']
  with open('/dev/full', 'wb') as full:
    result = subprocess.run(
        command,
        check=False,
        input=b'good\n' * 9000,
        stdout=full,
        stderr=subprocess.PIPE,
    )
  assert result.returncode == 1
  assert result.stderr == b'ERROR: standard output: No space left on device.\n'


def test_output_to_an_input_file_is_refused(predict, tmp_path):
  path = tmp_path / 'a.txt'
  path.write_text('good\n')
  result = predict(f'--input={path}', f'--output={tmp_path}/./a.txt')
  assert (result.returncode, path.read_text()) == (1, 'good\n')
  assert 'is an input, which would be lost' in result.stderr


@pytest.fixture
def two_processes(run_dir):
  """Yields a running `predict --processes=2` and its worker processes."""
  command = [sys.executable, *COMMAND, f'--model_dir={run_dir}', '--processes=2']
  with subprocess.Popen(
      command,
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
  ) as process:
    process.stdin.write(b'lovely day :)\n' * 5_000)
    process.stdin.flush()
    process.stdout.readline()
    workers = [
        child
        for child in psutil.Process(process.pid).children()
        if 'parallel.work()' in ' '.join(child.cmdline())
    ]
    assert len(workers) == 2
    yield process, workers
    process.kill()


def test_killed_worker_is_an_error_of_one_line(two_processes):
  process, workers = two_processes
  workers[0].kill()
  _, errors = process.communicate()
  assert process.returncode == 1
  assert errors.startswith(b'ERROR: A worker process was killed')
  assert len(errors.splitlines()) == 1


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_worker_outlives_its_parent(two_processes, number):
  process, workers = two_processes
  process.send_signal(number)
  process.wait()
  _, alive = psutil.wait_procs(workers, timeout=20)
  assert not alive


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(run_dir):
  code = (
      'import resource, sys; from trax_twitter_sentiment import predict; '
      'from trax_twitter_sentiment import cli\n'
      'def main(texts):\n'
      '  predict.main(texts)\n'
      '  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n'
      '  print(peak, file=sys.stderr)\n'
      'cli.run(main)'
  )
  peaks = []
  for n_lines in (10_000, 100_000):
    lines = ''.join(f'word{i % 7919} and a lovely day :)\n' for i in range(n_lines))
    result = run_python('-c', code, f'--model_dir={run_dir}', input=lines.encode())
    assert len(result.stdout.splitlines()) == n_lines
    peaks.append(int(result.stderr))
  assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--model_dir=/nowhere', 'hi'], "model_dir='/nowhere' is not a directory"),
        (['--input=/nowhere.csv'], '/nowhere.csv: No such file'),
        (['--input=/nowhere.csv', 'hi'], 'as arguments or as --input, not both'),
        (['--explain', '--format=tsv', 'hi'], '--explain requires --format=text'),
        (['--keep=id', 'hi'], '--keep requires a --format of tsv, csv, jsonl'),
        (['--format=tsv', '--keep=id', 'hi'], 'arguments have no columns'),
        (['--encoding=cp1252', 'hi'], '--encoding has no effect on texts that are'),
        (['--column=a', '--interactive'], '--column has no effect with --interactive'),
        (['--interactive', '--format=csv'], '--interactive excludes --format=csv'),
        (['--ray_address=auto', 'hi'], '--ray_address requires --engine=ray'),
        (['--encoding=utf-9'], "--encoding='utf-9' is not a text encoding"),
    ],
)
def test_mistake_in_the_command_is_one_line(predict, arguments, message):
  result = predict(*arguments)
  assert result.returncode == 1
  (line,) = result.stderr.splitlines()
  assert line.startswith('ERROR: ')
  assert message in line
  assert result.stdout == ''


def test_missing_column_is_an_error_of_one_line(predict, tmp_path):
  (tmp_path / 'a.csv').write_text('body\nhi\n')
  result = predict(f'--input={tmp_path / "a.csv"}')
  assert result.returncode == 1
  assert "no column 'text'; the columns are 'body'" in result.stderr
  assert len(result.stderr.splitlines()) == 1


@pytest.mark.slow
def test_other_models_are_predicted_by_trax_with_one_remark(tmp_path):
  train(tmp_path, config='twitter_gru.gin')
  result = run_python(
      '-m', 'trax_twitter_sentiment.predict', f'--model_dir={tmp_path}', 'lovely :)'
  )
  assert result.stdout.endswith('%  lovely :)\n')
  (line,) = result.stderr.splitlines()
  assert 'so Trax loads the model of its config.gin' in line


def test_help_describes_the_flags():
  result = run_python(*COMMAND, '--help')
  for flag in ('--model_dir', '--input', '--column', '--format', '--processes'):
    assert flag in result.stdout
