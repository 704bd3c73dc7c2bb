"""The `config.json` of a pretrained encoder."""

import dataclasses
import json
from typing import Any

FAMILIES = ('bert', 'roberta', 'distilbert')

# Models whose computation is that of a family.
_ALIASES = {'xlm-roberta': 'roberta', 'camembert': 'roberta'}

ACTIVATIONS = ('gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu')

# The names of the sizes in each family's file.
_SIZES = {
    'bert': (
        'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads',
    ),
    'distilbert': ('dim', 'hidden_dim', 'n_layers', 'n_heads'),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class EncoderConfig:
  """The part of a `config.json` that determines an encoder's computation.

  Attributes:
    family: one of `FAMILIES`.
    d_model: the size of a hidden state.
    d_ff: the size of the hidden layer in a feed-forward block.
    n_layers: the number of attention layers.
    n_heads: the number of heads of each layer.
    vocab_size: the number of token ids.
    max_length: the maximum number of tokens of a text, special tokens included.
    epsilon: the epsilon of layer normalization.
    activation: one of `ACTIVATIONS`.
    pad_id: the id of padding.
    first_position: the first row of the table of positions that a text uses. RoBERTa
      keeps the rows up to `pad_id` for padding.
  """

  family: str
  d_model: int
  d_ff: int
  n_layers: int
  n_heads: int
  vocab_size: int
  max_length: int
  epsilon: float
  activation: str
  pad_id: int
  first_position: int

  @classmethod
  def from_json(cls, content: str) -> 'EncoderConfig':
    """Returns the configuration in the content of a `config.json`.

    Raises:
      ValueError: if the content is not the configuration of a supported encoder.
    """
    fields = json.loads(content)
    if not isinstance(fields, dict):
      raise ValueError('it is not a JSON object')
    model_type = fields.get('model_type')
    family = _ALIASES.get(str(model_type), model_type)
    if family not in FAMILIES:
      allowed = ', '.join([*FAMILIES, *_ALIASES])
      raise ValueError(f'its model_type={model_type!r} is not one of {allowed}')
    positions = fields.get('position_embedding_type', 'absolute')
    if positions != 'absolute':
      raise ValueError(
          f"its position_embedding_type={positions!r} is not 'absolute', the only one "
          'that is supported'
      )
    is_distilbert = family == 'distilbert'
    size_names = _SIZES['distilbert' if is_distilbert else 'bert']
    d_model, d_ff, n_layers, n_heads = (_size(fields, name) for name in size_names)
    if d_model % n_heads:
      raise ValueError(f'its {n_heads} heads do not divide its {d_model} units evenly')
    vocab_size = _size(fields, 'vocab_size')
    pad_id = fields.get('pad_token_id', 1 if family == 'roberta' else 0)
    if type(pad_id) is not int or not 0 <= pad_id < vocab_size:
      raise ValueError(f'its pad_token_id={pad_id!r} is not a token id')
    first_position = pad_id + 1 if family == 'roberta' else 0
    max_length = _size(fields, 'max_position_embeddings') - first_position
    epsilon = 1e-12 if is_distilbert else fields.get('layer_norm_eps', 1e-12)
    activation = fields.get('activation' if is_distilbert else 'hidden_act', 'gelu')
    if activation not in ACTIVATIONS:
      allowed = ', '.join(ACTIVATIONS)
      raise ValueError(f'its activation {activation!r} is not one of {allowed}')
    if type(epsilon) not in (int, float) or not 0 < epsilon < 1:
      raise ValueError(f'its layer_norm_eps={epsilon!r} is not between 0 and 1')
    return cls(
        family, d_model, d_ff, n_layers, n_heads, vocab_size, max_length,
        float(epsilon), activation, pad_id, first_position,
    )  # fmt: skip


def _size(fields: dict[str, Any], name: str) -> int:
  value = fields.get(name)
  if type(value) is not int or not 1 <= value <= 2**24:
    raise ValueError(f'its {name}={value!r} is not a size')
  return value
