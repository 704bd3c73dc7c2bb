"""Makes the small pretrained encoders in `folders/`, with random weights.

    python tests/encoder/make_pretrained_folders.py

The script requires `pip install torch transformers`, which the tests do not. Each
folder has the layout of Hugging Face. `expected.npz` contains padded ids, <int64>[3,
12], and their hidden states by PyTorch, <float32>[1 + n_layers, 3, 12, d_model].
"""

import pathlib
import string

import numpy as np
import tokenizers
import torch
import transformers
from tokenizers import models, normalizers, pre_tokenizers, processors

FOLDERS = pathlib.Path(__file__).parent / 'folders'
WORDS = ('good', 'bad', 'so', 'happy', 'sad', 'not', 'the', 'was', 'movie', '##ly')
SIZES = {'hidden_size': 16, 'intermediate_size': 24, 'num_hidden_layers': 2,
         'num_attention_heads': 4}  # fmt: skip
LENGTHS = (12, 7, 3)


def word_pieces() -> tokenizers.Tokenizer:
  """Returns the tokenizer of BERT and DistilBERT."""
  letters = [*string.ascii_lowercase, *string.punctuation]
  tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *letters]
  tokens += [f'##{letter}' for letter in string.ascii_lowercase] + [*WORDS]
  vocabulary = {token: i for i, token in enumerate(tokens)}
  tokenizer = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token='[UNK]'))
  tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
  tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
  tokenizer.post_processor = processors.TemplateProcessing(
      single='[CLS] $A [SEP]', special_tokens=[('[CLS]', 2), ('[SEP]', 3)]
  )
  return tokenizer


def byte_pairs() -> tokenizers.Tokenizer:
  """Returns the tokenizer of RoBERTa."""
  alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
  tokens = ['<s>', '<pad>', '</s>', '<unk>', *alphabet, 'Ġg', 'oo', 'Ġgoo', 'Ġgood']
  vocabulary = {token: i for i, token in enumerate(tokens)}
  merges = [('Ġ', 'g'), ('o', 'o'), ('Ġg', 'oo'), ('Ġgoo', 'd')]
  tokenizer = tokenizers.Tokenizer(models.BPE(vocabulary, merges))
  tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
  tokenizer.post_processor = processors.RobertaProcessing(('</s>', 2), ('<s>', 0))
  return tokenizer


def make(name: str, model, tokenizer: tokenizers.Tokenizer) -> None:
  """Writes the folder of a model, whose names have a prefix if it has a head."""
  folder = FOLDERS / name
  for parameter in model.parameters():
    torch.nn.init.normal_(parameter, std=0.4)
  model.save_pretrained(folder)
  tokenizer.save(str(folder / 'tokenizer.json'), pretty=False)
  encoder = model.base_model.eval()
  pad_id = model.config.pad_token_id
  ids = torch.full((len(LENGTHS), max(LENGTHS)), pad_id)
  for row, length in zip(ids, LENGTHS, strict=True):
    row[:length] = torch.randint(pad_id + 1, tokenizer.get_vocab_size(), (length,))
  with torch.no_grad():
    output = encoder(ids, attention_mask=ids != pad_id, output_hidden_states=True)
  states = torch.stack(output.hidden_states).numpy()
  np.savez_compressed(folder / 'expected.npz', ids=ids.numpy(), states=states)
  for path in folder.glob('generation_config.json'):
    path.unlink()


def main() -> None:
  torch.manual_seed(0)
  words, pairs = word_pieces(), byte_pairs()
  n_words, n_pairs = words.get_vocab_size(), pairs.get_vocab_size()
  bert = transformers.BertConfig(
      vocab_size=n_words, max_position_embeddings=60, **SIZES
  )
  make('bert', transformers.BertModel(bert), words)
  roberta = transformers.RobertaConfig(
      vocab_size=n_pairs, max_position_embeddings=62, pad_token_id=1, type_vocab_size=1,
      **SIZES,
  )  # fmt: skip
  make('roberta', transformers.RobertaForMaskedLM(roberta), pairs)
  distilbert = transformers.DistilBertConfig(
      vocab_size=n_words, max_position_embeddings=60, dim=16, hidden_dim=24, n_layers=2,
      n_heads=4,
  )  # fmt: skip
  make('distilbert', transformers.DistilBertForMaskedLM(distilbert), words)


if __name__ == '__main__':
  main()
