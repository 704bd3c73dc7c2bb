"""Warnings that the project's own code causes are errors, as pyproject.toml has it."""

import warnings

import pytest


def _warn_from(module: str) -> None:
  """Warns as code of a module of that name does."""
  exec("import warnings; warnings.warn('careful')", {'__name__': module})


@pytest.mark.parametrize(
  'module', ['trax_twitter_sentiment', 'trax_twitter_sentiment.tokenizer', __name__]
)
def test_warning_of_own_code_is_an_error(module):
  with pytest.raises(UserWarning, match='careful'):
    _warn_from(module)


def test_warning_of_this_test_is_an_error():
  with pytest.raises(DeprecationWarning):
    warnings.warn('careful', DeprecationWarning, stacklevel=1)


def test_warning_of_other_code_is_none():
  with warnings.catch_warnings(record=True) as caught:
    _warn_from('numpy')
  assert [str(warning.message) for warning in caught] == ['careful']
