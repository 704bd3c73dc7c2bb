"""How much the service takes, of anyone."""

MAX_TEXTS = 500
MAX_CHARACTERS = 10_000

# What bounds the time that a request takes: a second or so, with the worst of texts.
MAX_BODY_BYTES = 256 * 1024
MAX_HEAD_BYTES = 16 * 1024

MAX_CONNECTIONS = 200

# From a request's first byte to its answer's last.
REQUEST_SECONDS = 10
# Between two requests of a connection.
IDLE_SECONDS = 5
