"""Functions that are measured in a separate process.

`python -m benchmarks.tasks NAME ARGUMENT…` calls the function NAME and prints the
result as JSON on the last line. Each function contains its imports, so the process
imports nothing else.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time

from benchmarks import processes

_EPOCH_BATCH_SIZE = 512
_N_CONNECTIONS = 8


def seconds_of_notebook_training() -> float:
  """Trains like the notebook, from reading the corpus on; returns the seconds."""
  from benchmarks import notebook_pipeline as notebook

  with tempfile.TemporaryDirectory() as folder:
    start = time.perf_counter()
    notebook.train(folder)
    return time.perf_counter() - start


def seconds_of_training() -> float:
  """Trains the model of the notebook with the package; returns the seconds.

  All batches have one padded length, and the only checkpoint is at the end.
  """
  from trax_twitter_sentiment import trainer

  trainer.import_trax()
  with tempfile.TemporaryDirectory() as folder:
    _parse_gin(
        'twitter_notebook.gin',
        'TwitterBatches.pad_each_batch=False',
        'train.eval_steps=1',
        'train.checkpoints_at=@checkpoint_steps()',
        'checkpoint_steps.interval=100',
    )
    from trax.supervised import trainer_lib

    start = time.perf_counter()
    trainer_lib.train(output_dir=folder)
  return time.perf_counter() - start


def tokenized_per_second() -> tuple[list[float], ...]:
  """Tokenizes 2,000 tweets with `TweetTokenizer` and with the notebook's function."""
  from benchmarks import notebook_pipeline as notebook
  from trax_twitter_sentiment.text.tokenizer import TweetTokenizer

  _, validation = notebook.read_tweets()
  tweets = [*validation[0], *validation[1]]
  converter = notebook.Converter([])

  def tokenize() -> float:
    # A new tokenizer has no cached stems.
    tokenizer = TweetTokenizer()
    tokenizer.tokenize('import of NLTK')
    return processes.rate(lambda: list(map(tokenizer.tokenize, tweets)), len(tweets))

  def tokenize_as_notebook() -> float:
    return processes.rate(lambda: list(map(converter.tokenize, tweets)), len(tweets))

  return processes.alternate(tokenize, tokenize_as_notebook)


def predictions_per_second(model_dir: str) -> tuple[list[float], ...]:
  """Predicts 2,000 tweets with `SentimentPredictor` and with the notebook's code."""
  from benchmarks import notebook_pipeline as notebook
  from trax_twitter_sentiment.prediction.predictor import SentimentPredictor

  training, validation = notebook.read_tweets()
  tweets = [*validation[0], *validation[1]]
  converter = notebook.Converter([*training[0], *training[1]])
  model = notebook.untrained_classifier(len(converter.vocabulary))

  def predict_one_by_one() -> None:
    for tweet in tweets:
      notebook.predict(model, converter, tweet)

  def predict() -> float:
    # A new predictor has no cached words.
    predictor = SentimentPredictor.load(model_dir)
    predictor.predict(['import of NLTK'])
    return processes.rate(lambda: predictor.predict(tweets), len(tweets))

  predict_one_by_one()  # The first run compiles the operations for each length.
  return processes.alternate(
      predict, lambda: processes.rate(predict_one_by_one, len(tweets))
  )


def encoder_predictions_per_second(model_dir: str) -> list[float]:
  """Predicts 2,000 tweets with a fine-tuned encoder, which caches nothing."""
  from benchmarks import notebook_pipeline as notebook
  from trax_twitter_sentiment.prediction.predictor import SentimentPredictor

  _, validation = notebook.read_tweets()
  tweets = [*validation[0], *validation[1]]
  predictor = SentimentPredictor.load(model_dir)
  predictor.predict(['import of the tokenizer'])
  return [
      processes.rate(lambda: predictor.predict(tweets), len(tweets))
      for _ in range(processes.ROUNDS)
  ]


def seconds_of_encoding(path: str, validation_path: str) -> float:
  """Reads and encodes a CSV file; returns the seconds."""
  import gin

  from trax_twitter_sentiment.corpora import text_corpora  # noqa: F401  (registers)
  from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus

  gin.parse_config(_growth_bindings(path, validation_path))
  start = time.perf_counter()
  encoded_corpus()
  return time.perf_counter() - start


def seconds_of_epoch(path: str, validation_path: str, n_tweets: str) -> float:
  """Trains one epoch on a cached corpus; returns the seconds."""
  _parse_gin(
      'twitter.gin',
      *_growth_bindings(path, validation_path),
      f'TwitterBatches.batch_size={_EPOCH_BATCH_SIZE}',
      f'train.steps={int(n_tweets) // _EPOCH_BATCH_SIZE}',
      'train.eval_frequency=1_000_000',
  )
  from trax.supervised import trainer_lib

  with tempfile.TemporaryDirectory() as folder:
    start = time.perf_counter()
    trainer_lib.train(output_dir=folder)
    return time.perf_counter() - start


def write_parquet(path: str, folder: str, n_files: str) -> None:
  """Splits the rows of a CSV file into `n_files` Parquet files."""
  from pyarrow import csv, parquet

  table = csv.read_csv(path)
  os.mkdir(folder)
  n_rows = len(table) // int(n_files)
  for i in range(int(n_files)):
    part = table.slice(i * n_rows, n_rows)
    parquet.write_table(part, os.path.join(folder, f'{i:02}.parquet'))


def peer(name: str) -> tuple[float, float]:
  """Trains a learner of `accuracy.py`; returns seconds, and predictions per second."""
  from benchmarks import accuracy

  data = accuracy.data_of('hard')
  start = time.perf_counter()
  predict = accuracy.LEARNERS[name](data, 'hard')
  seconds = time.perf_counter() - start
  texts = data.train.texts + data.validation.texts
  predict(texts[:16])
  return seconds, processes.rate(lambda: predict(texts), len(texts))


def requests_per_second(model_dir: str) -> list[float]:
  """Sends one validation tweet per request, over connections that are kept open.

  The service runs in a process of its own, and this process is the client.
  """
  from benchmarks import notebook_pipeline as notebook

  _, validation = notebook.read_tweets()
  requests = [_request(tweet) for tweet in (*validation[0], *validation[1])]
  command = '-m', 'trax_twitter_sentiment.serve', f'--model_dir={model_dir}', '--port=0'
  with subprocess.Popen(
      [sys.executable, *command], stderr=subprocess.PIPE, text=True
  ) as service:
    try:
      assert service.stderr
      port = int(service.stderr.readline().split(':')[2].partition('/')[0])

      def send_all() -> None:
        asyncio.run(_send_all(port, requests))

      n = len(requests)
      return [processes.rate(send_all, n) for _ in range(processes.ROUNDS)]
    finally:
      service.terminate()


def _request(text: str) -> bytes:
  body = json.dumps({'texts': [text]}).encode()
  head = (
      'POST /predict HTTP/1.1\r\nHost: localhost\r\n'
      f'Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n'
  )
  return head.encode() + body


async def _send_all(port: int, requests: list[bytes]) -> None:
  async def send(batch: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    for request in batch:
      writer.write(request)
      head = await reader.readuntil(b'\r\n\r\n')
      if not head.startswith(b'HTTP/1.1 200 '):
        raise RuntimeError(head.decode())
      length = head.partition(b'content-length: ')[2].partition(b'\r\n')[0]
      await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()

  n = _N_CONNECTIONS
  await asyncio.gather(*(send(requests[i::n]) for i in range(n)))


def _growth_bindings(path: str, validation_path: str) -> list[str]:
  # Both tasks have the same bindings, so `seconds_of_epoch` reads the corpus that
  # `seconds_of_encoding` has cached.
  return [
      'configured_corpus.corpus = @TextFileCorpus',
      f'TextFileCorpus.train_path = {path!r}',
      f'TextFileCorpus.validation_path = {validation_path!r}',
      'encoded_corpus.max_vocabulary_size = 10_000',
      'encoded_corpus.min_token_count = 2',
  ]


def _parse_gin(config: str, *bindings: str) -> None:
  """Parses a gin file with bindings, after importing Trax and its configurables."""
  from trax_twitter_sentiment.trax_support import repairs  # noqa: F401  (imports Trax, fast)

  # isort: split
  import gin
  import trax.models
  import trax.optimizers  # noqa: F401  (as the trainer does)

  gin.parse_config_files_and_bindings(
      [os.path.join('gin_configs', config)], list(bindings)
  )


if __name__ == '__main__':
  function, *arguments = sys.argv[1:]
  print('\n' + json.dumps(globals()[function](*arguments)))
