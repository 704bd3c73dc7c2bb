"""The properties of a model that prediction requires besides its weights."""

import dataclasses
import json
import math
from typing import Any

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.text import json_fields

POOLINGS = ('masked_mean', 'masked_sqrtn', 'mean')
ENCODER_POOLINGS = ('mean', 'first')
_FILE_FORMAT = 2

# The maximum length of batches. A damaged file may contain a huge length, for which
# prediction would fill the memory.
_MAX_PADDED_LENGTH = 2**20

# The maximum number of layers, for the same reason.
_MAX_LAYERS = 1000


@dataclasses.dataclass(frozen=True)
class EncoderInfo:
  """The properties of a `PretrainedEncoder`.

  Attributes:
    pooling: one of `ENCODER_POOLINGS`.
    n_layers: the number of its attention layers.
    has_pooler: whether a pretrained dense layer follows the pooling.
    temperature: the divisor of the logits in predictions.
  """

  pooling: str
  n_layers: int
  has_pooler: bool
  temperature: float = 1.0

  @classmethod
  def from_fields(cls, fields: Any) -> 'EncoderInfo':
    """Returns the properties in a JSON object; raises `ValueError` for others."""
    names = {field.name for field in dataclasses.fields(cls)}
    if not isinstance(fields, dict) or set(fields) != names:
      raise ValueError(f'the fields of its encoder are not {", ".join(sorted(names))}')
    info = cls(**fields)
    if (
        info.pooling not in ENCODER_POOLINGS
        or type(info.n_layers) is not int
        or not 1 <= info.n_layers <= _MAX_LAYERS
        or type(info.has_pooler) is not bool
        or type(info.temperature) is not float
        or not 0 < info.temperature < math.inf
    ):
      raise ValueError('a field of its encoder has no legal value')
    return info


@dataclasses.dataclass(frozen=True)
class ModelInfo:
  """The properties of a model that prediction requires besides its weights.

  Attributes:
    pooling: the pooling of a `TwitterClassifier`; `None` for any other model.
    padded_length: the length of the run's first validation batch. The pooling
      `'mean'` divides by it.
    class_names: the names of the classes, in the order of the model's outputs.
    max_length: the maximum number of tokens of a text, if the run's batches cut
      longer texts; `None` if they do not.
    encoder: the properties of a `PretrainedEncoder`; `None` for any other model.
  """

  pooling: str | None
  padded_length: int
  class_names: tuple[str, ...] = SENTIMENTS
  max_length: int | None = None
  encoder: EncoderInfo | None = None

  def to_json(self) -> str:
    """Returns the JSON text that `from_json` reads."""
    content = {'format': _FILE_FORMAT, **dataclasses.asdict(self)}
    return json.dumps(content) + '\n'

  @classmethod
  def from_json(cls, content: str) -> 'ModelInfo':
    """Returns the properties that `to_json` wrote.

    Raises:
      ValueError: if the content is anything else.
    """
    # A file of an older version lacks the encoder.
    fields = {'encoder': None, **json_fields.parse_object(content, _FILE_FORMAT)}
    names = {field.name for field in dataclasses.fields(cls)}
    if set(fields) != {'format', *names}:
      raise ValueError(f'its fields are not {", ".join(sorted(names))}')
    class_names = json_fields.strings(fields, 'class_names')
    if len(class_names) < 2 or len(set(class_names)) < len(class_names):
      raise ValueError('its class_names are not two or more different names')
    if fields['pooling'] not in (None, *POOLINGS):
      raise ValueError(f'its pooling is not one of {", ".join(POOLINGS)}')
    if not _is_length(fields['padded_length']):
      raise ValueError('its padded_length is not a legal length')
    if fields['max_length'] is not None and not _is_length(fields['max_length']):
      raise ValueError('its max_length is not a legal length')
    encoder = fields['encoder'] and EncoderInfo.from_fields(fields['encoder'])
    if encoder and (fields['max_length'] is None or fields['pooling'] is not None):
      raise ValueError('an encoder requires max_length, and no other pooling')
    return cls(
        fields['pooling'],
        fields['padded_length'],
        class_names,
        fields['max_length'],
        encoder,
    )


def _is_length(value: object) -> bool:
  return type(value) is int and 1 <= value <= _MAX_PADDED_LENGTH
