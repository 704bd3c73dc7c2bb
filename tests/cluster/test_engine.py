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

from trax_twitter_sentiment import model_bytes

PREDICT = ('-m', 'trax_twitter_sentiment.predict')
EVALUATE = ('-m', 'trax_twitter_sentiment.evaluate')
N_FILES, ROWS_PER_FILE = 20, 5000


@pytest.fixture(scope='module')
def cluster():
  """Starts a head node without CPUs and two worker nodes with one CPU each."""
  started = cluster_utils.Cluster(
      initialize_head=True, head_node_args={'num_cpus': 0, 'include_dashboard': False}
  )
  for _ in range(2):
    started.add_node(num_cpus=1, object_store_memory=10**8)
  yield started
  started.shutdown()


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


@pytest.mark.slow
def test_killed_node_changes_no_row(cluster, run_dir, tweets, tmp_path):
  output = tmp_path / 'scored'
  process = _start(cluster, run_dir, output, f'--input={tweets}/*.parquet')
  deadline = time.monotonic() + 60
  while len([*output.glob('part-*')]) < 3:
    assert process.poll() is None
    assert time.monotonic() < deadline
    time.sleep(0.02)
  workers = [w for w in _workers() if 'IDLE' not in w.info['cmdline'][0]]
  assert workers
  for worker in workers:
    libraries = {os.path.basename(mapped.path) for mapped in worker.memory_maps()}
    assert not [name for name in libraries if 'tensorflow' in name or 'jax' in name]
    assert worker.memory_info().rss < 400 * 2**20
  killed = psutil.Process(
      cluster.worker_nodes.pop().all_processes['raylet'][0].process.pid
  )
  for process_of_node in (killed, *killed.children(recursive=True)):
    process_of_node.send_signal(signal.SIGKILL)
  assert not (output / '_SUCCESS').exists()
  _, stderr = process.communicate(timeout=120)
  assert process.returncode == 0, stderr
  cluster.add_node(num_cpus=1, object_store_memory=10**8)

  assert '100,000 rows read, 0 skipped.' in stderr
  assert (output / '_SUCCESS').exists()
  assert len([*output.glob('part-*')]) == N_FILES
  assert not [*output.glob('.*')]
  rows = _rows(output)
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
  missing = [output / 'part-000003.parquet', output / 'part-000011.parquet']
  for path in (*missing, output / '_SUCCESS'):
    path.unlink()
  times = {path: path.stat().st_mtime_ns for path in output.glob('part-*')}
  status, stderr = _score(cluster, run_dir, output, f'--input={tweets}/*.parquet')
  assert status == 0
  assert '18 of 20 blocks are complete.' in stderr
  assert '10,000 rows read' in stderr
  assert {path: path.stat().st_mtime_ns for path in times} == times
  assert _rows(output) == rows
  # The folder of another job is refused.
  status, stderr = _score(cluster, run_dir, output, f'--input={tweets}/00.parquet')
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
def test_evaluation_on_ray_equals_that_of_one_process(cluster, run_dir, tweets):
  command = [
      *EVALUATE, f'--model_dir={run_dir}', f'--input={tweets}/0*.parquet',
      '--format=json',
  ]  # fmt: skip
  local = json.loads(run_python(*command).stdout)
  engine = '--engine=ray', f'--ray_address={cluster.address}'
  result = run_python(*command, *engine)
  on_ray = json.loads(result.stdout)
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
