"""The service: texts as JSON in, predictions as JSON out, and a page."""

import importlib.resources
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI, Response
from fastapi.middleware import Middleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

import trax_twitter_sentiment
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.serving import errors
from trax_twitter_sentiment.serving.answers import answer
from trax_twitter_sentiment.serving.messages import (
    MAX_BODY_BYTES,
    ErrorResponse,
    Example,
    ExamplesResponse,
    HealthResponse,
    PredictRequest,
    PredictResponse,
)

# Path -> file and media type.
_PAGE_FILES = {
    '/': ('page.html', 'text/html'),
    '/page.css': ('page.css', 'text/css'),
    '/page.js': ('page.js', 'text/javascript'),
    '/render.js': ('render.js', 'text/javascript'),
}

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {'model': ErrorResponse, 'description': description}
    for status, description in {
        400: 'The body is not JSON, or the Host header is not allowed.',
        413: f'The body has more than {MAX_BODY_BYTES:,} bytes.',
        415: 'The Content-Type is not application/json.',
        422: 'The JSON is not a PredictRequest, or the model cannot explain.',
    }.items()
}


def make_app(
    predictor: SentimentPredictor,
    allowed_hosts: Sequence[str],
    examples: Sequence[Example],
) -> FastAPI:
  """Returns the service of a trained run.

  A request with a Host header that is not in `allowed_hosts` is refused. So a web site
  whose name is rebound to this machine reads nothing.
  """
  app = _empty_app(allowed_hosts)

  # With `async`, a function runs in the event loop's thread. Starting another thread
  # would be slower than predicting a text.
  @app.post(
      '/predict',
      summary='Predict the class of each text',
      responses=_REFUSALS,
      response_model=PredictResponse,
      response_model_exclude_unset=True,
  )
  async def predict(request: PredictRequest) -> Any:
    if request.explain and not predictor.explains:
      raise HTTPException(
          422, 'explain must be false: only a TwitterClassifier can be explained.'
      )
    return {'predictions': answer(predictor, request.texts, request.explain)}

  @app.get('/healthz', summary='Show that the service runs, and its classes')
  async def health() -> HealthResponse:
    return HealthResponse(
        class_names=list(predictor.class_names), explains=predictor.explains
    )

  @app.get('/examples', summary='List the texts that the page offers to click')
  async def list_examples() -> ExamplesResponse:
    return ExamplesResponse(examples=list(examples))

  for path, (file_name, media_type) in _PAGE_FILES.items():
    app.get(path, include_in_schema=False)(_page_file(file_name, media_type))
  return app


def _empty_app(allowed_hosts: Sequence[str]) -> FastAPI:
  """Returns an application with `/docs`, error messages and limits."""
  return FastAPIOffline(
      title='trax_twitter_sentiment',
      version=trax_twitter_sentiment.__version__,
      redoc_url=None,
      generate_unique_id_function=lambda route: route.name,
      exception_handlers=errors.HANDLERS,
      middleware=[
          Middleware(errors.JsonErrors),
          Middleware(
              TrustedHostMiddleware, allowed_hosts=allowed_hosts, www_redirect=False
          ),
          Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
      ],
  )


def _page_file(file_name: str, media_type: str) -> Callable[..., Any]:
  content = (importlib.resources.files(__package__) / file_name).read_bytes()

  async def page_file() -> Response:
    return Response(content, media_type=media_type)

  return page_file
