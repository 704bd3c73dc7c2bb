"""The record of the corpus in a run's directory."""

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
    name: the corpus's name.
    digest: the corpus's checksum.
    recipe: the call that makes the corpus; `None` if it cannot be made again.
    class_of_label: the labels of the corpus's files, each with its class.
  """

  name: str
  digest: str
  recipe: Recipe | None
  class_of_label: tuple[tuple[str, int], ...] = ()

  @classmethod
  def of(cls, corpus: Corpus) -> 'CorpusRecord':
    """Returns the record of a corpus."""
    return cls(corpus.name, corpus.digest, corpus.recipe, corpus.class_of_label)

  def to_json(self) -> str:
    """Returns the JSON text that `from_json` reads."""
    recipe = self.recipe.to_fields() if self.recipe else None
    content = {
        'format': _FILE_FORMAT,
        'name': self.name,
        'digest': self.digest,
        'recipe': recipe,
        'labels': dict(self.class_of_label),
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
    labels = fields.get('labels', {})
    if not isinstance(labels, dict) or not all(
        type(class_) is int for class_ in labels.values()
    ):
      raise ValueError('its labels do not map to class numbers')
    recipe = fields.get('recipe')
    return cls(
        name,
        digest,
        None if recipe is None else Recipe.from_fields(recipe),
        tuple(labels.items()),
    )
