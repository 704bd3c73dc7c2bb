"""The JSON that the service accepts and returns, as pydantic models."""

from typing import Annotated, Any, Literal

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
  explain: bool = Field(
      default=False, description="Whether to add each token's share of the log-odds."
  )


class Fragment(BaseModel):
  """A part of a text."""

  text: str
  share: float | None = Field(
      description='The share of the log-odds; null for text that is not read.'
  )


def _explained(description: str) -> Any:
  """Returns an optional field of an explanation."""
  return Field(default=None, description=f'{description}; only with explain.')


class TextPrediction(BaseModel):
  """The prediction for one text."""

  text: str
  label: int | None = Field(description='The index of the class; null without a text.')
  name: str = Field(description="The name of the class, or 'no text'.")
  sentiment: str | None = Field(
      default=None, description='Equals name; only for negative and positive.'
  )
  log_probabilities: list[float] | None
  probabilities: dict[str, float] | None = Field(
      description='Class name to probability.'
  )
  tokens: list[str]
  n_known: int = Field(description='The number of tokens that are in the vocabulary.')
  shares: list[float] | None = _explained("Each token's share of the log-odds")
  bias: float | None = _explained('The log-odds without any token')
  contrast: tuple[str, str] | None = _explained(
      'The classes that positive and negative shares support: positive and negative, '
      'or for more than two classes the predicted class and the second most probable '
      'class'
  )
  explained_run: str | None = _explained(
      'The run with these shares, if the service averages several runs'
  )
  marked_text: list[Fragment] | None = _explained('The text, in fragments')
  rest: float | None = _explained('The log-odds minus the shares in marked_text')
  n_words: int | None = _explained('The number of words')
  n_known_words: int | None = _explained('The number of words in the vocabulary')


class PredictResponse(BaseModel):
  """The answer to `POST /predict`: a prediction for each text, in their order."""

  predictions: list[TextPrediction]


class HealthResponse(BaseModel):
  """The answer to `GET /healthz`."""

  status: Literal['ok'] = 'ok'
  class_names: list[str]
  explains: bool = Field(description='Whether explain is allowed.')


class Example(BaseModel):
  """A text that the page offers to click."""

  text: str
  name: str | None = Field(default=None, description='The label of a validation text.')


class ExamplesResponse(BaseModel):
  """The answer to `GET /examples`."""

  examples: list[Example]


class ErrorResponse(BaseModel):
  """The answer to a request that is refused."""

  error: str
