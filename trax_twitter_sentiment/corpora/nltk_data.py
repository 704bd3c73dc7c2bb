"""NLTK's corpora: found on its data path, or downloaded within bounds."""

import os
import pathlib
import queue
import sys
import threading
import time
import zipfile
from typing import Any

from trax_twitter_sentiment.errors import UserError

# NLTK package -> the resources of it that the corpus reads.
PACKAGES = {
    'twitter_samples': (
        'corpora/twitter_samples/positive_tweets.json',
        'corpora/twitter_samples/negative_tweets.json',
    ),
    'stopwords': ('corpora/stopwords/english',),
}
FETCH_COMMAND = f'python -m nltk.downloader {" ".join(PACKAGES)}'

# NLTK's files of tweets have a tenth of it.
_MAX_FILE_BYTES = 2**28

# A download that brings nothing for `_STALL_SECONDS`, or isn't complete after
# `_DOWNLOAD_SECONDS`, is given up.
_STALL_SECONDS = 8.0
_DOWNLOAD_SECONDS = 60.0


def read(resource: str) -> tuple[str, bytes]:
  """Returns the path and the content of an NLTK resource that is at hand."""
  path = _find(resource)
  try:
    with path.open('rb') if isinstance(path, pathlib.Path) else path.open() as file:
      content = file.read(_MAX_FILE_BYTES + 1)
  # What a damaged archive makes zipfile raise is documented nowhere.
  except Exception as error:
    raise UserError(f'{path}: {error}.') from error
  if len(content) > _MAX_FILE_BYTES:  # Zipped, it may take little of a disk.
    raise UserError(f'{path}: larger than {_MAX_FILE_BYTES:,} bytes.')
  return str(path), content


def missing_packages() -> list[str]:
  """Returns which of `PACKAGES` are not on NLTK's data path."""
  missing = []
  for package, resources in PACKAGES.items():
    try:
      for resource in resources:
        _find(resource)
    except LookupError:
      missing.append(package)
    except zipfile.BadZipFile as error:
      import nltk.data

      raise UserError(
          f"NLTK's {package}.zip, on one of {', '.join(nltk.data.path)}, is damaged; "
          f'remove it and fetch it again with `{FETCH_COMMAND}`.'
      ) from error
  return missing


def _find(resource: str) -> Any:
  """Returns a resource's path, or NLTK's own pointer to it, as into an archive.

  Raises:
    LookupError: if there is none.
  """
  if 'nltk' not in sys.modules:  # Whose import takes as long as a model's training.
    # NLTK looks for files in these folders first, and for archives last.
    folders = os.environ.get('NLTK_DATA', '').split(os.pathsep)
    for folder in (*filter(None, folders), '~/nltk_data'):
      path = pathlib.Path(folder).expanduser() / resource
      if path.is_file():
        return path
  import nltk.data

  return nltk.data.find(resource)


def download(packages: list[str]) -> str:
  """Downloads NLTK packages; returns what went wrong, or ''.

  NLTK itself waits two minutes for a server that doesn't answer and hours for a
  slow one, so it runs in a thread that is left behind when time is up. What it
  installs, it moves into place complete and checked.
  """
  import tqdm
  from nltk import downloader

  messages: queue.Queue = queue.Queue()
  given_up = threading.Event()

  def fetch() -> None:
    try:
      for message in downloader.Downloader().incr_download(packages):
        messages.put(message)
        if given_up.is_set():
          return
    except Exception as error:  # Whatever NLTK raises becomes the report.
      messages.put(error)
    finally:
      messages.put(None)

  threading.Thread(target=fetch, daemon=True).start()
  deadline = time.monotonic() + _DOWNLOAD_SECONDS
  with tqdm.tqdm(
      total=100, unit='%', desc='Downloading NLTK twitter_samples'
  ) as progress:
    problem = ''
    while True:
      remaining = deadline - time.monotonic()
      try:
        message = messages.get(timeout=max(0.0, min(_STALL_SECONDS, remaining)))
      except queue.Empty:
        given_up.set()
        return 'the download took too long'
      if message is None:
        progress.update(0 if problem else 100 - progress.n)
        return problem
      if isinstance(message, Exception):
        problem = f'the download failed: {message}'
      elif isinstance(message, downloader.ErrorMessage):
        problem = f'the download failed: {message.message}'
      elif isinstance(message, downloader.ProgressMessage):
        progress.update(int(message.progress) - progress.n)
