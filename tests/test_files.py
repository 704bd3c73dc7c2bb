"""Atomic writes, and outputs that are links, pipes or devices."""

import os
import stat
import subprocess
import sys

import pytest
from conftest import run_python

from trax_twitter_sentiment import files
from trax_twitter_sentiment.errors import UserError


def test_atomic_file_replaces_the_old_file_when_complete(tmp_path):
  path = tmp_path / 'a.txt'
  path.write_text('old')
  with files.atomic_file(str(path)) as file:
    file.write(b'new')
    file.flush()
    assert path.read_text() == 'old'
    names = {other.name for other in tmp_path.iterdir()}
    assert all(name.startswith('.') for name in names - {'a.txt'})
  assert path.read_text() == 'new'
  assert [*tmp_path.iterdir()] == [path]


def test_atomic_file_is_removed_after_an_error(tmp_path):
  path = tmp_path / 'a.txt'
  with pytest.raises(KeyError), files.atomic_file(str(path)) as file:
    file.write(b'half')
    raise KeyError
  assert [*tmp_path.iterdir()] == []


def test_atomic_file_has_the_usual_permissions(tmp_path):
  files.write_atomically(str(tmp_path / 'a'), 'é')
  (tmp_path / 'b').write_text('é', encoding='utf-8')
  modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in 'ab']
  assert modes[0] == modes[1]
  assert (tmp_path / 'a').read_bytes() == (tmp_path / 'b').read_bytes()


def test_output_is_partial_until_it_is_complete(tmp_path, capsys):
  path = tmp_path / 'scored.csv'
  with files.output_file(str(path)) as file:
    file.write('text\r\n')
    assert [*tmp_path.iterdir()] == [tmp_path / 'scored.csv.partial']
  assert [*tmp_path.iterdir()] == [path]
  assert path.read_bytes() == b'text\r\n'
  with pytest.raises(UserError), files.output_file(str(path)) as file:
    file.write('half')
    raise UserError('line 2')
  assert (tmp_path / 'scored.csv.partial').read_text() == 'half'
  assert path.read_bytes() == b'text\r\n'
  assert 'scored.csv.partial contains the incomplete output' in capsys.readouterr().err


def test_symbolic_link_is_written_through(tmp_path):
  (tmp_path / 'link').symlink_to(tmp_path / 'file')
  with files.output_file(str(tmp_path / 'link')) as file:
    file.write('x')
  assert (tmp_path / 'link').is_symlink()
  assert (tmp_path / 'file').read_text() == 'x'


def test_pipe_is_written_directly(tmp_path):
  path = str(tmp_path / 'pipe')
  os.mkfifo(path)
  with subprocess.Popen(['cat', path], stdout=subprocess.PIPE) as reader:
    with files.output_file(path) as file:
      file.write('é')
    assert reader.stdout.read().decode() == 'é'
  assert stat.S_ISFIFO(os.stat(path).st_mode)
  assert len([*tmp_path.iterdir()]) == 1


def test_device_is_written_directly():
  before = os.stat('/dev/null')
  with files.output_file('/dev/null') as file:
    file.write('x')
  after = os.stat('/dev/null')
  assert stat.S_ISCHR(after.st_mode)
  assert after.st_ino == before.st_ino
  no_space = pytest.raises(UserError, match='--output=/dev/full: No space left')
  with no_space, files.output_file('/dev/full') as file:
    file.write('x')


@pytest.mark.parametrize('name', ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])
def test_path_of_standard_output_appends_to_its_redirection(tmp_path, name):
  code = (
      'from trax_twitter_sentiment import files\n'
      f'with files.output_file({name!r}) as file: file.write("x")'
  )
  assert run_python('-c', code).stdout == 'x'
  path = tmp_path / 'log'
  path.write_text('old ')
  with open(path, 'a', encoding='utf-8') as log:
    subprocess.run([sys.executable, '-c', code], stdout=log, check=True)
  assert path.read_text() == 'old x'
  assert os.path.islink('/dev/stdout')


@pytest.mark.parametrize('path', ['/nowhere/a', '/', '/dev/fd/99'])
def test_unwritable_output_is_named(path):
  with pytest.raises(UserError, match=f'--output={path}: '), files.output_file(path):
    pass
