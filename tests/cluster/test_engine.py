"""`predict` and `evaluate` with `--engine=ray`, on a cluster of two nodes."""

import json
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import run_python
from ray import cluster_utils

from trax_twitter_sentiment import files, model_bytes, remote
from trax_twitter_sentiment.tables import input_files

PREDICT = ('-m', 'trax_twitter_sentiment.predict')
EVALUATE = ('-m', 'trax_twitter_sentiment.evaluate')
N_FILES, ROWS_PER_FILE = 20, 5000


@pytest.fixture(scope='module')
def cluster(storage):
  """Starts a head node without CPUs and two worker nodes with one CPU each.

  The nodes, this process and its commands are connected with the S3 server.
  """
  patch = pytest.MonkeyPatch()
  for name, value in storage.environment.items():
    patch.setenv(name, value)
  started = cluster_utils.Cluster(
      initialize_head=True, head_node_args={'num_cpus': 0, 'include_dashboard': False}
  )
  for _ in range(2):
    started.add_node(num_cpus=1, object_store_memory=10**8)
  yield started
  started.shutdown()
  patch.undo()


@pytest.fixture(scope='module')
def tweets(tmp_path_factory):
  """Writes 100,000 rows to 20 Parquet files."""
  folder = tmp_path_factory.mktemp('tweets')
  rng = np.random.default_rng(0)
  words = ['sad', 'lovely', ':)', ':(', '#great', '', *(f'w{i}' for i in range(20_000))]
  for i in range(N_FILES):
    # The frequencies of words differ, and later files contain empty texts.
    chosen = rng.geometric(0.001, (ROWS_PER_FILE, 12))
    texts = [' '.join(words[j] for j in row if j > 5 * i) for row in chosen.tolist()]
    numbers = range(i * ROWS_PER_FILE, (i + 1) * ROWS_PER_FILE)
    table = pa.table({'id': numbers, 'text': texts, 'label': [i % 2] * ROWS_PER_FILE})
    pq.write_table(table, folder / f'{i:02}.parquet')
  return folder


def _start(cluster, run_dir, output, *arguments):
  return subprocess.Popen(
      [
          sys.executable,
          *PREDICT,
          '--engine=ray',
          f'--ray_address={cluster.address}',
          f'--model_dir={run_dir}',
          f'--output={output}',
          *map(str, arguments),
      ],
      stderr=subprocess.PIPE,
      text=True,
  )


def _score(*arguments):
  process = _start(*arguments)
  _, stderr = process.communicate(timeout=120)
  return process.returncode, stderr


def _rows(output):
  table = pa.concat_tables(map(pq.read_table, sorted(output.glob('*.parquet'))))
  return table.sort_by('id').to_pylist()


def _workers():
  """Returns the worker processes of Ray."""
  return [p for p in psutil.process_iter(['cmdline']) if _is_worker(p)]


def _is_worker(process):
  try:
    return (process.info['cmdline'] or [''])[0].startswith('ray::')
  except psutil.Error:
    return False


@pytest.fixture(params=['folder', 's3'])
def places(request, cluster, storage, run_dir, tweets, tmp_path):
  """Returns the run, the input and the output: three folders, or three URLs."""
  if request.param == 'folder':
    return str(run_dir), str(tweets), str(tmp_path / 'scored')
  return *_uploaded(storage, run_dir, tweets), 's3://tweets/cluster/scored'


def _uploaded(storage, run_dir, tweets):
  """Uploads a run and its input, and returns their URLs."""
  run = storage.put_folder('cluster/run', run_dir)
  return run, storage.put_folder('cluster/tweets', tweets)


def _parts(output):
  """Returns the paths or URLs of the parts of an output."""
  names = remote.names(output) if remote.is_url(output) else _listed(output)
  return [f'{output}/{name}' for name in sorted(names) if name.startswith('part-')]


def _listed(folder):
  return os.listdir(folder) if os.path.isdir(folder) else []


def _rows_of(output):
  parts = []
  for path in _parts(output):
    with files.open_regular(path) as file:
      parts.append(pq.read_table(file))
  return pa.concat_tables(parts).sort_by('id').to_pylist()


def _remove(storage, path):
  if remote.is_url(path):
    storage.client.delete_object(Bucket='tweets', Key=path.removeprefix('s3://tweets/'))
  else:
    os.unlink(path)


def _kill_a_node(cluster):
  raylet = cluster.worker_nodes.pop().all_processes['raylet'][0].process.pid
  killed = psutil.Process(raylet)
  for process in (killed, *killed.children(recursive=True)):
    process.send_signal(signal.SIGKILL)


@pytest.mark.slow
def test_killed_node_changes_no_row(cluster, storage, places, run_dir, tweets):
  run, inputs, output = places
  inputs = f'--input={inputs}/*.parquet'
  process = _start(cluster, run, output, inputs)
  deadline = time.monotonic() + 60
  while len(_parts(output)) < 3:
    assert process.poll() is None
    assert time.monotonic() < deadline
    time.sleep(0.02)
  workers = [w for w in _workers() if 'IDLE' not in w.info['cmdline'][0]]
  assert workers
  for worker in workers:
    libraries = {os.path.basename(mapped.path) for mapped in worker.memory_maps()}
    assert not [name for name in libraries if 'tensorflow' in name or 'jax' in name]
    assert worker.memory_info().rss < 400 * 2**20
  _kill_a_node(cluster)
  assert '_SUCCESS' not in files.names(output)
  _, stderr = process.communicate(timeout=120)
  assert process.returncode == 0, stderr
  cluster.add_node(num_cpus=1, object_store_memory=10**8)

  assert '100,000 rows read, 0 skipped.' in stderr
  assert len(_parts(output)) == N_FILES
  names = {os.path.basename(path) for path in _parts(output)}
  assert files.names(output) == names | {'_SUCCESS', '_job.json'}
  rows = _rows_of(output)
  assert [row['id'] for row in rows] == [*range(N_FILES * ROWS_PER_FILE)]

  command = [f'--model_dir={run_dir}', f'--input={tweets}/*.parquet', '--format=jsonl']
  lines = run_python(*PREDICT, *command).stdout.splitlines()
  for row, line in zip(rows, lines, strict=True):
    expected = json.loads(line)
    assert row['text'] == expected['text']
    assert (row['label'], row['name']) == (expected['label'], expected['name'])
    actual = {'negative': row['p_negative'], 'positive': row['p_positive']}
    assert actual == (expected['probabilities'] or dict.fromkeys(actual))
    assert row['input_label'] == row['id'] // ROWS_PER_FILE % 2

  # A second start scores only the blocks without output.
  for name in ('part-000003.parquet', 'part-000011.parquet', '_SUCCESS'):
    _remove(storage, f'{output}/{name}')
  states = {path: input_files.state(path) for path in _parts(output)}
  status, stderr = _score(cluster, run, output, inputs)
  assert status == 0
  assert '18 of 20 blocks are complete.' in stderr
  assert '10,000 rows read' in stderr
  assert {path: input_files.state(path) for path in states} == states
  assert _rows_of(output) == rows
  # The folder of another job is refused.
  status, stderr = _score(cluster, run, output, f'--input={tweets}/00.parquet')
  assert status == 1
  assert 'is the folder of a job with other files; use a new folder' in stderr


@pytest.mark.slow
def test_every_column_of_other_formats_is_kept(cluster, run_dir, tmp_path):
  objects = [{'text': 'so sad :(', 'x': 1}, {'y': [2], 'text': 'half \ud83d'}]
  (tmp_path / 'a.jsonl').write_text('\n'.join(map(json.dumps, objects)))
  (tmp_path / 'b.csv').write_text('text,z\n"lovely\n:)",3\n')
  (tmp_path / 'c.txt').write_text('so sad :(\n\n')
  (tmp_path / 'd.csv').write_text('text,z\n')
  inputs = [f'--input={path}' for path in sorted(tmp_path.glob('?.*'))]
  status, stderr = _score(cluster, run_dir, tmp_path / 'scored', *inputs)
  assert status == 0, stderr
  parts = sorted((tmp_path / 'scored').glob('part-*'))
  tables = [pq.read_table(path).to_pydict() for path in parts]
  assert [table['name'] for table in tables][1:] == [
      ['positive'], ['negative', 'no text'], [],
  ]  # fmt: skip
  jsonl, csv, lines, empty = tables
  assert (jsonl['x'], jsonl['y']) == (['1', None], [None, '[2]'])
  assert jsonl['text'] == ['so sad :(', 'half ?']
  assert (csv['text'], csv['z']) == (['lovely\n:)'], ['3'])
  assert lines['text'] == ['so sad :(', '']
  assert empty['label'] == []


@pytest.mark.slow
def test_malformed_row_is_named_or_skipped(cluster, run_dir, tmp_path):
  (tmp_path / 'a.jsonl').write_text('{"text": "a"}\n{"text": \n')
  pq.write_table(pa.table({'text': ['b', 'c']}), tmp_path / 'b.parquet')
  inputs = [f'--input={path}' for path in sorted(tmp_path.glob('?.*'))]
  status, stderr = _score(cluster, run_dir, tmp_path / 'scored', *inputs)
  assert status == 1
  assert stderr.splitlines()[-1] == f'ERROR: {tmp_path}/a.jsonl, line 2: not JSON.'
  assert not (tmp_path / 'scored' / '_SUCCESS').exists()
  inputs.append('--on_malformed=skip')
  status, stderr = _score(cluster, run_dir, tmp_path / 'skipped', *inputs)
  assert status == 0
  assert '4 rows read, 1 skipped.' in stderr
  (tmp_path / 'c.parquet').write_bytes(b'PAR1 no Parquet')
  inputs = [f'--input={tmp_path}/c.parquet']
  status, stderr = _score(cluster, run_dir, tmp_path / 'damaged', *inputs)
  assert (status, 'c.parquet is damaged' in stderr) == (1, True)


@pytest.mark.slow
def test_evaluation_on_ray_equals_that_of_one_process(
    cluster, storage, run_dir, tweets
):
  def evaluated(run, inputs, *arguments):
    arguments = f'--model_dir={run}', f'--input={inputs}/0*.parquet', *arguments
    result = run_python(*EVALUATE, '--format=json', *arguments)
    scores = json.loads(result.stdout)
    assert scores.pop('model_dir') == str(run)
    assert f'{inputs}/00.parquet' in scores.pop('data')
    return scores, result

  local, _ = evaluated(run_dir, tweets)
  on_ray, result = evaluated(
      *_uploaded(storage, run_dir, tweets),
      '--engine=ray', f'--ray_address={cluster.address}',
  )  # fmt: skip
  assert '50,000 rows read, 0 skipped.' in result.stderr
  for way in ('as_is', 'without_emoticons'):
    local[way].pop('roc_auc')
    assert on_ray[way].pop('roc_auc') is None
    for name in ('log_loss', 'calibration_error'):
      values = [scores[way].pop(name)['value'] for scores in (local, on_ray)]
      assert math.isclose(*values, rel_tol=1e-9)
  assert on_ray == local


@pytest.mark.slow
def test_batch_predictor_works_in_ray_data(cluster, run_dir, tweets, tmp_path):
  (tmp_path / 'model').write_bytes(model_bytes(run_dir))
  code = f"""
import ray
from trax_twitter_sentiment import BatchPredictor
ray.init(address={cluster.address!r}, log_to_driver=False)
model = open({str(tmp_path / 'model')!r}, 'rb').read()
ray.data.read_parquet({str(tweets / '00.parquet')!r}).map_batches(
    BatchPredictor, fn_constructor_args=[model], batch_format='pyarrow'
).write_parquet({str(tmp_path / 'scored')!r})
"""
  result = run_python('-c', code)
  assert result.returncode == 0, result.stderr
  rows = _rows(tmp_path / 'scored')
  assert [row['id'] for row in rows] == [*range(ROWS_PER_FILE)]
  assert {row['name'] for row in rows} == {'negative', 'positive'}


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--engine=ray', 'a text'], '--engine=ray requires files as --input'),
        (['--engine=ray', '--input=a.csv'], 'and a folder as --output'),
        (
            ['--engine=ray', '--input=a.csv', '--output=o', '--format=csv'],
            '--engine=ray excludes --format: it writes Parquet',
        ),
        (
            ['--engine=ray', '--input=a.csv', '--output=o', '--keep=id'],
            'it keeps all columns',
        ),
    ],
)
def test_incompatible_flags_are_refused(run_dir, arguments, message):
  result = run_python(*PREDICT, f'--model_dir={run_dir}', *arguments)
  assert result.returncode == 1
  assert message in result.stderr


def test_missing_ray_is_named_with_the_command_that_installs_it(run_dir, tmp_path):
  (tmp_path / 'ray.py').write_text('raise ModuleNotFoundError("no ray")')
  (tmp_path / 'a.txt').write_text('so sad\n')
  result = run_python(
      *PREDICT, f'--model_dir={run_dir}', '--input=a.txt', '--engine=ray',
      '--output=scored', cwd=tmp_path,
  )  # fmt: skip
  assert result.returncode == 1
  assert result.stderr == (
      "ERROR: --engine=ray requires Ray: `pip install 'ray[data]'`.\n"
  )


def test_address_without_a_cluster_is_named(run_dir, tmp_path):
  (tmp_path / 'a.txt').write_text('so sad\n')
  command = [
      f'--model_dir={run_dir}', f'--input={tmp_path}/a.txt', '--engine=ray',
      f'--output={tmp_path}/scored', '--ray_address=127.0.0.1:1',
  ]  # fmt: skip
  result = run_python(*PREDICT, *command)
  assert result.returncode == 1
  assert 'ERROR: --ray_address=127.0.0.1:1: no Ray cluster answers' in result.stderr
