"""The service as an ASGI application: texts as JSON in, predictions as JSON out."""

import importlib.resources
import json
from typing import Annotated, Any

import pydantic
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from trax_twitter_sentiment.prediction import fields
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.serving import limits, openapi

# The page's own style and script, nothing else from anywhere.
SECURITY_HEADERS = [
    (
        'content-security-policy',
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
    ),
    ('x-content-type-options', 'nosniff'),
    ('referrer-policy', 'no-referrer'),
    ('cache-control', 'no-store'),
]

_PAGE = {
    '/': ('page.html', 'text/html'),
    '/page.css': ('page.css', 'text/css'),
    '/page.js': ('page.js', 'text/javascript'),
}

# Of an error's message, which may quote what was sent.
_MAX_MESSAGE = 300

_Text = Annotated[str, pydantic.Field(max_length=limits.MAX_CHARACTERS)]


class Question(pydantic.BaseModel):
  """What `/predict` is asked."""

  model_config = pydantic.ConfigDict(extra='forbid', strict=True)

  texts: Annotated[list[_Text], pydantic.Field(max_length=limits.MAX_TEXTS)]
  explain: bool = False


def make_app(predictor: SentimentPredictor) -> Starlette:
  """Returns the service of a trained run."""
  about = {
      'status': 'ok',
      'class_names': predictor.class_names,
      'explains': predictor.explains,
  }
  description = openapi.describe(predictor, Question.model_json_schema())

  # Predicting holds the only thread for less than handing it to another would take.
  async def predict(request: Request) -> Response:
    question = _parse(await _read(request))
    if question.explain and not predictor.explains:
      raise HTTPException(
          422, 'explain: only the predictions of a TwitterClassifier can be explained.'
      )
    predictions = fields.predict_fields(predictor, question.texts, question.explain)
    return _json({'predictions': predictions})

  async def healthz(request: Request) -> Response:
    del request
    return _json(about)

  async def openapi_json(request: Request) -> Response:
    del request
    return _json(description)

  return Starlette(
      routes=[
          *(_file_route(path, *file) for path, file in _PAGE.items()),
          Route('/predict', predict, methods=['POST']),
          Route('/healthz', healthz),
          Route('/openapi.json', openapi_json),
      ],
      exception_handlers={HTTPException: _error, 500: _internal_error},
  )


async def _read(request: Request) -> bytes:
  """Returns the body of a request, of which no more than the limit is ever held."""
  media_type = request.headers.get('content-type', '').partition(';')[0].strip()
  if media_type.lower() != 'application/json':
    raise HTTPException(415, 'The Content-Type must be application/json.')
  length = request.headers.get('content-length', '')
  if length.isdecimal() and int(length) > limits.MAX_BODY_BYTES:
    raise _too_large()
  body = bytearray()
  try:
    async for chunk in request.stream():
      body += chunk
      if len(body) > limits.MAX_BODY_BYTES:
        raise _too_large()
  except ClientDisconnect:
    raise HTTPException(400, 'The body was cut off.') from None
  return bytes(body)


def _too_large() -> HTTPException:
  return HTTPException(413, f'A body may have {limits.MAX_BODY_BYTES:,} bytes.')


def _parse(body: bytes) -> Question:
  try:
    return Question.model_validate_json(body)
  except pydantic.ValidationError as error:
    first = error.errors(include_url=False, include_context=False)[0]
    status = 400 if first['type'] == 'json_invalid' else 422
    place = '.'.join(map(str, first['loc'])) or 'body'
    raise HTTPException(status, f'{place}: {first["msg"]}.') from None


def _file_route(path: str, name: str, media_type: str) -> Route:
  content = (importlib.resources.files(__package__) / name).read_bytes()

  async def file(request: Request) -> Response:
    del request
    return Response(content, media_type=media_type)

  return Route(path, file)


async def _error(request: Request, error: Exception) -> Response:
  assert isinstance(error, HTTPException)
  message = error.detail
  if error.status_code == 404:
    message = 'There are GET / and /healthz and /openapi.json, and POST /predict.'
  elif error.status_code == 405:
    allowed = (error.headers or {}).get('Allow', '')
    message = f'{request.url.path} takes {allowed}.'
  return _json({'error': message[:_MAX_MESSAGE]}, error.status_code, error.headers)


async def _internal_error(request: Request, error: Exception) -> Response:
  del request, error  # Which goes to stderr.
  return _json({'error': 'The service has a bug; its log tells more.'}, 500)


def _json(value: Any, status: int = 200, headers: Any = None) -> Response:
  content = json.dumps(value, allow_nan=False)
  return Response(content, status, headers, media_type='application/json')
