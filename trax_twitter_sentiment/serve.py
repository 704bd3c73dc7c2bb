"""Serves a trained run over HTTP: a page to type texts into, and JSON for programs.

    python -m trax_twitter_sentiment.serve --model_dir=DIR
    python -m trax_twitter_sentiment.serve --model_dir=DIR --port=8080
    curl -H 'Content-Type: application/json' -d '{"texts": ["lovely day :)"]}' \\
        http://127.0.0.1:8000/predict

The service runs until Ctrl-C. By default, only this machine can reach it.
"""

import ipaddress
import re
import socket
import sys

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.run import open_runs

_MODEL_DIR = cli.define_model_dir()
_HOST = flags.DEFINE_string(
    'host',
    '127.0.0.1',
    'The address to listen on; 0.0.0.0 lets other machines reach the service.',
)
_PORT = flags.DEFINE_integer(
    'port',
    8000,
    'The port to listen on; 0 selects a free port.',
    lower_bound=0,
    upper_bound=65535,
)
_ALLOWED_HOSTS = flags.DEFINE_list(
    'allowed_hosts',
    [],
    "Host names that requests may use besides --host, localhost and this machine's "
    'loopback addresses; *.example.com allows all subdomains, * every name.',
)
_SHOW_EXAMPLES = flags.DEFINE_bool(
    'show_examples',
    False,
    "Whether the page offers some of the run's validation texts, with their labels. "
    'Whoever reaches the service can read these texts.',
)

# Libraries of the extra `serve`, as pip names them.
_LIBRARIES = 'fastapi fastapi-offline uvicorn'

_LOCAL_HOSTS = ('localhost', '127.0.0.1', '[::1]')
_ALLOWED_HOST = re.compile(r'\*|(\*\.)?[a-z0-9._-]+|\[[0-9a-f:.]+\]', re.IGNORECASE)

# The time limit after Ctrl-C for requests that are still running.
_SHUTDOWN_SECONDS = 3

# The headers of every answer. The page has its own Content-Security-Policy.
_SECURITY_HEADERS = [
    ('x-content-type-options', 'nosniff'),
    ('x-frame-options', 'DENY'),
    ('referrer-policy', 'no-referrer'),
    ('cache-control', 'no-store'),
]


def main(arguments: list[str]) -> None:
  """Serves until a signal ends the process."""
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}.')
  allowed_hosts = _allowed_hosts()
  try:
    import uvicorn

    from trax_twitter_sentiment.serving import examples
    from trax_twitter_sentiment.serving.app import make_app
  except ModuleNotFoundError as error:
    if (error.name or '').startswith('trax_twitter_sentiment'):
      raise
    raise UserError(
        f'The service requires {error.name}: `pip install {_LIBRARIES}`.'
    ) from error
  runs = open_runs(_MODEL_DIR.value)
  predictor = SentimentPredictor.from_runs(runs)
  predictor.predict([''])  # Fills the caches, so the first request is fast.
  shown_examples = examples.DEFAULT_EXAMPLES
  if _SHOW_EXAMPLES.value:
    shown_examples = examples.validation_examples(runs[0].corpus())
  config = uvicorn.Config(
      make_app(predictor, allowed_hosts, shown_examples),
      loop='asyncio',
      ws='none',
      lifespan='off',
      log_config=None,
      log_level='error',
      access_log=False,
      proxy_headers=False,
      server_header=False,
      headers=_SECURITY_HEADERS,
      timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
  )
  with _listener(_HOST.value, _PORT.value) as listener:
    _print_address(listener, allowed_hosts)
    uvicorn.Server(config).run(sockets=[listener])


def _allowed_hosts() -> list[str]:
  """Returns the values of the Host header that are answered."""
  for name in _ALLOWED_HOSTS.value:
    if not _ALLOWED_HOST.fullmatch(name):
      raise UserError(
          f'--allowed_hosts={name} is not a host name such as example.com, without a '
          'port. *.example.com allows all subdomains, and * allows every name.'
      )
  return [_in_url(_HOST.value), *_LOCAL_HOSTS, *_ALLOWED_HOSTS.value]


def _listener(host: str, port: int) -> socket.socket:
  family = socket.AF_INET6 if ':' in host else socket.AF_INET
  try:
    listener = socket.create_server((host, port), family=family)
  except (OSError, UnicodeError) as error:  # UnicodeError: the name is malformed.
    reason = getattr(error, 'strerror', None) or str(error)
    raise UserError(f'--host={host} --port={port}: {reason}.') from error
  # Connections inherit this option. Without it, answers wait 40 ms for the client's
  # delayed acknowledgement.
  listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
  return listener


def _print_address(listener: socket.socket, allowed_hosts: list[str]) -> None:
  host, port = listener.getsockname()[:2]
  if not ipaddress.ip_address(host).is_loopback:
    names = ', '.join(dict.fromkeys(allowed_hosts))
    print(
        f'WARNING: Everyone who can reach {host} can use the service: it has no '
        f'password and no encryption. It answers to the host names {names}; '
        '--allowed_hosts=NAME adds a name.',
        file=sys.stderr,
    )
  print(f'http://{_in_url(host)}:{port}/ (Ctrl-C ends it)', file=sys.stderr, flush=True)


def _in_url(host: str) -> str:
  return f'[{host}]' if ':' in host else host


if __name__ == '__main__':
  cli.run(main)
