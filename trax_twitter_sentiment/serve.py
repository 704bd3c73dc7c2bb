"""Answers over HTTP what texts are: a page to type them into, and JSON for programs.

    python -m trax_twitter_sentiment.serve --model_dir=DIR
    python -m trax_twitter_sentiment.serve --model_dir=DIR --port=8080
    curl -H 'Content-Type: application/json' -d '{"texts": ["lovely day :)"]}' \\
        http://127.0.0.1:8000/predict

It goes on until Ctrl-C. Only this machine reaches it, unless --host says otherwise.
"""

import ipaddress
import socket
import sys

from absl import flags

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor

_MODEL_DIR = cli.define_model_dir()
_HOST = flags.DEFINE_string(
    'host',
    '127.0.0.1',
    'The address to listen on; 0.0.0.0 is all of this machine, which others reach.',
)
_PORT = flags.DEFINE_integer(
    'port',
    8000,
    'The port to listen on; 0 takes a free one.',
    lower_bound=0,
    upper_bound=65535,
)

# What requests get to end in, once the service is told to.
_SECONDS_TO_END = 3


def main(arguments: list[str]) -> None:
  """Serves until a signal ends it."""
  if arguments:
    raise UserError(f'Unexpected argument {arguments[0]!r}.')
  try:
    import uvicorn

    from trax_twitter_sentiment.serving import app, limits, protocol
  except ModuleNotFoundError as error:
    if (error.name or '').startswith('trax_twitter_sentiment'):
      raise
    raise UserError(
        f'The service takes {error.name}: '
        "`pip install 'trax-twitter-sentiment[serve]'`."
    ) from error
  predictor = SentimentPredictor.load(_MODEL_DIR.value)
  predictor.predict([''])  # What is made on first use is made now.
  config = uvicorn.Config(
      app.make_app(predictor),
      loop='asyncio',
      http=protocol.LimitedProtocol,
      ws='none',
      lifespan='off',
      log_config=None,
      log_level='error',
      access_log=False,
      proxy_headers=False,
      server_header=False,
      headers=app.SECURITY_HEADERS,
      timeout_keep_alive=limits.IDLE_SECONDS,
      timeout_graceful_shutdown=_SECONDS_TO_END,
      h11_max_incomplete_event_size=limits.MAX_HEAD_BYTES,
  )
  with _listening(_HOST.value, _PORT.value) as listener:
    host, port = listener.getsockname()[:2]
    if not ipaddress.ip_address(host).is_loopback:
      print(
          f'WARNING: whoever reaches {host} can use the service; it asks for no '
          'password, and does not encrypt.',
          file=sys.stderr,
      )
    shown = f'[{host}]' if ':' in host else host
    print(f'http://{shown}:{port}/ (Ctrl-C ends it)', file=sys.stderr, flush=True)
    uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
  family = socket.AF_INET6 if ':' in host else socket.AF_INET
  try:
    listener = socket.create_server((host, port), family=family)
  except (OSError, UnicodeError) as error:  # The latter of a name that can't be.
    reason = getattr(error, 'strerror', None) or str(error)
    raise UserError(f'--host={host} --port={port}: {reason}.') from error
  # Connections take it over. Without, answers wait 40 ms for the client's kernel.
  listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
  return listener


if __name__ == '__main__':
  cli.run(main)
