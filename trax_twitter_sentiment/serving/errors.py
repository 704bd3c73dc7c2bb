"""One-line messages for requests that are refused."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trax_twitter_sentiment.serving.messages import (
    MAX_BODY_BYTES,
    MAX_CHARACTERS,
    MAX_TEXTS,
)

# A message may quote the request, so its length is limited.
_MAX_MESSAGE_LENGTH = 300

_NOT_JSON = 'The body is not valid JSON in UTF-8.'
_TOO_LARGE = f'The body has more than {MAX_BODY_BYTES:,} bytes.'

# Status -> message, for errors that FastAPI raises.
_MESSAGES = {
    400: _NOT_JSON,
    404: 'Unknown path. Known are GET /, /docs, /healthz and POST /predict.',
    413: _TOO_LARGE,
    500: 'The service failed. Its log has the reason.',
}
# Status -> message, for plain texts that Starlette's middleware sends.
_MIDDLEWARE_MESSAGES = {
    400: "The Host header is not allowed. The service's --allowed_hosts adds a host.",
    413: _TOO_LARGE,
}

# Type of a pydantic error -> message.
_FIELD_MESSAGES = {
    'bool_type': '{field} must be true or false.',
    'extra_forbidden': '{field} is not a field of the request; texts and explain are.',
    'list_type': '{field} must be a list of strings.',
    'missing': '{field} is missing.',
    'string_too_long': f'{{field}} has more than {MAX_CHARACTERS:,} characters.',
    'string_type': '{field} must be a string.',
    'string_unicode': '{field} contains a lone surrogate, which is not valid Unicode.',
    'too_long': f'{{field}} has more than {MAX_TEXTS} texts.',
}


async def handle_http_error(request: Request, error: Any) -> JSONResponse:
  """Returns the answer to an `HTTPException`, raised here or by a library."""
  message = _MESSAGES.get(error.status_code, error.detail)
  if error.status_code == 405:
    message = f'{request.url.path} accepts {error.headers["Allow"]}.'
  return _answer(error.status_code, message, error.headers)


async def handle_invalid_request(request: Request, error: Any) -> JSONResponse:
  """Returns the answer to a body that is not a `PredictRequest`."""
  media_type = request.headers.get('content-type', '').partition(';')[0].strip()
  if media_type.lower() != 'application/json':
    return _answer(415, 'The Content-Type must be application/json.')
  first = error.errors()[0]
  if first['type'] == 'json_invalid':
    return _answer(400, _NOT_JSON)
  _, *path = first['loc']  # The first part is 'body'.
  if not path:
    return _answer(422, 'The body must be an object such as {"texts": ["lovely day"]}.')
  name, *indices = path
  field = f'{name}{"".join(f"[{index}]" for index in indices)}'  # Such as 'texts[3]'.
  message = _FIELD_MESSAGES.get(first['type'], '{field} is not valid.')
  return _answer(422, message.format(field=field))


async def handle_failure(request: Request, error: Exception) -> JSONResponse:
  """Returns the answer to a request for which the service failed."""
  del request, error  # Starlette raises the error again, so the log shows it.
  return _answer(500, _MESSAGES[500])


HANDLERS: dict[Any, Any] = {
    HTTPException: handle_http_error,
    RequestValidationError: handle_invalid_request,
    500: handle_failure,
}


class JsonErrors:
  """A middleware that replaces plain-text errors of other middleware by JSON."""

  def __init__(self, app: ASGIApp):
    self._app = app

  async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
    replaced = False

    async def send_json(message: Message) -> None:
      nonlocal replaced
      if message['type'] == 'http.response.start':
        error = _MIDDLEWARE_MESSAGES.get(message['status'])
        media_type = Headers(raw=message['headers']).get('content-type', '')
        if error and media_type.startswith('text/plain'):
          replaced = True
          await _answer(message['status'], error)(scope, receive, send)
      if not replaced:
        await send(message)

    await self._app(scope, receive, send_json)


def _answer(status: int, message: str, headers: Any = None) -> JSONResponse:
  return JSONResponse({'error': message[:_MAX_MESSAGE_LENGTH]}, status, headers)
