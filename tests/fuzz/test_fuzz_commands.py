"""Hostile texts and files as input of the commands."""

import json
import os
import pathlib
import pty
import re
import subprocess
import sys

import forked
import pytest
from fuzzing import changed_json, replace_file, run_briefly, tokenizer, write_run

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.run.corpus_record import CorpusRecord
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.run import CORPUS_FILE, MODEL_FILE, TOKENIZER_FILE

_MODULE = 'trax_twitter_sentiment'

# Control characters and direction marks, which terminals interpret.
_HOSTILE = (
  '\x1b[31m red \x1b]0;title\x07 \x9b31m \r over \x08\x7f \u202e rtl \u2066 \ufeff '
  '\u200b \u2028 \ud800'
)
_UNSAFE = re.compile(
  '[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]'
)


@pytest.fixture
def folder(tmp_path):
  write_run(str(tmp_path))
  return tmp_path


def predict(folder, *arguments, input=b''):
  command = ('-m', f'{_MODULE}.predict', f'--model_dir={folder}', *arguments)
  result = run_briefly(*command, input=input)
  assert b'Traceback' not in result.stderr
  for output in (result.stdout, result.stderr):
    assert not _UNSAFE.search(output.decode())  # decode() also checks for UTF-8.
  return result


@pytest.mark.parametrize('format_', ['text', 'tsv', 'jsonl'])
def test_control_characters_of_texts_are_escaped(folder, format_):
  lines = [_HOSTILE, 'a\x01b', '\x1b' * 100, '<b>', "'; rm -rf /"]
  content = '\n'.join(lines).encode('utf-8', 'surrogatepass') + b'\n\xff\xfe\x80 x\n'
  result = predict(folder, f'--format={format_}', input=content)
  assert result.returncode == 0
  n_lines = len(lines) + 1 + (format_ == 'tsv')
  assert len(result.stdout.splitlines()) == n_lines
  # One line contains a lone surrogate, the other one invalid bytes.
  assert b'2 lines were not UTF-8' in result.stderr


def test_control_characters_of_tokens_are_escaped(folder):
  arguments = ['--explain', f'good{_HOSTILE[:-1]}', 'e\u0301\ufe0f\U000e0001', '\udcff']
  assert predict(folder, *arguments).returncode == 0


def test_terminal_gets_no_escape_sequences_except_colours(folder):
  reader, writer = pty.openpty()
  arguments = [f'--model_dir={folder}', '--explain', _HOSTILE[:-1], 'good :) \x1b[2J']
  with subprocess.Popen(
    [sys.executable, '-m', f'{_MODULE}.predict', *arguments],
    stdout=writer,
    stderr=subprocess.PIPE,
  ) as process:
    os.close(writer)
    output = b''
    try:
      while part := os.read(reader, 2**16):
        output += part
    except OSError:  # os.read raises it at the end of the output.
      pass
    assert process.wait() == 0
  os.close(reader)
  shown = re.sub('\x1b\\[(1;)?3[12]m|\x1b\\[0m|\r\n', '', output.decode())
  assert 'good' in shown
  assert not _UNSAFE.search(shown)


def test_huge_line_is_predicted_and_an_endless_line_is_refused(folder):
  result = predict(folder, '--format=tsv', input=b'good ' * 2**18 + b'\nbad')
  assert result.returncode == 0
  assert [line.split(b'\t')[5] for line in result.stdout.splitlines()[1:]] == [
    # Only the first 65,536 characters are read.
    b'13108',
    b'1',
  ]
  result = predict(folder, input=b'a' * 2**23)
  assert result.returncode == 1
  assert b'standard input, line 1: longer than' in result.stderr
  result = predict(folder, '--input=/dev/zero')
  assert result.returncode == 1
  assert b'/dev/zero contains NUL bytes' in result.stderr


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_long_lines(folder):
  code = (
    'import re, sys; from absl import app; '
    f'from {_MODULE} import predict, cli\n'
    'def main(arguments):\n'
    '  predict.main(arguments[1:])\n'
    '  status = open("/proc/self/status").read()\n'
    '  print(re.search(r"VmHWM:\\s*(\\d+) kB", status)[1], file=sys.stderr)\n'
    'app.run(main)'
  )
  line = b'h' * 2**20 + b'\n'
  arguments = ('-c', code, f'--model_dir={folder}', '--format=tsv')
  few, many = (
    int(run_briefly(*arguments, input=line * n).stderr.split()[-1]) for n in (4, 24)
  )  # In KiB.
  assert many - few < 2**14


@pytest.mark.parametrize(
  ('name', 'content', 'message'),
  [
    ('a.csv', b'"' + b'a' * 200_000, 'a.csv, line 1: a quote without a closing'),
    ('a.csv', b'\x1b[31m,b\n1,2\n', "a.csv, line 1: no column 'text'"),
    ('a.jsonl', b'{"\\u001b[31m": 1}\n', "a.jsonl, line 1: no column 'text'"),
    ('a.jsonl', b'[' * 99_999, 'a.jsonl, line 1: not JSON'),
  ],
)
def test_malformed_file_is_an_error_of_one_line(folder, name, content, message):
  path = folder / name
  path.write_bytes(content)
  result = predict(folder, f'--input={path}')
  assert result.returncode == 1
  (line,) = result.stderr.decode().splitlines()
  assert line.startswith('ERROR: ') and message in line


@pytest.mark.parametrize(
  ('name', 'content'),
  [
    (MODEL_FILE, b'{"format": 1, "\\u001b[31m": 1}'),
    (TOKENIZER_FILE, b'\x1b[31m'),
    (TOKENIZER_FILE, changed_json(tokenizer().to_json(), {'settings': {'\x1b': 1}})),
  ],
)
def test_damaged_run_is_an_error_of_one_line(folder, name, content):
  replace_file(folder, name, content)
  result = predict(folder, 'good')
  assert (result.returncode, result.stdout) == (1, b'')
  (line,) = result.stderr.decode().splitlines()
  assert line.startswith('ERROR: ') and name in line


def test_control_characters_of_a_folder_name_are_escaped(tmp_path):
  folder = tmp_path / 'run\x1b[31m\nline'
  folder.mkdir()
  result = predict(folder, 'good')
  assert result.returncode == 1
  assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize('name', ['os.system', '../../etc', '%s', '@f()', 'nltk\n'])
@pytest.mark.parametrize('module', ['evaluate', 'report'])
def test_corpus_record_that_names_foreign_code_is_refused(folder, module, name):
  recipe = {'configurable': name, 'arguments': {}}
  record = CorpusRecord.of(TwitterCorpus('sample')).to_json()
  replace_file(folder, CORPUS_FILE, changed_json(record, {'recipe': recipe}))
  before = sorted(folder.iterdir())
  command = ('-m', f'{_MODULE}.{module}', f'--model_dir={folder}')
  result = forked.run(*command, timeout=120)
  assert result.returncode == 1
  line = result.stderr.splitlines()[-1]  # Matplotlib may report its cache first.
  assert line.startswith('ERROR: The corpus of ')
  assert 'is not one of GroupedCorpus' in line
  assert sorted(folder.iterdir()) == before


def test_texts_without_labels_are_refused_by_evaluate(folder):
  (folder / 'a.txt').write_text('good\n')
  result = run_briefly(
    '-m', f'{_MODULE}.evaluate', f'--model_dir={folder}', f'--input={folder}/a.txt'
  )
  assert result.returncode == 1
  (line,) = result.stderr.decode().splitlines()
  assert line.startswith('ERROR: ') and 'is read as one text per line' in line


def test_config_of_a_twitter_classifier_is_shown_but_not_executed(folder):
  # Other models are built from their config.gin, so it is executed (see below).
  code = "import pathlib; pathlib.Path(__file__).with_name('proof').touch()\n"
  (folder / 'evil.py').write_text(code)
  config = "import evil\ninclude '/etc/hostname'\ntrain.model = @evil.model\n"
  (folder / 'config.gin').write_text(config)
  before = {*folder.iterdir()}
  for arguments in (
    ('predict', 'good'),
    ('evaluate', '--format=json'),
    ('report', f'--output={folder}/report.html'),
  ):
    module, *rest = arguments
    command = ('-m', f'{_MODULE}.{module}', f'--model_dir={folder}', *rest)
    result = forked.run(*command, cwd=folder, timeout=120)
    assert result.returncode == 0, result.stderr
  page = folder / 'report.html'
  assert 'import evil' in page.read_text()
  assert {*folder.iterdir()} == {*before, page}


def test_report_replaces_a_symbolic_link_but_not_its_target(folder, tmp_path):
  target = pathlib.Path(f'{tmp_path}_target')
  target.write_text('mine')
  (folder / 'report.html').symlink_to(target)
  command = ('-m', f'{_MODULE}.report', f'--model_dir={folder}')
  result = forked.run(*command, timeout=120)
  assert result.returncode == 0, result.stderr
  assert target.read_text() == 'mine'
  assert not (folder / 'report.html').is_symlink()


def test_each_prediction_is_one_line_of_json(folder):
  texts = ['\x01', '\ud800', '"\\', '\u2028', 'good :)']
  result = predict(
    folder, '--format=jsonl', input='\n'.join(texts).encode('utf-8', 'surrogatepass')
  )
  for line in result.stdout.splitlines():
    assert set(json.loads(line)) >= {'text', 'label', 'tokens'}


@pytest.mark.parametrize(
    ('config', 'message'),
    [
        ('import evil', "imports evil, which is code in the run's own folder"),
        ('import evil.more', 'imports evil.more, which is code'),
        ("include '/etc/hostname'", "includes '/etc/hostname', which is refused"),
        ('x = (', 'is not a gin file'),
    ],
)
def test_config_that_imports_code_of_the_run_is_refused(folder, config, message):
  # The model is not a `TwitterClassifier`, so predict would execute config.gin.
  code = "import pathlib; pathlib.Path(__file__).with_name('proof').touch()\n"
  (folder / 'evil.py').write_text(code)
  model = ModelInfo(None, 9).to_json().encode()
  replace_file(folder, MODEL_FILE, model)
  (folder / 'config.gin').write_text(f'{config}\n')
  command = ('-m', f'{_MODULE}.predict', f'--model_dir={folder}', 'good')
  result = forked.run(*command, cwd=folder, timeout=120)
  assert result.returncode == 1
  assert message in result.stderr
  assert not (folder / 'proof').exists()
