"""A predictor for batches of tables, as data frameworks hand them to functions."""

import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import fields
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import CHUNK_SIZE, DecisionRule
from trax_twitter_sentiment.run.run import MODEL_FILE, TOKENIZER_FILE, WEIGHTS_FILE
from trax_twitter_sentiment.tables.values import MalformedError, as_text

# What prediction takes of a run's output directory.
_FILES = (TOKENIZER_FILE, MODEL_FILE, WEIGHTS_FILE)


def model_bytes(model_dir: str | os.PathLike) -> bytes:
  """Returns a run's model as bytes, which travel to other machines.

  Raises:
    UserError: if the directory holds no whole run, or another model than a
      `TwitterClassifier`, which would need Trax on every machine.
  """
  if not SentimentPredictor.load(model_dir).explains:
    raise UserError(
        f'model_dir={os.fspath(model_dir)!r} holds no TwitterClassifier, and other '
        'machines predict by that alone.'
    )
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w') as archive:
    for name in _FILES:
      # Of one date, so that the bytes of one run are always the same.
      with open(os.path.join(model_dir, name), 'rb') as file:
        archive.writestr(zipfile.ZipInfo(name), file.read())
  return buffer.getvalue()


class BatchPredictor:
  """Adds predictions to batches of a table: Arrow's, or pandas' data frames.

  For the functions of Ray Data, Spark, Beam and Dask that take a batch. It needs
  neither Trax nor TensorFlow.

  Args:
    model: what `model_bytes` returned.
    column: the column of the texts.
    min_probability: what is less probable is called `'unsure'`, without a label.

  Examples:
    >>> import ray
    >>> model = model_bytes('runs/twitter')
    >>> ray.data.read_parquet('tweets/').map_batches(
    ...     BatchPredictor, fn_constructor_args=[model], batch_format='pyarrow'
    ... ).write_parquet('scored/')
  """

  def __init__(self, model: bytes, column: str = 'text', min_probability: float = 0.0):
    with tempfile.TemporaryDirectory() as folder:
      with zipfile.ZipFile(io.BytesIO(model)) as archive:
        for name in _FILES:
          archive.extract(name, folder)
      self.predictor = SentimentPredictor.load(folder)
    self._column = column
    self._rule = DecisionRule(min_probability)

  def __call__(self, batch: Any) -> Any:
    """Returns a batch with columns added: label, name, and `p_` of each class.

    The label is null where there is no text, and so is each probability, <float64>;
    columns that are called so already become `input_label` and the like.

    Args:
      batch: a `pyarrow.Table`, a `pyarrow.RecordBatch` or a `pandas.DataFrame`.

    Raises:
      UserError: if it has no column of texts, or one of something else.
    """
    is_frame = hasattr(batch, 'iloc')
    names = [*(batch.columns if is_frame else batch.schema.names)]
    if names.count(self._column) != 1:
      raise UserError(
          f'column={self._column!r} is not one of the columns of the batch: '
          f'{", ".join(map(repr, names))}.'
      )
    values = batch[self._column]
    if is_frame:
      texts = [None if no else v for v, no in zip(values, values.isna())]
      return _add_to_frame(batch, self.columns_of(self._as_texts(texts)))
    return add_columns(batch, self.columns_of(self._as_texts(values.to_pylist())))

  def columns_of(self, texts: Sequence[str | None]) -> dict[str, list]:
    """Returns label, name and `p_` of each class, by column, for each of `texts`."""
    columns: dict[str, list] = {name: [] for name in self.names}
    for start in range(0, len(texts), CHUNK_SIZE):
      chunk = texts[start : start + CHUNK_SIZE]
      scores = self.predictor.score(chunk)
      class_names = self.predictor.class_names
      for name, values in fields.prediction_columns(
          chunk, scores, class_names, self._rule
      ).items():
        columns[name] += values
    return columns

  @property
  def names(self) -> list[str]:
    """The names of the columns that it adds."""
    return fields.column_names(self.predictor.class_names)

  def _as_texts(self, values: Iterable[Any]) -> list[str | None]:
    try:
      return [as_text(value, self._column) for value in values]
    except MalformedError as problem:
      raise UserError(f'{problem}.') from problem


def add_columns(batch: Any, columns: dict[str, list]) -> Any:
  """Returns an Arrow table or record batch with a predictor's columns added."""
  import pyarrow as pa

  batch = batch.rename_columns(renamed(batch.schema.names, columns))
  types = {'label': pa.int64(), 'name': pa.string()}
  for name, values in columns.items():
    array = pa.array(values, types.get(name, pa.float64()))
    batch = batch.append_column(name, array)
  return batch


def renamed(names: Sequence[str], taken: Iterable[str]) -> list[str]:
  """Returns names of columns that are none of those taken: `input_label`, and so on."""
  used = {*taken}
  found = []
  for name in names:
    while name in used:
      name = f'input_{name}'  # noqa: PLW2901
    used.add(name)
    found.append(name)
  return found


def _add_to_frame(frame: Any, columns: dict[str, list]) -> Any:
  names = renamed([*map(str, frame.columns)], columns)
  frame = frame.set_axis(names, axis='columns')
  return frame.assign(**columns).astype({'label': 'Int64'})
