"""What XLA compiled is kept between processes; damage to it costs time only."""

import pytest
from conftest import run_python

# Prints a result, and how many programs JAX found compiled.
_SCRIPT = """
from trax_twitter_sentiment.trax_support import compiled_code
with compiled_code.kept_between_runs():
  import jax
  hits = []
  jax.monitoring.register_event_listener(
      lambda event, **_: event.endswith('/cache_hits') and hits.append(event)
  )
  print(jax.jit(lambda x: x * 3 + 1)(2.0), len(hits) > 0)
"""


def run(folder, **environment):
  result = run_python(
      '-c',
      _SCRIPT,
      XDG_CACHE_HOME=str(folder),
      JAX_COMPILATION_CACHE_DIR='',
      JAX_ENABLE_COMPILATION_CACHE='true',
      **environment,
  )
  assert result.returncode == 0, result.stderr
  return result


@pytest.fixture
def entry(tmp_path):
  """Returns the file that keeps what a process compiled."""
  assert run(tmp_path).stdout == '7.0 False\n'
  (path,) = tmp_path.glob('*/compiled_*.npz')
  return path


def test_next_process_finds_it(entry, tmp_path):
  before = entry.stat()
  result = run(tmp_path)
  assert (result.stdout, result.stderr) == ('7.0 True\n', '')
  # Nothing was compiled, so nothing was written.
  assert entry.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize('damage', ['flipped', 'cut off', 'empty', 'folder'])
def test_damage_costs_time_only(entry, tmp_path, damage):
  content = bytearray(entry.read_bytes())
  if damage == 'flipped':
    content[len(content) // 2] ^= 1
  elif damage == 'cut off':
    del content[len(content) // 2 :]
  else:
    content.clear()
  entry.write_bytes(content)
  if damage == 'folder':
    entry.unlink()
    entry.mkdir()
  assert run(tmp_path).stdout == '7.0 False\n'
  if damage != 'folder':  # It is mended.
    assert run(tmp_path).stdout == '7.0 True\n'


def test_folder_that_cannot_be_written_costs_time_only(tmp_path):
  (tmp_path / 'trax_twitter_sentiment').write_text('a file')
  result = run(tmp_path)
  assert result.stdout == '7.0 False\n'
  assert 'cannot be written to' in result.stderr


def test_full_disk_costs_time_only(tmp_path):
  # No file may be larger than 512 bytes, as where a disk is full.
  limit = 'import resource, signal\n'
  limit += 'signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n'
  limit += 'resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n'
  environment = {
      'XDG_CACHE_HOME': str(tmp_path),
      'JAX_COMPILATION_CACHE_DIR': '',
      'JAX_ENABLE_COMPILATION_CACHE': 'true',
      'PYTHONDONTWRITEBYTECODE': '1',
  }
  result = run_python('-c', limit + _SCRIPT, **environment)
  assert (result.returncode, result.stdout) == (0, '7.0 False\n'), result.stderr
  assert not [*tmp_path.glob('*/compiled_*.npz')]


def test_switch_of_the_cache_turns_it_off(tmp_path):
  result = run(tmp_path, TRAX_TWITTER_SENTIMENT_CACHE='off')
  assert result.stdout == '7.0 False\n'
  assert not [*tmp_path.iterdir()]
