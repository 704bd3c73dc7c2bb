"""The JSON that the service accepts and returns, as pydantic models."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# Together, these limits bound the time of a request to about a second.
MAX_BODY_BYTES = 256 * 1024
MAX_TEXTS = 500
MAX_CHARACTERS = 10_000

_Text = Annotated[str, Field(max_length=MAX_CHARACTERS)]


class PredictRequest(BaseModel):
  """The body of `POST /predict`."""

  model_config = ConfigDict(
      extra='forbid',
      strict=True,
      json_schema_extra={
          'examples': [{'texts': ['lovely evening :)', 'so sad'], 'explain': False}]
      },
  )

  texts: Annotated[list[_Text], Field(max_length=MAX_TEXTS)]
  explain: Annotated[
      bool, Field(description="Whether to add each token's share of the log-odds.")
  ] = False


class Fragment(BaseModel):
  """A part of a text."""

  text: str
  share: Annotated[
      float | None,
      Field(description='The share of the log-odds; null for text that is not read.'),
  ]


class TextPrediction(BaseModel):
  """The prediction for one text."""

  text: str
  label: Annotated[
      int | None, Field(description='The index of the class; null without a text.')
  ]
  name: Annotated[str, Field(description="The name of the class, or 'no text'.")]
  sentiment: Annotated[
      str | None,
      Field(description='Equals name; only if the classes are negative and positive.'),
  ] = None
  log_probabilities: list[float] | None
  probabilities: Annotated[
      dict[str, float] | None, Field(description='Class name to probability.')
  ]
  tokens: list[str]
  n_known: Annotated[
      int, Field(description='The number of tokens that are in the vocabulary.')
  ]
  shares: Annotated[
      list[float] | None,
      Field(description="Each token's share of the log-odds; only with explain."),
  ] = None
  bias: Annotated[
      float | None,
      Field(description='The log-odds without any token; only with explain.'),
  ] = None
  contrast: Annotated[
      tuple[str, str] | None,
      Field(
          description='The classes that positive and negative shares support: '
          'positive and negative, or for more than two classes the predicted class and '
          'the second most probable class; only with explain.'
      ),
  ] = None
  marked_text: Annotated[
      list[Fragment] | None,
      Field(description='The text, in fragments; only with explain.'),
  ] = None
  rest: Annotated[
      float | None,
      Field(
          description='The log-odds minus the shares in marked_text; only with explain.'
      ),
  ] = None
  n_words: Annotated[
      int | None, Field(description='The number of words; only with explain.')
  ] = None
  n_known_words: Annotated[
      int | None,
      Field(description='The number of words in the vocabulary; only with explain.'),
  ] = None


class PredictResponse(BaseModel):
  """The answer to `POST /predict`: a prediction for each text, in their order."""

  predictions: list[TextPrediction]


class HealthResponse(BaseModel):
  """The answer to `GET /healthz`."""

  status: Literal['ok'] = 'ok'
  class_names: list[str]
  explains: Annotated[bool, Field(description='Whether explain is allowed.')]


class Example(BaseModel):
  """A text that the page offers to click."""

  text: str
  name: Annotated[
      str | None, Field(description='The label of a validation text of the run.')
  ] = None


class ExamplesResponse(BaseModel):
  """The answer to `GET /examples`."""

  examples: list[Example]


class ErrorResponse(BaseModel):
  """The answer to a request that is refused."""

  error: str
