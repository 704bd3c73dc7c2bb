"""Any Trax model that was trained on the plugin's streams, run by Trax."""

import importlib.util
import os
import tokenize
from collections.abc import Sequence
from typing import Any

from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

import gin
import numpy as np
from gin import config_parser
from trax import layers as tl
from trax import shapes

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import parse_file
from trax_twitter_sentiment.run.run import MODEL_FILE, Run
from trax_twitter_sentiment.run.settings import CONFIG_FILE
from trax_twitter_sentiment.text.vocabulary import PAD_ID

# The number of texts in a batch. All batches have one size, so JAX compiles once.
_BATCH_SIZE = 64


class TraxModel:
  """The model that a run's `config.gin` names, with the run's weights.

  A gin file imports installed modules, so use only directories that you trust. A gin
  file that imports code from the directory itself is refused. Texts are padded, or cut
  off, to the length of the run's validation batches.

  Args:
    run: the run.

  Raises:
    UserError: if `config.gin` is missing or refused, or does not fit the weights.
  """

  def __init__(self, run: Run):
    folder, info = run.folder, run.model_info
    path = run.path(CONFIG_FILE)
    try:
      config = parse_file(path, lambda content: content.decode('utf-8'), 'a gin file')
    except FileNotFoundError as error:
      problem = f'{folder} has no {CONFIG_FILE}, which names its model.'
      raise UserError(problem) from error
    _refuse_code_of(folder, path, config)
    with gin.unlock_config():
      gin.parse_config(config)
      model = gin.query_parameter('train.model').scoped_configurable_fn(mode='eval')
    self._shape = (_BATCH_SIZE, info.padded_length)
    signature = shapes.ShapeDtype(self._shape, np.int32)
    model.init(signature)
    try:
      model.weights, _ = tl.unflatten_weights_and_state(
          run.weights,
          (),
          model.weights_and_state_signature(signature),
          weights_only=True,
      )
    except (IndexError, ValueError) as error:
      raise UserError(
          f'{folder}: the weights do not fit the model of {CONFIG_FILE}.'
      ) from error
    n_columns = model.output_signature(signature).shape[-1]
    if n_columns != len(info.class_names):
      raise UserError(
          f'{folder}: the model has {n_columns} classes, but {MODEL_FILE} names '
          f'{len(info.class_names)}: {", ".join(info.class_names)}.'
      )
    self._model = tl.Accelerate(model, n_devices=1)

  def log_probabilities(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Returns <float64>[n_texts, n_classes]; see `predictor.Model`."""
    id_lists = np.split(ids, np.cumsum(lengths)[:-1])
    return np.concatenate([
        self._score(id_lists[start : start + _BATCH_SIZE])
        for start in range(0, len(id_lists), _BATCH_SIZE)
    ])

  def _score(self, id_lists: Sequence[np.ndarray]) -> np.ndarray:
    inputs = np.full(self._shape, PAD_ID, np.int32)
    for row, ids in zip(inputs, id_lists):
      kept = ids[: len(row)]
      row[: len(kept)] = kept
    output: Any = np.asarray(self._model(inputs), np.float64)[: len(id_lists)]
    # The model may return logits. This leaves log-probabilities unchanged.
    return output - np.logaddexp.reduce(output, axis=1, keepdims=True)


def _refuse_code_of(folder: str, path: str, config: str) -> None:
  """Raises `UserError` if a config includes files or imports code of the run's folder.

  Trax writes neither, unless training was started in the run's own folder.

  Args:
    folder: the run's folder.
    path: the path of the config, for messages.
    config: the content of the config.
  """
  delegate = gin.config.ParserDelegate(skip_unknown=True)
  try:
    statements = list(config_parser.ConfigParser(config, delegate))
  except (SyntaxError, tokenize.TokenError, ValueError) as error:
    raise UserError(f'{path} is not a gin file.') from error
  for statement in statements:
    if isinstance(statement, config_parser.IncludeStatement):
      raise UserError(f'{path} includes {statement.filename!r}, which is refused.')
    if isinstance(statement, config_parser.ImportStatement):
      # Finding the spec of a submodule would import its package.
      spec = importlib.util.find_spec(statement.module.partition('.')[0])
      places = [*(spec.submodule_search_locations or ()), spec.origin] if spec else []
      own = {os.path.dirname(os.path.realpath(place)) for place in places if place}
      if os.path.realpath(folder) in own:
        raise UserError(
            f"{path} imports {statement.module}, which is code in the run's own folder."
        )
