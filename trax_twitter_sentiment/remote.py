"""Opens, lists and writes files by URL: s3://, gs://, hf://, https:// and the like.

fsspec does the work. It is imported on first use, with the package of the URL's scheme.
Credentials and endpoints are those of fsspec and of the provider. Each function raises
`OSError` for a file system's error, and `UserError` for a missing package.
"""

import contextlib
import errno
import io
import logging
import os
import re
import time
import weakref
from collections.abc import Iterator
from typing import Any, BinaryIO

from trax_twitter_sentiment.errors import UserError

# A scheme, after those of wrappers such as `filecache::`.
_URL = re.compile(r'(?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]*://', re.IGNORECASE)
_HTTP = re.compile('https?://', re.IGNORECASE)

# The fields in which file systems keep a version, a checksum or the time of a change.
_VERSIONS = (
    'ETag', 'etag', 'blob_id', 'Content-MD5', 'md5', 'Last-Modified', 'LastModified',
    'last_modified', 'mtime', 'created',
)  # fmt: skip

# A file is requested in blocks, and the newest blocks stay in memory: a row group of
# Parquet is read column by column.
_BLOCK_BYTES, _N_BLOCKS = 2**20, 32

# The blocks of the files that are open. Readers of one version of a file share them.
_caches: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()

# The seconds before each retry of HTTP, the only file system of fsspec without retries.
_HTTP_WAITS = (0.2, 1.0, 3.0)

# The loggers of requests. absl would show their messages of level INFO on stderr.
_LOGGERS = ('aiobotocore', 'botocore', 'fsspec', 'httpx')


def is_url(path: str | os.PathLike[str]) -> bool:
  """Returns whether a path is a URL."""
  return bool(_URL.match(os.fspath(path)))


def opened(url: str) -> BinaryIO:
  """Opens a file for reading. The attribute `raw.size` is its size, `None` if unknown.

  Raises:
    FileNotFoundError: if the file is missing.
    IsADirectoryError: if the URL is that of a folder.
  """
  with _os_errors(url):
    system, path = _located(url)
    options = {'maxblocks': _N_BLOCKS}
    file = system.open(
        path, 'rb', block_size=_BLOCK_BYTES, cache_type='blockcache',
        cache_options=options,
    )  # fmt: skip
    details = getattr(file, 'details', None) or {}
    if details.get('type') == 'directory':
      raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), url)
    if version := _version(details):
      file.cache = _caches.setdefault(f'{url} {version}', file.cache)
    return io.BufferedReader(_File(file, url), 2**16)


@contextlib.contextmanager
def written(url: str) -> Iterator[BinaryIO]:
  """Yields a file to write, which appears under its URL when the block ends.

  If an error ends the block, nothing appears.
  """
  with _os_errors(url):
    system, path = _located(url)
    file = system.open(path, 'wb', autocommit=False)
  try:
    yield _File(file, url)  # type: ignore[misc]
    with _os_errors(url):
      file.close()
      file.commit()
  except BaseException:
    with contextlib.suppress(Exception):
      file.discard()
    with contextlib.suppress(AttributeError):
      file.closed = True  # Otherwise, its destructor would complete the upload.
    raise


def matches(pattern: str) -> list[str]:
  """Returns the URLs of the files that a pattern with `*`, `?` and `[…]` matches.

  A URL without them is returned as it is. In HTTP, `?` begins the query.
  """
  if not re.search(r'[*[]' if _HTTP.match(pattern) else r'[*?[]', pattern):
    return [pattern]
  with _os_errors(pattern):
    system, path = _located(pattern)
    if system.exists(path):
      return [pattern]
    infos = system.glob(path, detail=True)
    files = sorted(name for name, info in infos.items() if info['type'] == 'file')
    # A wildcard matches no hidden file, as in a shell.
    visible = (name for name in files if not os.path.basename(name).startswith('.'))
    return [_url_of(system, name, pattern) for name in visible]


def names(folder: str) -> list[str]:
  """Returns the names of the files in a folder, which may be missing."""
  with _os_errors(folder):
    system, path = _located(folder)
    try:
      paths = system.ls(path, detail=False)
      # A path that ends in / marks an empty folder.
      return [*filter(None, map(os.path.basename, paths))]
    except FileNotFoundError:
      return []


def is_folder(url: str) -> bool:
  """Returns whether a URL is that of a folder."""
  with _os_errors(url):
    system, path = _located(url)
    return system.isdir(path)


def state(url: str) -> tuple[int | None, str]:
  """Returns the size and the version of a file, which differ after a change."""
  with _os_errors(url):
    system, path = _located(url)
    info = system.info(path)
    if info.get('type') == 'directory':
      inside = system.find(path, detail=True)
      states = ((name, i.get('size'), _version(i)) for name, i in inside.items())
      return None, repr(sorted(states))
  return info.get('size'), _version(info)


def _version(info: dict[str, Any]) -> str:
  """Returns the version in the facts about a file; `''` if they have none."""
  return next((str(info[name]) for name in _VERSIONS if info.get(name)), '')


class _File(io.RawIOBase):
  """A file of fsspec whose errors are `OSError`. Closing it does not end an upload."""

  def __init__(self, file: Any, url: str):
    self._file = file
    self._url = url
    self.size: int | None = getattr(file, 'size', None) if file.readable() else None

  def readable(self) -> bool:
    return self._file.readable()

  def writable(self) -> bool:
    return self._file.writable()

  def seekable(self) -> bool:
    return self.size is not None  # Without a size, fsspec streams the file.

  def readinto(self, buffer: Any) -> int:
    for seconds in _HTTP_WAITS if _HTTP.match(self._url) else ():
      try:
        return self._file.readinto(buffer)
      except Exception:  # aiohttp raises errors of several kinds.
        time.sleep(seconds)
    with _os_errors(self._url):
      return self._file.readinto(buffer)

  def write(self, content: Any) -> int:
    with _os_errors(self._url):
      return self._file.write(content)

  def seek(self, offset: int, whence: int = 0) -> int:
    with _os_errors(self._url):
      return self._file.seek(offset, whence)

  def tell(self) -> int:
    return self._file.tell()

  def close(self) -> None:
    if self._file.readable() and not self.closed:
      self._file.close()
    super().close()


def _located(url: str) -> tuple[Any, str]:
  """Returns the file system of a URL, without cached listings, and the path in it."""
  from fsspec.core import url_to_fs

  for name in _LOGGERS:
    logging.getLogger(name).setLevel(logging.WARNING)
  system, path = url_to_fs(url)
  system.invalidate_cache()
  return system, path


def _url_of(system: Any, name: str, url: str) -> str:
  """Returns the URL of a name that a search for `url` returned."""
  _, separator, containers = url.partition('::')  # As in zip://*.csv::s3://bucket/x.zip
  return system.unstrip_protocol(name) + separator + containers


@contextlib.contextmanager
def _os_errors(url: str) -> Iterator[None]:
  """Turns the errors of a file system into `OSError`, with the URL as its file name."""
  try:
    yield
  except ImportError as error:
    cause = error.__cause__ or error
    package = getattr(cause, 'name', None) or 'fsspec'
    packages = 'fsspec s3fs' if package == 'fsspec' else package
    raise UserError(f'{url} requires `pip install {packages}`.') from error
  except IsADirectoryError:
    raise
  except FileNotFoundError as error:
    reason = error.strerror or str(error)
    if ' ' not in reason:  # It is only the path.
      reason = os.strerror(errno.ENOENT)
    raise FileNotFoundError(errno.ENOENT, reason.rstrip('.'), url) from error
  except Exception as error:  # Each file system raises errors of its own.
    reason = getattr(error, 'strerror', None) or ' '.join(str(error).split())
    reason = (reason or type(error).__name__).rstrip('.')
    raise OSError(errno.EIO, reason, url) from error
