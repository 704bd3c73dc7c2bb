"""Files by URL, read and written by commands through a real S3 server."""

import gzip
import io
import json
import math
import os
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import LAUNCHER, run_python
from object_storage import CuttingProxy

from trax_twitter_sentiment import remote
from trax_twitter_sentiment.corpora import text_files
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables import input_files
from trax_twitter_sentiment.tables.table_reader import TableReader

PREDICT = ('-m', 'trax_twitter_sentiment.predict')
EVALUATE = ('-m', 'trax_twitter_sentiment.evaluate')
REPORT = ('-m', 'trax_twitter_sentiment.report')
# The files that prediction reads.
READ = ('tokenizer.json', 'vocabulary.json', 'model.json', 'model.weights.npy.gz')
ROWS = [('so sad :(', 'negative'), ('lovely :)', 'positive')] * 5000


@pytest.fixture(scope='module')
def inputs(storage):
  """Uploads 20,000 rows as CSV, compressed CSV and Parquet; returns a pattern."""
  csv = ''.join(f'"{text} {i}",{label}\n' for i, (text, label) in enumerate(ROWS))
  content = f'text,label\n{csv}'.encode()
  table = io.BytesIO()
  texts, labels = zip(*ROWS)
  pq.write_table(pa.table({'text': texts, 'label': labels}), table)
  storage.put('in/a.csv', content)
  storage.put('in/b.csv.gz', gzip.compress(content))
  storage.put('in/c.parquet', table.getvalue())
  return 's3://tweets/in/*.*'


@pytest.fixture(scope='module')
def remote_run(storage, run_dir):
  """Uploads the files of a run; returns the URL of its folder."""
  return storage.put_folder('run', run_dir)


@pytest.fixture
def connected(storage, monkeypatch):
  """Connects this process with the server."""
  for name, value in storage.environment.items():
    monkeypatch.setenv(name, value)
  return storage


def _copies(storage, folder):
  """Downloads the inputs; returns a pattern."""
  for key in storage.keys('in/'):
    (folder / key.removeprefix('in/')).write_bytes(storage.get(key))
  return f'{folder}/*.*'


def _run(storage, *command, **environment):
  return run_python(*command, **storage.environment | environment)


def test_remote_files_are_predicted_as_local_files_are(
    storage, inputs, remote_run, run_dir, tmp_path
):
  options = '--format=csv', '--keep=label'
  result = _run(
      storage, *PREDICT, f'--model_dir={remote_run}', f'--input={inputs}',
      '--output=s3://tweets/out/scored.csv', *options,
  )  # fmt: skip
  assert (result.returncode, result.stdout) == (0, '')
  assert result.stderr == '30,000 rows read, 0 skipped.\n'
  local = f'--model_dir={run_dir}', f'--input={_copies(storage, tmp_path)}'
  expected = run_python(*PREDICT, *local, *options)
  assert storage.get('out/scored.csv').decode() == expected.stdout
  assert storage.unfinished_uploads() == []
  assert storage.read_keys('run/') == {f'run/{name}' for name in READ}


@pytest.mark.slow
def test_command_that_fails_or_is_killed_leaves_no_output(storage, remote_run):
  lines = [json.dumps({'text': f'so sad {i} ' * 20}) + '\n' for i in range(20_000)]
  url = storage.put('malformed.jsonl', ''.join([*lines, '{"text": \n']).encode())
  command = [
      sys.executable, *PREDICT, f'--model_dir={remote_run}', f'--input={url}',
      '--output=s3://tweets/out/malformed.jsonl', '--format=jsonl',
  ]  # fmt: skip
  # The output is uploaded in parts of 5 MiB, and several are complete at the error.
  parts = {'FSSPEC_S3': json.dumps({'default_block_size': 5 * 2**20})}
  started = {
      'env': {**os.environ, **storage.environment, **parts},
      'stderr': subprocess.PIPE,
      'text': True,
  }
  with subprocess.Popen(command, **started) as failing:
    _wait_for_an_upload(storage, failing)
    _, stderr = failing.communicate()
  assert (failing.returncode, stderr) == (1, f'ERROR: {url}, line 20001: not JSON.\n')
  assert storage.keys('out/malformed') == []
  assert storage.unfinished_uploads() == []
  with subprocess.Popen(command, **started) as killed:
    _wait_for_an_upload(storage, killed)
    killed.kill()
  assert storage.keys('out/malformed') == []


def _wait_for_an_upload(storage, process):
  while not storage.unfinished_uploads():
    assert process.poll() is None
    time.sleep(0.02)


@pytest.mark.slow
def test_connection_that_is_cut_is_retried(
    storage, inputs, remote_run, run_dir, tmp_path
):
  with CuttingProxy(storage.address, n_cuts=3) as proxy:
    result = _run(
        storage, *PREDICT, f'--model_dir={remote_run}', f'--input={inputs}',
        '--output=s3://tweets/out/retried.csv', '--format=csv',
        AWS_ENDPOINT_URL=proxy.url,
    )  # fmt: skip
    assert proxy.n_cuts < 0
  assert (result.returncode, result.stderr) == (0, '30,000 rows read, 0 skipped.\n')
  local = f'--model_dir={run_dir}', f'--input={_copies(storage, tmp_path)}'
  expected = run_python(*PREDICT, *local, '--format=csv')
  assert storage.get('out/retried.csv').decode() == expected.stdout


@pytest.mark.slow
def test_connection_that_is_always_cut_is_named(storage, inputs, run_dir):
  command = [*PREDICT, f'--model_dir={run_dir}', '--format=csv']
  output = '--output=s3://tweets/out/cut.csv'
  with CuttingProxy(storage.address, n_cuts=math.inf) as proxy:
    endpoint = {'AWS_ENDPOINT_URL': proxy.url}
    reading = _run(storage, *command, f'--input={inputs}', output, **endpoint)
    lines = b'so sad\n' * 10_000
    writing = run_python(
        *command, output, input=lines, **storage.environment | endpoint
    )
  assert (reading.returncode, writing.returncode) == (1, 1)
  assert reading.stderr.startswith('ERROR: s3://tweets/in/a.csv: ')
  assert writing.stderr.startswith('ERROR: --output=s3://tweets/out/cut.csv: ')
  for result in (reading, writing):
    assert result.stderr.count('\n') == 1
  assert storage.keys('out/cut') == []


def test_http_is_read_and_retried(connected, run_dir):
  content = b'text\n' + b'so sad\n' * 50_000
  connected.put('public/a.csv', content, ACL='public-read')
  with CuttingProxy(connected.address, n_cuts=2) as proxy:
    reader = TableReader([f'{proxy.url}/tweets/public/a.csv'])
    assert sum(record.values == ('so sad',) for record in reader) == 50_000
    assert proxy.n_cuts < 0
  url = f'{connected.url}/tweets/public/a.csv?versionId=null'
  assert input_files.expand([url]) == [url]
  with pytest.raises(UserError, match=rf'{connected.url}/tweets/none.csv: '):
    next(iter(TableReader([f'{connected.url}/tweets/none.csv'])))


@pytest.mark.slow
def test_evaluation_and_report_of_remote_files(
    storage, inputs, remote_run, run_dir, tmp_path
):
  local = f'--model_dir={run_dir}', f'--input={_copies(storage, tmp_path)}'
  remote_arguments = f'--model_dir={remote_run}', f'--input={inputs}'
  expected = json.loads(run_python(*EVALUATE, *local, '--format=json').stdout)
  result = _run(storage, *EVALUATE, *remote_arguments, '--format=json')
  actual = json.loads(result.stdout)
  assert actual.pop('data') == ', '.join(
      f's3://tweets/{key}' for key in storage.keys('in/')
  )
  assert actual.pop('model_dir') == remote_run
  for name in ('data', 'model_dir'):
    del expected[name]
  assert actual == expected
  result = _run(storage, *REPORT, *remote_arguments)
  assert (result.returncode, result.stdout) == (0, f'{remote_run}/report.html\n')
  assert storage.get('run/report.html').startswith(b'<!DOCTYPE html>')
  page = '--output=s3://tweets/out/page.html'
  result = _run(storage, *REPORT, *remote_arguments, page, '--open')
  assert result.stderr.splitlines()[-1] == (
      'ERROR: --open requires a local --output; the page is '
      's3://tweets/out/page.html.'
  )
  assert storage.keys('out/page')


@pytest.mark.slow
def test_training_on_remote_files(storage, inputs, tmp_path):
  config = '--config_file=trax_twitter_sentiment/gin_configs/text_file.gin'
  result = _run(
      storage, *LAUNCHER, config, f'--output_dir={tmp_path}/run',
      f"--config=TextFileCorpus.train_path='{inputs}'",
  )  # fmt: skip
  assert result.returncode == 0, result.stderr
  recipe = json.loads((tmp_path / 'run' / 'corpus.json').read_text())['recipe']
  assert recipe['arguments']['train_path'] == [inputs]
  # The corpus is made again from its URLs.
  result = _run(storage, *EVALUATE, f'--model_dir={tmp_path}/run', '--format=json')
  scores = json.loads(result.stdout)['without_emoticons']
  assert scores['accuracy'] == {'value': 1.0, 'n_examples': 6000}


def test_changed_object_is_read_again(connected):
  url = connected.put('changed.csv', b'text,label\nso sad,0\nlovely,1\n')
  first = text_files.files_of('train_path', url)
  assert text_files.files_of('train_path', url) == first
  # The new content has the size of the old one.
  connected.put('changed.csv', b'text,label\nso sad,1\nlovely,0\n')
  assert text_files.files_of('train_path', url) != first
  # A change in the middle of reading is an error, not a mixture of both.
  connected.put('changed.csv', b'text\n' + b'so sad\n' * 500_000)
  rows = iter(TableReader([url]))
  next(rows)
  connected.put('changed.csv', b'text\n' + b'lovely\n' * 500_000)
  with pytest.raises(UserError, match=f'^{url}: '):
    list(rows)


def test_folder_of_texts_and_pattern(connected):
  for key in ('pos/b.txt', 'pos/a.txt', 'neg/a.txt', 'readme.txt', 'neg/.hidden.txt'):
    connected.put(f'imdb/{key}', key.encode())
  reader = TableReader(['s3://tweets/imdb'], ('text', 'label'))
  assert [record.values for record in reader] == [
      ('neg/a.txt', 'neg'), ('pos/a.txt', 'pos'), ('pos/b.txt', 'pos'),
  ]  # fmt: skip
  expected = ['s3://tweets/imdb/pos/a.txt', 's3://tweets/imdb/pos/b.txt']
  assert input_files.expand(['s3://tweets/imdb/p*/?.txt']) == expected
  before = input_files.state('s3://tweets/imdb')
  assert input_files.state('s3://tweets/imdb') == before
  connected.put('imdb/pos/a.txt', b'changed')
  assert input_files.state('s3://tweets/imdb') != before
  with pytest.raises(UserError, match=r's3://tweets/imdb/\*.csv: no file matches'):
    input_files.expand(['s3://tweets/imdb/*.csv'])


@pytest.mark.parametrize(
    ('path', 'expected'),
    [
        ('s3://bucket/a.csv', True),
        ('simplecache::s3://bucket/a.csv', True),
        ('zip://a.csv::s3://bucket/a.zip', True),
        ('a.csv', False),
        ('/data/a::b.csv', False),
        ('http:/a.csv', False),
        ('-', False),
    ],
)
def test_urls_are_recognized(path, expected):
  assert remote.is_url(path) == expected


def test_missing_package_is_named_with_the_command_that_installs_it(run_dir, tmp_path):
  (tmp_path / 's3fs.py').write_text('raise ModuleNotFoundError("no", name="s3fs")')
  result = run_python(*PREDICT, '--model_dir=s3://tweets/run', 'x', cwd=tmp_path)
  assert (result.returncode, result.stderr) == (
      1, 'ERROR: s3://tweets/run/model.json requires `pip install s3fs`.\n'
  )  # fmt: skip
  (tmp_path / 'fsspec.py').write_text('raise ModuleNotFoundError("no", name="fsspec")')
  arguments = f'--model_dir={run_dir}', '--input=s3://tweets/*.csv'
  result = run_python(*PREDICT, *arguments, cwd=tmp_path)
  assert result.stderr == (
      'ERROR: s3://tweets/*.csv requires `pip install fsspec s3fs`.\n'
  )
  # Local files do not require fsspec.
  (tmp_path / 'a.txt').write_text('so sad\n')
  local = f'--model_dir={run_dir}', f'--input={tmp_path}/a.*'
  assert run_python(*PREDICT, *local, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ('url', 'message'),
    [
        ('nowhere://a.csv', 'nowhere://a.csv: Protocol not known: nowhere.'),
        ('s3://tweets/none.csv', 's3://tweets/none.csv: No such file or directory.'),
        ('s3://no-such-bucket/a.csv', 's3://no-such-bucket/a.csv: '),
    ],
)
def test_missing_file_is_named(connected, url, message):
  with pytest.raises(UserError) as raised:
    next(iter(TableReader([url])))
  assert raised.value.message.startswith(message)
