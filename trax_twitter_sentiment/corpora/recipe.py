"""A recipe: which configurable made a corpus, with which arguments."""

import dataclasses
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

import gin

from trax_twitter_sentiment.errors import UserError

# The configurables that `Recipe.make` may call. A run's directory may come from a
# stranger, so it cannot name any other.
_MAKERS = (
    'GroupedCorpus',
    'MixedCorpus',
    'TextFileCorpus',
    'TfdsCorpus',
    'TweetEvalCorpus',
    'TwitterCorpus',
)


@dataclasses.dataclass(frozen=True)
class Recipe:
  """The call that made a corpus.

  Attributes:
    configurable: the name of the configurable, such as `'TextFileCorpus'`.
    arguments: pairs of name and value, sorted. A value is a str, a number, a bool,
      `None`, a recipe, or a tuple of values.

  Examples:
    >>> Recipe.of('TwitterCorpus', source='sample').to_fields()
    {'configurable': 'TwitterCorpus', 'arguments': {'source': 'sample'}}
  """

  configurable: str
  arguments: tuple[tuple[str, Any], ...]

  @classmethod
  def of(cls, configurable: str, /, **arguments: Any) -> 'Recipe':
    """Returns the recipe of a call."""
    frozen = {name: _frozen(value) for name, value in arguments.items()}
    return cls(configurable, tuple(sorted(frozen.items())))

  def make(self) -> Any:
    """Calls the configurable with the recorded arguments, and returns the corpus.

    Raises:
      UserError: if the corpus cannot be made, for example if a file is missing.
    """
    if self.configurable not in _MAKERS:
      raise UserError(
          f'The corpus was made by {self.configurable}, which is not one of '
          f'{", ".join(_MAKERS)}.'
      )
    make = gin.get_configurable(self.configurable)
    arguments = {name: _callables(value) for name, value in self.arguments}
    try:
      inspect.signature(make).bind(**arguments)
      return make(**arguments)
    except UserError:
      raise
    # A damaged file can contain any argument with any value.
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
      reason = textwrap.shorten(str(error), 200, placeholder=' …')
      raise UserError(
          f'{self.configurable} does not accept its recorded arguments: {reason}.'
      ) from error

  def to_fields(self) -> dict[str, Any]:
    """Returns the recipe as a JSON object."""
    arguments = {name: _as_json(value) for name, value in self.arguments}
    return {'configurable': self.configurable, 'arguments': arguments}

  @classmethod
  def from_fields(cls, fields: Any) -> 'Recipe':
    """Returns the recipe that `to_fields` wrote.

    Raises:
      ValueError: if the fields are not those of a recipe.
    """
    if (
        not isinstance(fields, dict)
        or not isinstance(fields.get('configurable'), str)
        or not isinstance(fields.get('arguments'), dict)
    ):
      raise ValueError('its recipe is not a configurable with its arguments')
    return cls.of(
        fields['configurable'],
        **{name: _from_json(value) for name, value in fields['arguments'].items()},
    )


def _frozen(value: Any) -> Any:
  """Returns a hashable value: tuples for lists and mappings."""
  if isinstance(value, Mapping):
    return tuple((key, _frozen(item)) for key, item in value.items())
  if isinstance(value, (list, tuple)):
    return tuple(map(_frozen, value))
  return value


def _callables(value: Any) -> Any:
  """Returns a value in which each recipe is a function that makes its corpus."""
  if isinstance(value, Recipe):
    return value.make
  return tuple(map(_callables, value)) if isinstance(value, tuple) else value


def _as_json(value: Any) -> Any:
  if isinstance(value, Recipe):
    return value.to_fields()
  return [*map(_as_json, value)] if isinstance(value, tuple) else value


def _from_json(value: Any) -> Any:
  if isinstance(value, dict):
    return Recipe.from_fields(value)
  return tuple(map(_from_json, value)) if isinstance(value, list) else value
