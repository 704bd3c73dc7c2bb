"""Trains on millions of rows in the format of Sentiment140, beside other libraries.

`python -m benchmarks --figures=millions` measures the figure. The environment variable
`TWEETEVAL` names TweetEval's folder `datasets`, whose tweets the rows are joined from.
`python -m benchmarks.millions NAME TRAIN HELD_OUT OUTPUT` trains one library in a
process of its own, and prints the held-out accuracy.
"""

import csv
import functools
import itertools
import os
import sys
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks import joined_tweets, processes
from benchmarks.figures import Row, Run, row
from trax_twitter_sentiment.run.history import History

_N_HELD_OUT, _N_PREDICTED = 10_000, 100_000
_CHUNK_SIZE = 10_000
_FASTTEXT = 'fastText, words 1-2, characters 2-6'
_HASHING = 'HashingVectorizer and SGDClassifier of the same'

# The numbers of rows, each with the functions that train other libraries on them.
# Sentiment140 has 1.6 million rows.
_OTHERS = {
    200_000: {_FASTTEXT: 'fasttext', _HASHING: 'hashing'},
    1_600_000: {_FASTTEXT: 'fasttext'},
}
_N_LARGEST = 10_000_000


def millions(run: Run) -> Iterator[Row]:
  """Trains once on each number of rows, and predicts once.

  Time and memory are those of complete processes, from the file to the saved model and
  the held-out accuracy. The held-out rows are joined from other tweets. Predictions are
  measured from file to file, without the start of the process.
  """
  tweets = os.path.join(os.environ['TWEETEVAL'], 'sentiment')
  held_out = _rows(run, os.path.join(tweets, 'val.jsonl'), _N_HELD_OUT)
  source = os.path.join(tweets, 'train.jsonl')
  for n_rows, others in _OTHERS.items():
    train = _rows(run, source, n_rows)
    measure = functools.partial(_measure, run, train, held_out)
    model, ours = measure('ours')
    models = {}
    for name, function in others.items():
      models[name], theirs = measure(function)
      figure = f'{n_rows:,} joined tweets'
      yield row(f'{figure}: time', name, ours[:1], theirs[:1], 's')
      yield row(f'{figure}: peak memory', name, ours[1:2], theirs[1:2], 'MB')
      yield row(f'{figure}: held-out accuracy', name, ours[2:], theirs[2:], '')
  _, largest = _measure(run, _rows(run, source, _N_LARGEST), held_out, 'ours')
  figure = f'{_N_LARGEST:,} joined tweets'
  against, growth = f'{n_rows:,} joined tweets', _N_LARGEST / n_rows
  yield row(f'{figure}: time', against, largest[:1], ours[:1], 's', at_most=growth)
  yield row(f'{figure}: peak memory', '6 GB', largest[1:2], [6000.0], 'MB', at_most=1)
  path, one = _rows(run, source, _N_PREDICTED), _rows(run, source, 1)
  rates = [
      _rate(lambda p: _predict(model, p), path, one),
      _rate(lambda p: _command('predict_fasttext', models[_FASTTEXT], p), path, one),
  ]
  name = 'predicting joined tweets, one process, from file to file'
  yield row(name, _FASTTEXT, rates[:1], rates[1:], 'tweets/s', at_least=1)


def _rows(run: Run, source: str, n_rows: int) -> str:
  """Returns the path of a file of joined tweets."""
  path = os.path.join(run.folder, f'joined-{n_rows}.csv')
  if not os.path.exists(path):
    joined_tweets.write_csv(source, path, n_rows)
  return path


def _measure(
    run: Run, train: str, held_out: str, name: str
) -> tuple[str, list[float]]:
  """Returns a model's path, and the seconds, megabytes and accuracy of its training."""
  output = run.new_folder()
  command = _command(name, train, held_out, output)
  if name == 'ours':
    command = [
        *('-m', 'trax_twitter_sentiment.trainer'),
        '--config_file=gin_configs/sentiment140.gin',
        f"--config=TextFileCorpus.train_path='{train}'",
        f"--config=TextFileCorpus.validation_path='{held_out}'",
        f'--output_dir={output}',
    ]
  environment = processes.with_cache(run.new_folder())
  finished = processes.run(*command, environment=environment, watch_memory=True)
  if name == 'ours':
    accuracy = History.load(output).eval_curves['accuracy'][0]
  else:
    accuracy = float(finished.last_line)
  return output, [finished.seconds, finished.megabytes, accuracy]


def _command(name: str, *arguments: str) -> list[str]:
  return ['-m', 'benchmarks.millions', name, *arguments]


def _predict(model_dir: str, path: str) -> list[str]:
  options = '--noheader', '--column=6', '--encoding=latin-1', '--format=tsv'
  arguments = f'--model_dir={model_dir}', f'--input={path}', '--processes=1'
  return ['-m', 'trax_twitter_sentiment.predict', *arguments, *options]


def _rate(command: Callable[[str], list[str]], path: str, one: str) -> float:
  """Returns predictions per second, without the time for a file of one row."""
  seconds = [processes.run(*command(p)).seconds for p in (path, one)]
  return _N_PREDICTED / (seconds[0] - seconds[1])


def fasttext(train: str, held_out: str, output: str) -> None:
  """Trains fastText with two threads."""
  import fasttext as library

  path = os.path.join(output, 'train.txt')
  with open(path, 'w', encoding='utf-8') as file:
    for label, text in _read(train):
      file.write(f'__label__{label} {text}\n')
  model = library.train_supervised(
      path, wordNgrams=2, minn=2, maxn=6, thread=2, verbose=0
  )
  os.unlink(path)
  model.save_model(os.path.join(output, 'model.bin'))
  labels, texts = zip(*_read(held_out))
  predicted, _ = model.predict([*texts])
  print(np.mean([p[0] == f'__label__{y}' for p, y in zip(predicted, labels)]))


def hashing(train: str, held_out: str, output: str) -> None:
  """Trains a logistic regression by one pass of stochastic gradient descent."""
  del output
  from sklearn import linear_model, pipeline
  from sklearn.feature_extraction.text import HashingVectorizer

  vectorizer = pipeline.make_union(
      HashingVectorizer(ngram_range=(1, 2)),
      HashingVectorizer(analyzer='char_wb', ngram_range=(2, 6)),
  )
  model = linear_model.SGDClassifier(loss='log_loss', alpha=1e-6, random_state=0)
  rows = _read(train)
  while chunk := [*itertools.islice(rows, _CHUNK_SIZE)]:
    labels, texts = zip(*chunk)
    model.partial_fit(vectorizer.transform(texts), labels, classes=['0', '4'])
  labels, texts = zip(*_read(held_out))
  print((model.predict(vectorizer.transform(texts)) == np.array(labels)).mean())


def predict_fasttext(folder: str, path: str) -> None:
  """Predicts the texts of a file with fastText."""
  import fasttext as library

  model = library.load_model(os.path.join(folder, 'model.bin'))
  with open(os.path.join(folder, 'predictions.tsv'), 'w', encoding='utf-8') as file:
    rows = _read(path)
    while chunk := [*itertools.islice(rows, _CHUNK_SIZE)]:
      texts = [text for _, text in chunk]
      for text, labels, probabilities in zip(texts, *model.predict(texts)):
        file.write(f'{labels[0]}\t{probabilities[0]:.6f}\t{text}\n')


def _read(path: str) -> Iterator[tuple[str, str]]:
  """Yields the label and the text of each row, without line ends."""
  with open(path, encoding='latin-1', newline='') as file:
    for fields in csv.reader(file):
      yield fields[0], ' '.join(fields[5].split())


if __name__ == '__main__':
  _, function, *function_arguments = sys.argv
  globals()[function](*function_arguments)
