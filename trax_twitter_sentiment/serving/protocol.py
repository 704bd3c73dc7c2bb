"""HTTP/1.1 as uvicorn speaks it, with an end to slow clients and to many."""

import asyncio
import json
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from trax_twitter_sentiment.serving import limits


class LimitedProtocol(H11Protocol):
  """Ends what takes longer than a request may; uvicorn limits only idle connections.

  Not even a client that doesn't read its answer keeps a connection.
  """

  _deadline: asyncio.TimerHandle | None = None

  def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
    super().connection_made(transport)
    self._set_deadline()
    if len(self.connections) > limits.MAX_CONNECTIONS:
      self._refuse(
          HTTPStatus.SERVICE_UNAVAILABLE,
          f'There are {limits.MAX_CONNECTIONS} connections already.',
      )

  def connection_lost(self, exc: Exception | None) -> None:
    self._clear_deadline()
    self._unset_keepalive_if_required()
    super().connection_lost(exc)

  def data_received(self, data: bytes) -> None:
    if self.transport.is_closing():
      return
    if self._deadline is None:
      self._set_deadline()
    super().data_received(data)

  def on_response_complete(self) -> None:
    self._clear_deadline()
    super().on_response_complete()
    # The rest of a body that nobody reads may still come, or the next request.
    if {self.conn.our_state, self.conn.their_state} != {h11.IDLE}:
      self._set_deadline()

  def timeout_keep_alive_handler(self) -> None:
    self.transport.abort()  # Closing would wait for what the client hasn't read.

  def send_400_response(self, msg: str) -> None:
    at_most = f'its head may have {limits.MAX_HEAD_BYTES:,} bytes'
    self._refuse(HTTPStatus.BAD_REQUEST, f'{msg} It is HTTP/1.1; {at_most}.')

  def _set_deadline(self) -> None:
    self._clear_deadline()
    self._deadline = self.loop.call_later(limits.REQUEST_SECONDS, self._end)

  def _clear_deadline(self) -> None:
    if self._deadline:
      self._deadline.cancel()
      self._deadline = None

  def _end(self) -> None:
    if self.transport.is_closing():
      self.transport.abort()
    else:
      self._refuse(
          HTTPStatus.REQUEST_TIMEOUT,
          f'A request may take {limits.REQUEST_SECONDS} seconds.',
      )

  def _refuse(self, status: HTTPStatus, message: str) -> None:
    """Answers without the application, and ends the connection."""
    if self.cycle and self.cycle.response_started:
      self.transport.abort()
      return
    body = json.dumps({'error': message}).encode()
    head = (
        f'HTTP/1.1 {status.value} {status.phrase}\r\n'
        'content-type: application/json\r\n'
        f'content-length: {len(body)}\r\n'
        'connection: close\r\n\r\n'
    )
    self.transport.write(head.encode() + body)
    self.transport.close()
    self._set_deadline()
