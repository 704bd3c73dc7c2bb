import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.model_info import MODEL_FILE, ModelInfo


@pytest.mark.parametrize('pooling', ['mean', 'masked_mean', None])
def test_saved_info_loads_as_it_was(tmp_path, pooling):
  info = ModelInfo(pooling, 51)
  info.save(tmp_path)
  assert ModelInfo.load(tmp_path) == info


@pytest.mark.parametrize(
    'content',
    [
        '',
        '[]',
        '[' * 100_000,
        '{"format": 2, "pooling": null, "padded_length": 3}',
        '{"format": 1, "pooling": "max", "padded_length": 3}',
        '{"format": 1, "pooling": "mean", "padded_length": 0}',
        '{"format": 1, "pooling": "mean", "padded_length": "3"}',
        '{"format": 1, "pooling": "mean"}',
        '{"format": 1, "pooling": "mean", "padded_length": 3, "more": 1}',
    ],
)
def test_damaged_file_is_named(tmp_path, content):
  (tmp_path / MODEL_FILE).write_text(content)
  with pytest.raises(UserError, match='model.json is not a model file'):
    ModelInfo.load(tmp_path)
