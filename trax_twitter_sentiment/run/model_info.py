"""The properties of a model that prediction requires besides its weights."""

import dataclasses
import json

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.text import json_fields

POOLINGS = ('masked_mean', 'masked_sqrtn', 'mean')
_FILE_FORMAT = 2

# The maximum length of batches. A damaged file may contain a huge length, for which
# prediction would fill the memory.
_MAX_PADDED_LENGTH = 2**20


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
  """

  pooling: str | None
  padded_length: int
  class_names: tuple[str, ...] = SENTIMENTS
  max_length: int | None = None

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
    fields = json_fields.parse_object(content, _FILE_FORMAT)
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
    return cls(
        fields['pooling'], fields['padded_length'], class_names, fields['max_length']
    )


def _is_length(value: object) -> bool:
  return type(value) is int and 1 <= value <= _MAX_PADDED_LENGTH
