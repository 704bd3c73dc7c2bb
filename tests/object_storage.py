"""An S3 server in a process of its own, and a proxy that cuts its connections."""

import contextlib
import os
import re
import socket
import socketserver
import subprocess
import sys
import threading
import time

BUCKET = 'tweets'

# The number of bytes after which the proxy cuts a connection.
_CUT_AFTER = 2**16


class ObjectStorage:
  """A server with one bucket.

  Attributes:
    environment: the variables by which clients find the server.
    address: the host and the port of the server.
  """

  def __init__(self, folder: os.PathLike):
    self._log = folder / 'requests'
    with socket.create_server(('127.0.0.1', 0)) as free:
      self.address = free.getsockname()
    command = [sys.executable, '-m', 'moto.server', '-p', str(self.address[1])]
    with open(self._log, 'wb') as log:
      self._process = subprocess.Popen(command, stdout=log, stderr=log)
    self._wait()
    self.environment = {
        'AWS_ENDPOINT_URL': self.url,
        'AWS_ACCESS_KEY_ID': 'key',
        'AWS_SECRET_ACCESS_KEY': 'secret',
        'AWS_DEFAULT_REGION': 'us-east-1',
        # s3fs retries. botocore would also retry, after longer pauses.
        'AWS_MAX_ATTEMPTS': '1',
    }
    import boto3

    self.client = boto3.client(
        's3',
        endpoint_url=self.url,
        aws_access_key_id='key',
        aws_secret_access_key='secret',
        region_name='us-east-1',
    )
    self.client.create_bucket(Bucket=BUCKET)

  @property
  def url(self) -> str:
    """The URL of the server."""
    return 'http://{}:{}'.format(*self.address)

  def _wait(self):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
      assert self._process.poll() is None, self._log.read_text()
      with contextlib.suppress(OSError), socket.create_connection(self.address):
        return
      time.sleep(0.1)
    raise TimeoutError('The S3 server did not start.')

  def stop(self):
    self._process.kill()
    self._process.wait()

  def put(self, key: str, content: bytes, **options) -> str:
    """Uploads an object, and returns its URL."""
    self.client.put_object(Bucket=BUCKET, Key=key, Body=content, **options)
    return f's3://{BUCKET}/{key}'

  def put_folder(self, key: str, folder: os.PathLike) -> str:
    """Uploads the files of a folder, and returns its URL."""
    for path in folder.rglob('*'):
      if path.is_file():
        self.put(f'{key}/{path.relative_to(folder)}', path.read_bytes())
    return f's3://{BUCKET}/{key}'

  def get(self, key: str) -> bytes:
    """Returns the content of an object."""
    return self.client.get_object(Bucket=BUCKET, Key=key)['Body'].read()

  def keys(self, prefix: str) -> list[str]:
    """Returns the keys that begin with a prefix."""
    pages = self.client.get_paginator('list_objects_v2').paginate(
        Bucket=BUCKET, Prefix=prefix
    )
    return [entry['Key'] for page in pages for entry in page.get('Contents', ())]

  def unfinished_uploads(self) -> list[str]:
    """Returns the keys of uploads in several parts that were not completed."""
    answer = self.client.list_multipart_uploads(Bucket=BUCKET)
    return [upload['Key'] for upload in answer.get('Uploads', ())]

  def read_keys(self, prefix: str) -> set[str]:
    """Returns the keys with a prefix whose content a client has read."""
    log = self._log.read_text()
    return {*re.findall(rf'"GET /{BUCKET}/({re.escape(prefix)}[^ ?]+) HTTP\S+ 20', log)}


class CuttingProxy(socketserver.ThreadingTCPServer):
  """A proxy that cuts connections in the middle of long requests and answers.

  Args:
    target: the host and the port of the server behind it.
    n_cuts: the number of connections to cut.

  Attributes:
    n_cuts: the number of connections that are still to be cut.
  """

  daemon_threads = True

  def __init__(self, target: tuple[str, int], n_cuts: float):
    super().__init__(('127.0.0.1', 0), _Connection)
    self.target = target
    self.n_cuts = n_cuts
    self.lock = threading.Lock()
    threading.Thread(target=self.serve_forever, daemon=True).start()

  @property
  def url(self) -> str:
    """The URL of the proxy."""
    return 'http://{}:{}'.format(*self.server_address)

  def cuts(self) -> bool:
    """Returns whether to cut a connection now."""
    with self.lock:
      self.n_cuts -= 1
      return self.n_cuts >= 0

  def __exit__(self, *_):
    self.shutdown()
    self.server_close()


class _Connection(socketserver.BaseRequestHandler):
  def handle(self):
    with socket.create_connection(self.server.target) as server:
      answers = threading.Thread(target=self._copy, args=(server, self.request))
      answers.start()
      self._copy(self.request, server)
      answers.join()

  def _copy(self, source, target):
    n_bytes = 0
    with contextlib.suppress(OSError):
      while content := source.recv(2**14):
        n_bytes += len(content)
        if n_bytes > _CUT_AFTER and self.server.cuts():
          break
        target.sendall(content)
    for end in (source, target):
      with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
