"""The `serve` command, run as a process."""

import signal
import socket

import pytest
from conftest import run_python
from served import MODULE, serving

COMMAND = ('-m', MODULE)


@pytest.mark.parametrize(
    ('number', 'status'), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_signal_ends_the_service(run_dir, number, status):
  with serving(run_dir) as started, started.connect() as idle:
    assert started.predict({'texts': ['hi']})[0] == 200
    started.process.send_signal(number)
    assert started.process.wait(30) == status
    assert idle.recv(1) == b''
    assert len(started.log.read_text().splitlines()) == 1


def test_large_libraries_are_not_imported(run_dir):
  with serving(run_dir, python_options=('-X', 'importtime')) as started:
    assert started.predict({'texts': ['hi'], 'explain': True})[0] == 200
    lines = started.log.read_text().splitlines()
  imported = {line.rpartition('|')[2].strip() for line in lines}
  assert 'numpy' in imported
  assert not imported & {'trax', 'jax', 'tensorflow', 'nltk', 'sklearn', 'matplotlib'}


def test_port_in_use_is_an_error_of_one_line(run_dir):
  with socket.create_server(('127.0.0.1', 0)) as server:
    port = server.getsockname()[1]
    result = run_python(*COMMAND, f'--model_dir={run_dir}', f'--port={port}')
  assert result.returncode == 1
  (line,) = result.stderr.splitlines()
  assert line.startswith(
      f'ERROR: --host=127.0.0.1 --port={port}: Address already in use'
  )


@pytest.mark.parametrize('host', ['nowhere.invalid', '300.1.1.1', 'a' * 100, 'x..y'])
def test_invalid_host_is_an_error_of_one_line(run_dir, host):
  result = run_python(*COMMAND, f'--model_dir={run_dir}', '--port=0', f'--host={host}')
  assert result.returncode == 1
  (line,) = result.stderr.splitlines()
  assert line.startswith(f'ERROR: --host={host} --port=0: ')


def test_folder_without_a_run_is_the_same_error_as_in_predict(tmp_path):
  flag = f'--model_dir={tmp_path}'
  result = run_python(*COMMAND, flag)
  predict = run_python('-m', 'trax_twitter_sentiment.predict', flag, 'hi')
  assert (result.returncode, result.stderr) == (1, predict.stderr)
  assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize('library', ['fastapi', 'fastapi_offline', 'uvicorn'])
def test_missing_library_is_an_error_of_one_line(run_dir, tmp_path, library):
  (tmp_path / f'{library}.py').write_text(
      f'raise ModuleNotFoundError("no", name={library!r})\n'
  )
  result = run_python(*COMMAND, f'--model_dir={run_dir}', PYTHONPATH=str(tmp_path))
  assert result.returncode == 1
  assert result.stderr == (
      f'ERROR: The service requires {library}: '
      '`pip install fastapi fastapi-offline uvicorn`.\n'
  )


def test_allowed_hosts_are_answered_after_a_warning(run_dir):
  flags = '--host=0.0.0.0', '--allowed_hosts=demo.example,*.demo.example'
  with serving(run_dir, *flags) as started:
    warning, address = started.log.read_text().splitlines()
    assert warning.startswith('WARNING: Everyone who can reach 0.0.0.0 ')
    assert 'no password' in warning
    assert 'demo.example' in warning
    assert address.startswith('http://0.0.0.0:')
    for host, status in (
        ('demo.example', 200), ('a.demo.example:80', 200), ('127.0.0.1', 200),
        ('evil.example', 400), ('notdemo.example', 400),
    ):  # fmt: skip
      assert started.request('GET', '/healthz', headers={'Host': host})[0] == status


@pytest.mark.parametrize('name', ['a*b', 'demo.example:80', 'http://demo.example'])
def test_malformed_allowed_host_is_an_error(run_dir, name):
  result = run_python(*COMMAND, f'--model_dir={run_dir}', f'--allowed_hosts={name}')
  assert result.returncode == 1
  assert result.stderr.startswith(f'ERROR: --allowed_hosts={name} is not a host name')


def test_help_describes_the_flags():
  result = run_python(*COMMAND, '--help')
  for flag in ('--model_dir', '--host', '--port', '--allowed_hosts'):
    assert flag in result.stdout
