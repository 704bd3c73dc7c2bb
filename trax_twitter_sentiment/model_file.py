"""The file that tells how a run's model makes scores of token vectors."""

import dataclasses
import json
import os

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import write_atomically

MODEL_FILE = 'model.json'
POOLINGS = ('masked_mean', 'mean')
_FILE_FORMAT = 1


@dataclasses.dataclass(frozen=True)
class ModelInfo:
  """What prediction has to know of a model, beside its weights.

  Attributes:
    pooling: that of a `TwitterClassifier`; `None` for any other model.
    padded_length: the tokens that the run's first validation batch is padded to,
      by which `'mean'` divides.
  """

  pooling: str | None
  padded_length: int

  def save(self, folder: str) -> None:
    """Writes the file into a run's output directory, atomically."""
    content = {'format': _FILE_FORMAT, **dataclasses.asdict(self)}
    write_atomically(os.path.join(folder, MODEL_FILE), json.dumps(content) + '\n')

  @classmethod
  def load(cls, folder: str) -> 'ModelInfo':
    """Reads the file of a run's output directory.

    Raises:
      FileNotFoundError: if there is none.
      UserError: if it is damaged.
    """
    path = os.path.join(folder, MODEL_FILE)
    with open(path, 'rb') as file:
      content = file.read()
    try:
      fields = json.loads(content)
      if fields.pop('format') != _FILE_FORMAT:
        raise ValueError(f'its format is not {_FILE_FORMAT}')
      info = cls(**fields)
      if info.pooling not in (None, *POOLINGS) or info.padded_length < 1:
        raise ValueError('its pooling or padded_length is not a legal value')
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
      raise UserError(f'{path} is not a model file: {error}.') from error
    return info
