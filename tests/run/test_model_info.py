"""The model file of a run."""

import json

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.run import MODEL_FILE, Run


def _content(**changes):
  return json.dumps({**json.loads(ModelInfo('mean', 3).to_json()), **changes})


@pytest.mark.parametrize('pooling', ['mean', 'masked_mean', None])
def test_saved_info_loads_unchanged(pooling):
  info = ModelInfo(pooling, 51, ('ham', 'spam'), max_length=9)
  assert ModelInfo.from_json(info.to_json()) == info


@pytest.mark.parametrize(
    'content',
    [
        '',
        '[]',
        '[' * 100_000,
        _content(format=1),
        _content(pooling='max'),
        _content(padded_length=0),
        _content(padded_length='3'),
        _content(max_length=0),
        _content(class_names=['one']),
        _content(class_names=['one', 'one']),
        _content(more=1),
        '{"format": 2, "pooling": "mean"}',
    ],
)
def test_damaged_file_is_named(tmp_path, content):
  (tmp_path / MODEL_FILE).write_text(content)
  with pytest.raises(UserError, match='model.json is not a model file'):
    _ = Run(tmp_path).model_info
