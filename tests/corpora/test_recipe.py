"""Corpora that are made again by their recipes."""

import pytest

from trax_twitter_sentiment.corpora import text_corpora  # noqa: F401  (registers makers)
from trax_twitter_sentiment.corpora.recipe import Recipe
from trax_twitter_sentiment.errors import UserError


def test_missing_file_is_named(tmp_path):
  recipe = Recipe.of('TextFileCorpus', train_path=str(tmp_path / 'moved.csv'))
  with pytest.raises(UserError, match='moved.csv'):
    recipe.make()


def test_unknown_argument_is_refused():
  recipe = Recipe.of('TextFileCorpus', train_pth='a.csv')
  with pytest.raises(UserError, match='does not accept its recorded arguments'):
    recipe.make()
