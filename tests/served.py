"""Runs the service in a process of its own, with a client."""

import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

import psutil

MODULE = 'trax_twitter_sentiment.serve'


@dataclasses.dataclass
class Service:
  """A running service. Each request opens a connection."""

  process: subprocess.Popen
  port: int
  log: pathlib.Path

  @property
  def url(self):
    return f'http://127.0.0.1:{self.port}/'

  def request(self, method, path, body=None, headers=(), **options):
    """Returns the status, headers and content of a response."""
    connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
    with contextlib.closing(connection):
      connection.request(method, path, body, dict(headers), **options)
      answer = connection.getresponse()
      return answer.status, answer.headers, answer.read()

  def get(self, path):
    """Returns the JSON of the response to a GET request."""
    status, _, content = self.request('GET', path)
    assert status == 200
    return json.loads(content)

  def predict(self, body, **options):
    """Posts JSON, or bytes as they are; returns the status and JSON of the response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {'Content-Type': 'application/json'}
    status, _, answer = self.request('POST', '/predict', content, headers, **options)
    return status, json.loads(answer)

  def connect(self):
    return socket.create_connection(('127.0.0.1', self.port), timeout=30)

  def megabytes(self):
    return psutil.Process(self.process.pid).memory_info().rss / 2**20


@contextlib.contextmanager
def serving(run_dir, *arguments, python_options=()):
  """Starts the service on a free port and yields a `Service`."""
  command = [sys.executable, *python_options, '-m', MODULE, f'--model_dir={run_dir}']
  with tempfile.TemporaryDirectory() as folder:
    log = pathlib.Path(folder, 'log')
    with log.open('wb') as stderr:
      process = subprocess.Popen(
          [*command, '--port=0', *arguments],
          stdout=subprocess.DEVNULL,
          stderr=stderr,
          env={**os.environ},
      )
    try:
      yield Service(process, _port(process, log), log)
    finally:
      process.kill()
      process.wait()


def _port(process, log):
  """Waits until the log names the address; returns its port."""
  while True:
    if match := re.search(r'^http://.*:(\d+)/', log.read_text(), re.M):
      return int(match[1])
    try:
      process.wait(0.05)
    except subprocess.TimeoutExpired:
      continue
    raise AssertionError(log.read_text())
