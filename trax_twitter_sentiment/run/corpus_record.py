"""What a run's directory records of its corpus."""

import dataclasses
import json

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.text import json_fields

_FILE_FORMAT = 1


@dataclasses.dataclass(frozen=True)
class CorpusRecord:
  """The name, the checksum and the recipe of a corpus.

  Attributes:
    name: the corpus's name for people.
    digest: the corpus's checksum.
    recipe: the call that makes the corpus; `None` if it cannot be made again.
  """

  name: str
  digest: str
  recipe: Recipe | None

  @classmethod
  def of(cls, corpus: Corpus) -> 'CorpusRecord':
    """Returns the record of a corpus."""
    return cls(corpus.name, corpus.digest, corpus.recipe)

  def to_json(self) -> str:
    """Returns the JSON text that `from_json` reads."""
    recipe = self.recipe.to_fields() if self.recipe else None
    content = {
        'format': _FILE_FORMAT,
        'name': self.name,
        'digest': self.digest,
        'recipe': recipe,
    }
    return json.dumps(content, indent=1) + '\n'

  @classmethod
  def from_json(cls, content: str) -> 'CorpusRecord':
    """Returns the record that `to_json` wrote.

    Raises:
      ValueError: if the content is anything else.
    """
    fields = json_fields.parse_object(content, _FILE_FORMAT)
    name, digest = fields.get('name'), fields.get('digest')
    if not isinstance(name, str) or not isinstance(digest, str):
      raise ValueError('its name or its digest is not a string')
    recipe = fields.get('recipe')
    return cls(name, digest, None if recipe is None else Recipe.from_fields(recipe))
