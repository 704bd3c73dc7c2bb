"""Coverage-guided fuzzing of everything that reads foreign texts or files.

    python tests/fuzz/atheris_surfaces.py -runs=100000

This script requires atheris, which is not a dependency of the project. The first byte
of an input chooses the surface, and the rest is the text or file. The script reports
inputs that raise an error other than `UserError`, or run for more than two minutes.
"""

import contextlib
import gzip
import os
import sys

import atheris

with atheris.instrument_imports(include=['trax_twitter_sentiment', 'json', 'csv']):
  from fuzzing import (
    arrays,
    replace_file,
    run_folder,
    scratch_file,
    tokenizer,
    vocabulary,
  )

  from trax_twitter_sentiment.corpora import twitter
  from trax_twitter_sentiment.corpora.labelled_texts import read_labelled
  from trax_twitter_sentiment.encoding import cache
  from trax_twitter_sentiment.errors import UserError
  from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
  from trax_twitter_sentiment.run.run import (
    MODEL_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    Run,
  )
  from trax_twitter_sentiment.tables.options import ReadingOptions
  from trax_twitter_sentiment.tables.table_reader import TableReader
  from trax_twitter_sentiment.text.text_encoder import TextEncoder


def _tokenize(content: bytes) -> None:
  text = content.decode('utf-8', 'surrogateescape')
  tokens = tokenizer().tokenize(text)
  assert all(tokens)
  assert len(TextEncoder(tokenizer(), vocabulary()).encode(text)) == len(tokens)


def _predict(content: bytes) -> None:
  text = content.decode('utf-8', 'surrogateescape')
  SentimentPredictor.load(run_folder('atheris')).explain(text)


def _load_tokenizer(content: bytes) -> None:
  _ = Run(os.path.dirname(scratch_file(TOKENIZER_FILE, content))).tokenizer


def _load_model_info(content: bytes) -> None:
  _ = Run(os.path.dirname(scratch_file(MODEL_FILE, content))).model_info


def _load_weights(content: bytes) -> None:
  packed = content if content[:1] == b'\x1f' else gzip.compress(content, 0)
  replace_file(run_folder('atheris weights'), WEIGHTS_FILE, packed)
  SentimentPredictor.load(run_folder('atheris weights')).predict(['good :)'])


def _load_cache(content: bytes) -> None:
  os.makedirs(cache.folder(), exist_ok=True)
  with open(os.path.join(cache.folder(), 'key.npz'), 'wb') as file:
    file.write(content)
  cache.load('key')


def _read_tweets(content: bytes) -> None:
  twitter._parse_tweets('tweets.json', content)


def _read_texts(content: bytes) -> None:
  name = ('a.csv', 'a.tsv', 'a.jsonl', 'a.txt')[len(content) % 4]
  path = scratch_file(name, content)
  list(TableReader([path], options=ReadingOptions(on_malformed='skip')))
  read_labelled([path])


_SURFACES = (
  _tokenize,
  _predict,
  _load_tokenizer,
  _load_model_info,
  _load_weights,
  _load_cache,
  _read_tweets,
  _read_texts,
)


def _test_one_input(content: bytes) -> None:
  surface = _SURFACES[content[0] % len(_SURFACES)] if content else _tokenize
  with contextlib.suppress(UserError):
    surface(content[1:])


def _write_seeds(folder: str) -> None:
  """Writes a valid input for each surface."""
  import io

  import numpy as np

  weights, archive = io.BytesIO(), io.BytesIO()
  for array in arrays():
    np.save(weights, array)
  np.savez(archive, indices=np.arange(3))
  seeds = [
    b'RT @amy: good day :) https://t.co/x #tag $TSLA &lt;3',
    b'good :) bad :(',
    tokenizer().to_json().encode(),
    b'{"format": 1, "pooling": "mean", "padded_length": 9}',
    weights.getvalue(),
    archive.getvalue(),
    b'{"text": "good :)"}\n' * 5,
    b'text,label\n"good, :)",1\nbad,0\n',
  ]
  for i, seed in enumerate(seeds):
    with open(os.path.join(folder, str(i)), 'wb') as file:
      file.write(bytes([i]) + seed)


def main() -> None:
  import tempfile

  with tempfile.TemporaryDirectory(prefix='fuzz') as folder:
    os.environ['XDG_CACHE_HOME'] = os.path.join(folder, 'cache')
    inputs = os.path.join(folder, 'inputs')
    os.makedirs(inputs)
    _write_seeds(inputs)
    atheris.Setup([*sys.argv, '-timeout=120', inputs], _test_one_input)
    atheris.Fuzz()


if __name__ == '__main__':
  main()
