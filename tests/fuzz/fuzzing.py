"""Helpers of the fuzz tests: the number of cases, strategies and deadlines.

`pytest` runs 100 cases of each test, the same each time. With the environment variable
`SOAK=1`, each test has 100,000 new cases.
"""

import contextlib
import faulthandler
import functools
import gzip
import io
import itertools
import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.run import run
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.run import WEIGHTS_FILE
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer
from trax_twitter_sentiment.text.vocabulary import Vocabulary

SOAK = bool(os.environ.get('SOAK'))

# Hypothesis keeps all cases of a test in memory, so many cases are split into batches.
_N_BATCHES, BATCH_SIZE = (10, 10_000) if SOAK else (1, 100)

# After this time a case counts as hanging, and the process is ended: nothing less stops
# a regular expression.
_HANG_SECONDS = 120

_SETTINGS = hypothesis.settings(
  deadline=None,
  database=None,
  derandomize=not SOAK,
  suppress_health_check=list(hypothesis.HealthCheck),
)


def fuzz(n_cases: int = BATCH_SIZE, /, **strategies: st.SearchStrategy) -> Callable:
  """Returns a decorator: the function becomes a test of `n_cases` cases per batch."""
  settings = hypothesis.settings(_SETTINGS, max_examples=n_cases)

  def decorate(check: Callable) -> Callable:
    n_done = 0

    def case(**values):
      nonlocal n_done
      n_done += 1
      _watch()
      check(**values)

    run = hypothesis.given(**strategies)(settings(case))

    def test(batch):
      nonlocal n_done
      del batch
      n_done = 0
      try:
        run()
      finally:
        _end_watch()
      assert n_done >= n_cases

    test.__name__, test.__doc__ = check.__name__, check.__doc__
    return pytest.mark.parametrize('batch', range(_N_BATCHES))(test)

  return decorate


_watched_since = -math.inf


def _watch() -> None:
  """Ends the process after `_HANG_SECONDS`, unless it is armed again by then."""
  global _watched_since  # noqa: PLW0603
  now = time.monotonic()
  # Arming is slower than most cases, so we do not arm for each case.
  if now - _watched_since > _HANG_SECONDS / 10:
    faulthandler.dump_traceback_later(_HANG_SECONDS, exit=True)
    _watched_since = now


def _end_watch() -> None:
  global _watched_since  # noqa: PLW0603
  faulthandler.cancel_dump_traceback_later()
  _watched_since = -math.inf


# Hypothesis draws bytes much faster than lists and texts, so we make values from bytes.

# The regular expressions of the tokenizer match these characters and strings.
_SIGNS = ':($#h@.-_1y8/)<\'&;=p+~*^|dDxXTo3 \n\t"'
_PIECES = (
    'http://', 'https://t.co/', 'a.com/(', '@amy', '#tag', '$TSLA', 'RT ', ':)',
    '&#58;', '&#x29;', '&lt;3', '&amp;', '\u202e', '\u200d', '\ud83d', '\x00',
    '\x1b[31m', '\x85', '\ufeff', 'happy', 'days', 'good', 'yyyyy', '<script>',
    '1234567890', ' not ', 'the ',
)  # fmt: skip


def _text(program: bytes) -> str:
  """Returns a text of signs, pieces, any characters, and repetitions of them."""
  parts: list[str] = [':']
  for kind, value in zip(program[::2], program[1::2], strict=False):
    if kind < 96:
      parts.append(_SIGNS[value % len(_SIGNS)])
    elif kind < 128:
      parts.append(_PIECES[value % len(_PIECES)])
    elif kind < 192:
      # All planes of Unicode, lone surrogates and control characters included.
      parts.append(chr(((kind - 128) * 256 + value) * 68 + kind % 68))
    elif kind < 240:
      parts.append(chr(value))
    else:
      parts.append(parts[-1][:6] * value)
  return ''.join(parts[1:])


def _json(program: Iterator[int], depth: int = 0) -> Any:
  """Returns a JSON value."""
  kind, n = next(program, 0), next(program, 0)
  n_inner = n % 4 if depth < 4 else 0
  match kind % 6:
    case 0:
      return (None, True, False, 0.5, -1e300, math.inf, math.nan, 1.0)[n % 8]
    case 1:
      return n - 128
    case 2:
      return 2 ** (n % 80)
    case 3:
      return _text(bytes(itertools.islice(program, n % 16)))
    case 4:
      return [_json(program, depth + 1) for _ in range(n_inner)]
    case _:
      return {
          _text(bytes(itertools.islice(program, 4))): _json(program, depth + 1)
          for _ in range(n_inner)
      }


TEXTS = st.binary(max_size=80).map(_text)
JSON = st.binary(min_size=2, max_size=40).map(lambda program: _json(iter(program)))


def mutated(content: bytes) -> st.SearchStrategy[bytes]:
  """Returns a strategy for `content` with some bytes changed, inserted or removed."""
  return st.binary(min_size=6, max_size=24).map(lambda edits: _edited(content, edits))


def _edited(content: bytes, edits: bytes) -> bytes:
  for start in range(0, len(edits) - 5, 6):
    kind, *position, which = edits[start : start + 4]
    value = edits[start + 4 : start + 6]
    if which >= 224:
      value = (b'\xff' * 8, b'\x00' * 8, b'9' * 9, b'[' * 2000)[which % 4]
    start_of_edit = int.from_bytes(bytes(position), 'big') % (len(content) + 1)
    before, after = content[:start_of_edit], content[start_of_edit:]
    match kind % 8:
      case 0 | 1 | 2:
        content = before + value[:1] + after[1:]
      case 3:
        content = before + value + after[len(value) :]
      case 4:
        content = before + value + after
      case 5:
        content = before + after[which % 20 :]
      case 6:
        content = before + after[:which] + after
      case _:
        content = before
  return content


class _Payload:
  def __init__(self, path):
    self._path = path

  def __reduce__(self):
    return os.mkdir, (str(self._path),)


def pickled_npy(path: os.PathLike) -> bytes:
  """Returns a .npy file that makes a folder when it is unpickled, and checks that."""
  buffer = io.BytesIO()
  np.save(buffer, np.array([_Payload(path)], object), allow_pickle=True)
  np.load(io.BytesIO(buffer.getvalue()), allow_pickle=True)
  assert os.path.exists(path)
  os.rmdir(path)
  return buffer.getvalue()


def pickled(path: os.PathLike) -> bytes:
  """Returns a pickle that makes a folder when it is unpickled."""
  return pickle.dumps(_Payload(path))


WORDS = ('good', 'bad', ':)', ':(', 'day')


@functools.cache
def tokenizer() -> TweetTokenizer:
  """Returns a tokenizer with two stop words."""
  return TweetTokenizer(stop_words=frozenset({'the', 'is'}))


@functools.cache
def vocabulary() -> Vocabulary:
  """Returns a vocabulary of a few words."""
  return Vocabulary.from_counts(dict.fromkeys(WORDS, 1))


@functools.cache
def arrays() -> tuple[np.ndarray, ...]:
  """Returns the weights of a small `TwitterClassifier`."""
  rng = np.random.default_rng(0)
  shapes = (len(vocabulary()), 4), (4, 2), (2,)
  return tuple(rng.normal(size=shape).astype(np.float32) for shape in shapes)


def write_run(folder: str, pooling: str = 'masked_mean') -> None:
  """Writes the files of a run that prediction reads."""
  encoder = TextEncoder(tokenizer(), vocabulary())
  run.save(folder, encoder, ModelInfo(pooling, 9), TwitterCorpus('sample'))
  with gzip.open(os.path.join(folder, WEIGHTS_FILE), 'wb') as file:
    for array in arrays():
      np.save(file, array)


@functools.cache
def run_folder(purpose: str, pooling: str = 'mean') -> str:
  """Returns the directory of a small run. Tests with this `purpose` may damage it."""
  folder = tempfile.mkdtemp(dir=_scratch(), prefix=purpose)
  write_run(folder, pooling)
  return folder


@functools.cache
def _scratch() -> str:
  folder = tempfile.TemporaryDirectory(prefix='fuzz')
  _scratch_folders.append(folder)  # The folder is removed when the process ends.
  return folder.name


_scratch_folders: list[tempfile.TemporaryDirectory] = []


def scratch_file(name: str, content: bytes) -> str:
  """Writes a file and returns its path. The next case may overwrite the file."""
  path = os.path.join(_scratch(), name)
  with open(path, 'wb') as file:
    file.write(content)
  return path


def replace_file(folder: str, name: str, content: bytes) -> None:
  """Overwrites a file of a run."""
  with open(os.path.join(folder, name), 'wb') as file:
    file.write(content)


def changed_json(content: str, changes: dict) -> bytes:
  """Returns a JSON object with some fields replaced or added."""
  return json.dumps({**json.loads(content), **changes}).encode()


@contextlib.contextmanager
def at_most(n_bytes: int) -> Iterator[None]:
  """Fails if Python and NumPy allocate more than `n_bytes` of memory."""
  tracemalloc.start()
  try:
    yield
    peak = tracemalloc.get_traced_memory()[1]
  finally:
    tracemalloc.stop()
  assert peak <= n_bytes, f'{peak:,} bytes were allocated'


def run_briefly(*arguments: str, input: bytes = b'') -> subprocess.CompletedProcess:
  """Runs this Python and returns its output as bytes. Raises an error if it hangs."""
  return subprocess.run(
    [sys.executable, *arguments],
    input=input,
    capture_output=True,
    check=False,
    timeout=_HANG_SECONDS,
  )
