"""Reads NLTK's corpora, or downloads them within a time limit."""

import os
import pathlib
import queue
import sys
import threading
import time
import zipfile
from typing import Any

from trax_twitter_sentiment.errors import UserError

# NLTK package -> the resources that the corpus reads.
PACKAGES = {
    'twitter_samples': (
        'corpora/twitter_samples/positive_tweets.json',
        'corpora/twitter_samples/negative_tweets.json',
    ),
    'stopwords': ('corpora/stopwords/english',),
}
FETCH_COMMAND = f'python -m nltk.downloader {" ".join(PACKAGES)}'

# The maximum size of a resource, ten times the size of NLTK's files of tweets.
_MAX_FILE_BYTES = 2**28

# A download ends with an error if no data arrive for `_STALL_SECONDS`, or if it is
# incomplete after `_DOWNLOAD_SECONDS`.
_STALL_SECONDS = 8.0
_DOWNLOAD_SECONDS = 60.0


def read(resource: str) -> tuple[str, bytes]:
  """Returns the path and the content of an NLTK resource.

  Raises:
    LookupError: if the resource is not on NLTK's data path.
    UserError: if the resource can't be read.
  """
  path = _find(resource)
  try:
    with path.open('rb') if isinstance(path, pathlib.Path) else path.open() as file:
      content = file.read(_MAX_FILE_BYTES + 1)
  # zipfile doesn't document its errors for a damaged archive, so all are caught.
  except Exception as error:
    raise UserError(f'{path}: {error}.') from error
  if len(content) > _MAX_FILE_BYTES:  # A small zip file may contain a huge one.
    raise UserError(f'{path}: larger than {_MAX_FILE_BYTES:,} bytes.')
  return str(path), content


def missing_packages() -> list[str]:
  """Returns the `PACKAGES` that are not on NLTK's data path."""
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
  """Returns a resource's path, or NLTK's pointer into an archive."""
  # Importing NLTK is slow, so folders are searched without it first.
  if 'nltk' not in sys.modules:
    # NLTK searches these folders first, and archives last.
    folders = os.environ.get('NLTK_DATA', '').split(os.pathsep)
    for folder in (*filter(None, folders), '~/nltk_data'):
      path = pathlib.Path(folder).expanduser() / resource
      if path.is_file():
        return path
  import nltk.data

  return nltk.data.find(resource)


def download(packages: list[str]) -> str:
  """Downloads NLTK packages, and returns the problem, or ''.

  NLTK waits two minutes for a server that doesn't answer, and hours for a slow one. So
  the download runs in a thread, which is abandoned after a time limit. NLTK installs a
  package only if it is complete.
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
    except Exception as error:  # Any error of NLTK's becomes the result.
      messages.put(error)
    finally:
      messages.put(None)

  threading.Thread(target=fetch, daemon=True).start()
  deadline = time.monotonic() + _DOWNLOAD_SECONDS
  title, problem = 'Downloading NLTK twitter_samples', ''
  with tqdm.tqdm(total=100, unit='%', desc=title) as progress:
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
      if isinstance(message, downloader.ProgressMessage):
        progress.update(int(message.progress) - progress.n)
      elif isinstance(message, (Exception, downloader.ErrorMessage)):
        reason = getattr(message, 'message', message)
        problem = f'the download failed: {reason}'
