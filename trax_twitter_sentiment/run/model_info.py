"""The file that tells how a run's model makes scores of token vectors."""

import dataclasses
import json
import os

from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.files import read_whole, write_atomically

MODEL_FILE = 'model.json'
POOLINGS = ('masked_mean', 'masked_sqrtn', 'mean')
_FILE_FORMAT = 1

# Far more than texts are padded to. Batches of so many tokens are made in prediction.
_MAX_PADDED_LENGTH = 2**20


@dataclasses.dataclass(frozen=True)
class ModelInfo:
  """What prediction has to know of a model, beside its weights.

  Attributes:
    pooling: that of a `TwitterClassifier`; `None` for any other model.
    padded_length: the tokens that the run's first validation batch is padded to,
      by which `'mean'` divides.
    class_names: what the columns of its output stand for.
  """

  pooling: str | None
  padded_length: int
  class_names: tuple[str, ...] = SENTIMENTS

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
    return read_whole(os.path.join(folder, MODEL_FILE), _parse, 'a model file')


def _parse(content: bytes) -> ModelInfo:
  fields = json.loads(content)
  if not isinstance(fields, dict) or fields.pop('format', None) != _FILE_FORMAT:
    raise ValueError(f'its format is not {_FILE_FORMAT}')
  class_names = fields.pop('class_names', SENTIMENTS)
  if sorted(fields) != ['padded_length', 'pooling']:
    raise ValueError('it does not hold pooling, padded_length and class_names alone')
  if not isinstance(class_names, (list, tuple)) or not (
      len(class_names) >= 2
      and all(isinstance(name, str) for name in class_names)
      and len(set(class_names)) == len(class_names)
  ):
    raise ValueError('its class_names are not two or more names, each once')
  info = ModelInfo(**fields, class_names=tuple(class_names))
  if (
      info.pooling not in (None, *POOLINGS)
      or type(info.padded_length) is not int
      or not 1 <= info.padded_length <= _MAX_PADDED_LENGTH
  ):
    raise ValueError('its pooling or padded_length is not a legal value')
  return info
