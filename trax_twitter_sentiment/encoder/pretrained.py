"""The folder of a pretrained encoder: its configuration and its weights by name."""

import functools
import os
from collections.abc import Iterator

import numpy as np

from trax_twitter_sentiment.encoder import hub
from trax_twitter_sentiment.encoder.config import EncoderConfig
from trax_twitter_sentiment.encoder.safetensors import DTYPES, TensorFile
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import parse_file
from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder

# The names of layers in `model.safetensors`, after the prefix. `{i}` is the number of
# the attention layer.
_BERT = {
    'words': 'embeddings.word_embeddings',
    'positions': 'embeddings.position_embeddings',
    'types': 'embeddings.token_type_embeddings',
    'embedding_norm': 'embeddings.LayerNorm',
    'query': 'encoder.layer.{i}.attention.self.query',
    'key': 'encoder.layer.{i}.attention.self.key',
    'value': 'encoder.layer.{i}.attention.self.value',
    'attention_out': 'encoder.layer.{i}.attention.output.dense',
    'attention_norm': 'encoder.layer.{i}.attention.output.LayerNorm',
    'ff_in': 'encoder.layer.{i}.intermediate.dense',
    'ff_out': 'encoder.layer.{i}.output.dense',
    'ff_norm': 'encoder.layer.{i}.output.LayerNorm',
    'pooler': 'pooler.dense',
}
_DISTILBERT = {
    'words': 'embeddings.word_embeddings',
    'positions': 'embeddings.position_embeddings',
    'embedding_norm': 'embeddings.LayerNorm',
    'query': 'transformer.layer.{i}.attention.q_lin',
    'key': 'transformer.layer.{i}.attention.k_lin',
    'value': 'transformer.layer.{i}.attention.v_lin',
    'attention_out': 'transformer.layer.{i}.attention.out_lin',
    'attention_norm': 'transformer.layer.{i}.sa_layer_norm',
    'ff_in': 'transformer.layer.{i}.ffn.lin1',
    'ff_out': 'transformer.layer.{i}.ffn.lin2',
    'ff_norm': 'transformer.layer.{i}.output_layer_norm',
}
_NAMES = {'bert': _BERT, 'roberta': _BERT, 'distilbert': _DISTILBERT}

# Checkpoints of 2018 have other names for the weights of layer normalization.
_OLD_NAMES = {'weight': 'gamma', 'bias': 'beta'}

_PICKLE = 'pytorch_model.bin'


class PretrainedFolder:
  """A folder with a pretrained encoder, in the layout of Hugging Face.

  It contains `config.json`, `model.safetensors` and `tokenizer.json`.

  Args:
    folder: the folder, or a name on the Hub.

  Attributes:
    path: the folder on this machine.
    config: the configuration.
    config_json: the content of `config.json`.

  Raises:
    UserError: if a file is missing, damaged or not supported, or if a weight is missing
      or has another shape than `config.json` says.
  """

  def __init__(self, folder: str):
    self.path = hub.local_folder(folder)
    self.config_json = self._read(hub.CONFIG_FILE)
    self.config = self._parsed_config()
    self._names = _NAMES[self.config.family]
    self._tensors = self._opened_tensors()
    self._prefix = self._prefix_of_names()
    self._check_shapes()

  @property
  def has_pooler(self) -> bool:
    """Whether the folder has a pretrained layer for the first token's vector."""
    return 'pooler' in self._names and self._find('pooler', 'weight') is not None

  @functools.cached_property
  def encoder(self) -> SubwordEncoder:
    """The tokenizer.

    Raises:
      UserError: if it is missing or damaged, has tokens without a vector, or adds no
        special tokens.
    """
    path = os.path.join(self.path, hub.TOKENIZER_FILE)
    content = self._read(hub.TOKENIZER_FILE)
    try:
      encoder = SubwordEncoder.from_json(content)
    except ValueError as error:
      if isinstance(error, UserError):
        raise
      raise UserError(f'{path} is not a tokenizer: {error}.') from error
    if encoder.vocabulary_size > self.config.vocab_size:
      raise UserError(
          f'{path} has ids up to {encoder.vocabulary_size - 1}, but {hub.CONFIG_FILE} '
          f'has vocab_size={self.config.vocab_size}. These are files of two encoders.'
      )
    if not encoder.n_special_tokens:
      raise UserError(
          f'{path} adds no special tokens, such as [CLS] and [SEP], to a text, so an '
          'empty text has no vector.'
      )
    return encoder

  def tensor(self, part: str, kind: str, layer: int = 0) -> np.ndarray:
    """Returns a weight, <float32>.

    Args:
      part: the name of the part, such as `'query'`.
      kind: `'weight'` or `'bias'`.
      layer: the number of the attention layer, for parts of one.
    """
    name = self._find(part, kind, layer)
    assert name is not None
    return self._tensors.read(name)

  def positions(self) -> np.ndarray:
    """Returns <float32>[max_length, d_model], the vectors of positions.

    All tokens have the first token type, whose vector is added.
    """
    table = self.tensor('positions', 'weight')[self.config.first_position :]
    if 'types' in self._names:
      table = table + self.tensor('types', 'weight')[0]
    return table

  def _read(self, name: str) -> str:
    try:
      return parse_file(
          os.path.join(self.path, name), lambda content: content.decode('utf-8'), 'text'
      )
    except FileNotFoundError as error:
      raise UserError(
          f'{self.path} has no {name}. A pretrained encoder consists of '
          f'{", ".join(hub.FILES)}.'
      ) from error

  def _parsed_config(self) -> EncoderConfig:
    path = os.path.join(self.path, hub.CONFIG_FILE)
    try:
      return EncoderConfig.from_json(self.config_json)
    except (ValueError, RecursionError) as error:
      raise UserError(
          f'{path} does not describe a supported encoder: {error}.'
      ) from error

  def _opened_tensors(self) -> TensorFile:
    path = os.path.join(self.path, hub.TENSORS_FILE)
    try:
      return TensorFile(path)
    except FileNotFoundError as error:
      problem = f'{self.path} has no {hub.TENSORS_FILE}.'
      if os.path.exists(os.path.join(self.path, _PICKLE)):
        problem += (
            f' Its {_PICKLE} is a pickle, which could run code, so it is not loaded. '
            'Convert it with transformers: '
            "AutoModel.from_pretrained(FOLDER).save_pretrained('NEW_FOLDER')."
        )
      raise UserError(problem) from error
    except (OSError, ValueError, RecursionError) as error:
      reason = getattr(error, 'strerror', None) or error
      raise UserError(f'{path} is not a safetensors file: {reason}.') from error

  def _prefix_of_names(self) -> str:
    """Returns the common prefix of the names of all weights.

    If the model has a head, the prefix is the name of the encoder, such as `bert.`.
    """
    words = self._names['words'] + '.weight'
    names = (name for name in self._tensors.shapes if name.endswith(words))
    prefixes = [name.removesuffix(words) for name in names]
    if len(prefixes) != 1:
      raise UserError(
          f'{self.path}: {hub.TENSORS_FILE} has {len(prefixes)} arrays whose name ends '
          f'in {words}, but exactly one is expected.'
      )
    return prefixes[0]

  def _find(self, part: str, kind: str, layer: int = 0) -> str | None:
    base = self._prefix + self._names[part].format(i=layer)
    for name in (f'{base}.{kind}', f'{base}.{_OLD_NAMES[kind]}'):
      if name in self._tensors.shapes:
        return name
    return None

  def _check_shapes(self) -> None:
    shapes = self._tensors.shapes
    for part, kind, layer, expected in self._expected_shapes():
      name = self._find(part, kind, layer)
      if name is None:
        missing = f'{self._prefix}{self._names[part].format(i=layer)}.{kind}'
        raise UserError(f'{self.path}: {hub.TENSORS_FILE} lacks the array {missing}.')
      if (dtype := self._tensors.dtypes[name]) not in DTYPES:
        raise UserError(
            f'{self.path}: the array {name} of {hub.TENSORS_FILE} has the type '
            f'{dtype}, which is not one of {", ".join(DTYPES)}.'
        )
      if shapes[name] != expected:
        raise UserError(
            f'{self.path}: the array {name} of {hub.TENSORS_FILE} has the shape '
            f'{[*shapes[name]]}, but {hub.CONFIG_FILE} requires {[*expected]}.'
        )

  def _expected_shapes(self) -> Iterator[tuple[str, str, int, tuple[int, ...]]]:
    """Yields the part, the kind, the layer and the shape of each weight."""
    c = self.config
    yield 'words', 'weight', 0, (c.vocab_size, c.d_model)
    yield 'positions', 'weight', 0, (c.max_length + c.first_position, c.d_model)
    if 'types' in self._names:
      name = self._find('types', 'weight')
      n_types = self._tensors.shapes[name][0] if name else 1
      yield 'types', 'weight', 0, (n_types, c.d_model)
    for kind in ('weight', 'bias'):
      yield 'embedding_norm', kind, 0, (c.d_model,)
    if self.has_pooler:
      yield 'pooler', 'weight', 0, (c.d_model, c.d_model)
      yield 'pooler', 'bias', 0, (c.d_model,)
    attention = ('query', 'key', 'value', 'attention_out')
    n_units = dict.fromkeys(attention, (c.d_model, c.d_model))
    n_units |= {'ff_in': (c.d_ff, c.d_model), 'ff_out': (c.d_model, c.d_ff)}
    for layer in range(c.n_layers):
      for part, shape in n_units.items():
        yield part, 'weight', layer, shape
        yield part, 'bias', layer, shape[:1]
      for part in ('attention_norm', 'ff_norm'):
        yield part, 'weight', layer, (c.d_model,)
        yield part, 'bias', layer, (c.d_model,)


@functools.lru_cache(maxsize=2)
def pretrained_folder(folder: str) -> PretrainedFolder:
  """Returns a `PretrainedFolder`, which a process opens once."""
  return PretrainedFolder(folder)
