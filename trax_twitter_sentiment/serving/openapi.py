"""What the service takes and gives, as an OpenAPI document."""

from typing import Any

import trax_twitter_sentiment
from trax_twitter_sentiment.prediction import fields
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import NO_TEXT
from trax_twitter_sentiment.serving import limits

_ERROR = {
    'type': 'object',
    'required': ['error'],
    'properties': {'error': {'type': 'string'}},
}
_NUMBER, _STRING = {'type': 'number'}, {'type': 'string'}


def describe(
    predictor: SentimentPredictor, question: dict[str, Any]
) -> dict[str, Any]:
  """Returns the document.

  Args:
    predictor: what answers.
    question: the JSON schema of what `/predict` takes.
  """
  errors = {
      400: 'The body is not JSON, or not HTTP.',
      408: f'The request takes more than {limits.REQUEST_SECONDS} seconds.',
      413: f'The body has more than {limits.MAX_BODY_BYTES:,} bytes.',
      415: 'The Content-Type is not application/json.',
      422: 'The JSON is not what is asked for.',
      503: f'There are {limits.MAX_CONNECTIONS} connections already.',
  }
  return {
      'openapi': '3.1.0',
      'info': {
          'title': 'trax_twitter_sentiment',
          'version': trax_twitter_sentiment.__version__,
      },
      'paths': {
          '/predict': {
              'post': {
                  'summary': 'Says of each text which class it is of.',
                  'requestBody': {'required': True, **_content(question)},
                  'responses': {
                      '200': {
                          'description': 'A prediction for each text, in their order.',
                          **_content(_answer(predictor)),
                      },
                      **{
                          str(status): {'description': text, **_content(_ERROR)}
                          for status, text in errors.items()
                      },
                  },
              }
          },
          '/healthz': {
              'get': {
                  'summary': 'Says that the service runs, and of which classes it is.',
                  'responses': {
                      '200': {
                          'description': 'It runs.',
                          **_content(_health()),
                      }
                  },
              }
          },
      },
  }


def _answer(predictor: SentimentPredictor) -> dict[str, Any]:
  names = predictor.class_names
  a_list = {'type': 'array', 'items': _NUMBER}
  properties: dict[str, Any] = {
      'text': _STRING,
      'label': {
          'type': ['integer', 'null'],
          'description': f'The index of the class; null of {NO_TEXT!r}.',
      },
      **{key: {'enum': [*names, NO_TEXT]} for key in fields.name_fields(names)},
      'log_probabilities': {**a_list, 'type': ['array', 'null']},
      'probabilities': {
          'type': ['object', 'null'],
          'properties': {name: _NUMBER for name in names},
      },
      'tokens': {'type': 'array', 'items': _STRING},
      'n_known': {'type': 'integer', 'description': 'How many tokens were learned.'},
  }
  explained = {
      'shares': {**a_list, 'description': "Each token's share of the log-odds."},
      'bias': {**_NUMBER, 'description': 'What is left of them without any token.'},
  }
  prediction = {
      'type': 'object',
      'required': list(properties),
      'properties': properties | (explained if predictor.explains else {}),
  }
  return {
      'type': 'object',
      'required': ['predictions'],
      'properties': {'predictions': {'type': 'array', 'items': prediction}},
  }


def _health() -> dict[str, Any]:
  properties = {
      'status': {'const': 'ok'},
      'class_names': {'type': 'array', 'items': _STRING},
      'explains': {'type': 'boolean'},
  }
  return {'type': 'object', 'required': [*properties], 'properties': properties}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
  return {'content': {'application/json': {'schema': schema}}}
