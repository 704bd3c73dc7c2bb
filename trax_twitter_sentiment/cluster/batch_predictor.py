"""A predictor for batches of table rows, for use with data frameworks."""

import io
import os
import tempfile
import zipfile
from collections.abc import Sequence
from typing import Any

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import open_regular
from trax_twitter_sentiment.prediction import fields
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import CHUNK_SIZE, DecisionRule
from trax_twitter_sentiment.run import run as runs
from trax_twitter_sentiment.tables.values import MalformedError, as_text


def model_bytes(model_dir: str | os.PathLike | Sequence[str | os.PathLike]) -> bytes:
  """Returns the models of runs as bytes, to be sent to other machines.

  Args:
    model_dir: an output directory or several, as for `SentimentPredictor.load`.

  Raises:
    UserError: if a directory is not that of a run, or its model is neither a
      `TwitterClassifier` nor a `PretrainedEncoder`. Any other model would require Trax
      on every machine.
  """
  opened = runs.open_runs(model_dir)
  for run in opened:
    if not run.files_of_prediction:
      raise UserError(
          f'model_dir={run.folder!r} has no TwitterClassifier and no PretrainedEncoder.'
      )
  SentimentPredictor.from_runs(opened)  # Checks the files.
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w') as archive:
    for number, run in enumerate(opened):
      for name in run.files_of_prediction:
        with open_regular(run.path(name)) as file:
          # ZipInfo has a fixed date, so that a run always becomes the same bytes.
          archive.writestr(zipfile.ZipInfo(f'{number}/{name}'), file.read())
  return buffer.getvalue()


def load_predictor(model: bytes) -> SentimentPredictor:
  """Returns the predictor of the model that `model_bytes` returned."""
  with tempfile.TemporaryDirectory() as folder:
    with zipfile.ZipFile(io.BytesIO(model)) as archive:
      archive.extractall(folder)
    return SentimentPredictor.load([entry.path for entry in _sorted_entries(folder)])


def _sorted_entries(folder: str) -> list[os.DirEntry]:
  return sorted(os.scandir(folder), key=lambda entry: int(entry.name))


class BatchPredictor:
  """A function that adds predictions to batches of Arrow or pandas tables.

  Ray Data, Spark, Beam and Dask call such functions. Neither Trax nor TensorFlow is
  imported.

  Args:
    model: the bytes that `model_bytes` returned.
    column: the column of the texts.
    min_probability: the minimum probability of a predicted class. Below it, the text
      has the name `'unsure'` and no label.

  Examples:
    >>> import ray
    >>> model = model_bytes('runs/twitter')
    >>> ray.data.read_parquet('tweets/').map_batches(
    ...     BatchPredictor, fn_constructor_args=[model], batch_format='pyarrow'
    ... ).write_parquet('scored/')
  """

  def __init__(self, model: bytes, column: str = 'text', min_probability: float = 0.0):
    self._predictor = load_predictor(model)
    self._column = column
    self._rule = DecisionRule(min_probability)

  def __call__(self, batch: Any) -> Any:
    """Returns a batch with new columns: label, name, and `p_…` of each class.

    A text without a decision has a null label; an empty or missing text has null
    probabilities, too. The batch's own column `label` becomes `input_label`, and so on.

    Args:
      batch: a `pyarrow.Table`, a `pyarrow.RecordBatch` or a `pandas.DataFrame`.

    Raises:
      UserError: if the column of the texts is missing, or contains other values.
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
      values = [None if missing else v for v, missing in zip(values, values.isna())]
    else:
      values = values.to_pylist()
    try:
      texts = [as_text(value, self._column) for value in values]
    except MalformedError as problem:
      raise UserError(f'{problem}.') from problem
    return add_predictions(self._predictor, self._rule, texts, batch)


def add_predictions(
    predictor: SentimentPredictor,
    rule: DecisionRule,
    texts: Sequence[str | None],
    batch: Any,
) -> Any:
  """Returns a batch with the `fields.prediction_columns` of its texts."""
  class_names = predictor.class_names
  columns: dict[str, list] = {name: [] for name in fields.column_names(class_names)}
  for start in range(0, len(texts), CHUNK_SIZE):
    chunk = texts[start : start + CHUNK_SIZE]
    scores = predictor.score(chunk)
    predicted = fields.prediction_columns(chunk, scores, class_names, rule)
    for name, values in predicted.items():
      columns[name] += values
  if hasattr(batch, 'iloc'):
    kept = [fields.kept_name(str(name), columns) for name in batch.columns]
    frame = batch.set_axis(kept, axis='columns')
    _, _, *probabilities = columns
    types = {'label': 'Int64', **dict.fromkeys(probabilities, 'float64')}
    return frame.assign(**columns).astype(types)
  import pyarrow as pa  # A lazy import: batches of pandas do not require it.

  kept = [fields.kept_name(name, columns) for name in batch.schema.names]
  batch = batch.rename_columns(kept)
  types = {'label': pa.int64(), 'name': pa.string()}
  for name, values in columns.items():
    array = pa.array(values, types.get(name, pa.float64()))
    batch = batch.append_column(name, array)
  return batch
