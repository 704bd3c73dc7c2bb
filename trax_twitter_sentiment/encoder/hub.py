"""Finds the folder of a pretrained encoder, on this machine or on the Hub."""

import functools
import os
import re
import textwrap

from trax_twitter_sentiment.errors import UserError

CONFIG_FILE, TENSORS_FILE = 'config.json', 'model.safetensors'
TOKENIZER_FILE = 'tokenizer.json'
FILES = (CONFIG_FILE, TENSORS_FILE, TOKENIZER_FILE)

_NAME = re.compile(r'[\w.-]+/[\w.-]+')


@functools.lru_cache(maxsize=8)
def local_folder(folder: str) -> str:
  """Returns the path of an encoder's folder, which is fetched if it is on the Hub.

  Args:
    folder: a folder, or a name on the Hugging Face Hub, such as
      `'sentence-transformers/all-MiniLM-L6-v2'`.

  Raises:
    UserError: if it is neither, or cannot be fetched.
  """
  path = os.path.expanduser(folder)
  if os.path.isdir(path):
    return path
  if not _NAME.fullmatch(folder):
    raise UserError(
        f'folder={folder!r} is not a folder. A name on the Hugging Face Hub has the '
        "form 'organization/model', such as 'google-bert/bert-base-uncased'."
    )
  return _fetch(folder)


def _fetch(name: str) -> str:
  """Returns the Hub's folder in the cache of `huggingface_hub`."""
  try:
    import huggingface_hub
  except ImportError as error:
    raise UserError(
        f'folder={name!r} is not a folder here, and fetching it from the Hugging Face '
        'Hub requires huggingface_hub: `pip install tokenizers`.'
    ) from error
  try:
    return huggingface_hub.snapshot_download(name, allow_patterns=[*FILES])
  # The errors come from three libraries, and have no common class.
  except Exception as error:
    reason = textwrap.shorten(str(error), 200, placeholder=' …')
    raise UserError(
        f'folder={name!r} is not a folder here, and cannot be fetched from the Hugging '
        f'Face Hub ({type(error).__name__}: {reason}). Download '
        f'{", ".join(FILES)} of {name} into a folder, and bind that folder.'
    ) from error
