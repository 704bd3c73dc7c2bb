"""Measures the accuracy of the package and of baselines on five tasks.

    python -m benchmarks.accuracy --tweeteval=FOLDER
    python -m benchmarks.accuracy --tweeteval=FOLDER --encoder=FOLDER

Run this command in a checkout. Each model is trained on the training split of a task
and evaluated on the validation split. The command replaces the tables in
`docs/accuracy.md`, which contains no tweet. With `--encoder`, it measures only the
table of pretrained encoders, which takes an hour on two cores.
"""

import functools
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
import tqdm
from absl import app, flags

from benchmarks import machine
from trax_twitter_sentiment.corpora import text_corpora, twitter
from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.reporting import baselines
from trax_twitter_sentiment.text.emoticons import remove_emoticons

PAGE = pathlib.Path(__file__).parent.parent / 'docs' / 'accuracy.md'

_TWEETEVAL = flags.DEFINE_string(
    'tweeteval', 'tweeteval', 'The value of TweetEvalCorpus.data_dir.'
)
_ENCODER = flags.DEFINE_string(
    'encoder', None, 'A pretrained encoder: the value of the macro %folder.'
)
# The tasks of the table of pretrained encoders, with the number of epochs.
_EPOCHS = {'emotion': 4, 'irony': 4, 'offensive': 2, 'sentiment': 1}
_TASKS = ('hard', 'emotion', 'irony', 'offensive', 'sentiment')
# The true class, + or -, and a phrase that an additive model may misread.
_PHRASES = (
    ('+', 'not bad at all'), ('+', 'no problem'), ('+', 'not sad anymore'),
    ('+', 'never been so happy'), ('+', "can't complain"), ('+', 'I am not unhappy'),
    ('-', 'not good'), ('-', 'not happy about this'), ('-', 'no fun'),
    ('-', 'never again'), ('-', "wasn't great"), ('-', 'good, but way too expensive'),
    ('+', 'bad start, but I love it'), ('+', 'VERY good!!!'), ('-', 'sooo booooring'),
    ('-', 'could have been better'),
)  # fmt: skip

# A function from a corpus and the name of its task to a trained classifier.
Learner = Callable[[Corpus, str], baselines.Classifier]


def ours(data: Corpus, task: str) -> baselines.Classifier:
  """Trains this package by its launcher with a gin file."""
  del data
  return SentimentPredictor.load(_run(task)).log_probabilities


def _run(task: str, epochs: int = 0) -> str:
  """Trains a run, of the encoder if it has epochs, and returns its directory."""
  folder = tempfile.mkdtemp()
  command = [sys.executable, '-m', 'trax_twitter_sentiment.trainer']
  config, bindings = 'tweeteval.gin', []
  if epochs:
    config = 'encoder.gin'
    bindings = [
        'configured_corpus.corpus=@TweetEvalCorpus',
        f"folder='{_ENCODER.value}'",
        f'n_epochs={epochs}',
    ]
  if task == 'hard':
    config = 'twitter_hard.gin'
  else:
    bindings += [
        f"TweetEvalCorpus.task='{task}'",
        f"TweetEvalCorpus.data_dir='{_TWEETEVAL.value}'",
    ]
  flag_values = [f'--config={binding}' for binding in bindings]
  environment = {**os.environ, 'TRAX_TWITTER_SENTIMENT_CACHE': 'off'}
  subprocess.run(
      [*command, f'--config_file={config}', *flag_values, f'--output_dir={folder}'],
      check=True, capture_output=True, env=environment,
  )  # fmt: skip
  return folder


def majority(data: Corpus, task: str) -> baselines.Classifier:
  """Returns a model that gives every text the frequencies of the classes."""
  del task
  return baselines.most_frequent_class(data.train.labels, len(data.class_names))


def n_grams(data: Corpus, task: str) -> baselines.Classifier:
  """Fits a logistic regression on TF-IDF of word and character n-grams."""
  del task
  return baselines.tf_idf(
      data.train.texts, data.train.labels, len(data.class_names), characters=True
  )


def fasttext(data: Corpus, task: str) -> baselines.Classifier:
  """Trains fastText."""
  del task
  import fasttext as library

  with tempfile.NamedTemporaryFile('w', encoding='utf-8') as file:
    for text, label in zip(data.train.texts, data.train.labels, strict=True):
      file.write(f'__label__{label} {" ".join(text.split())}\n')
    file.flush()
    model = library.train_supervised(
        file.name, wordNgrams=2, minn=2, maxn=6, epoch=25, seed=0, thread=1, verbose=0
    )

  def predict(texts: Sequence[str]) -> np.ndarray:
    probabilities = np.full((len(texts), len(data.class_names)), 1e-9)
    for row, text in zip(probabilities, texts, strict=True):
      for label, probability in zip(*model.predict(' '.join(text.split()), k=-1)):
        row[int(label.removeprefix('__label__'))] = max(probability, 1e-9)
    return np.log(probabilities / probabilities.sum(axis=1, keepdims=True))

  return predict


def vader(data: Corpus, task: str) -> baselines.Classifier:
  """Returns VADER with the thresholds of its authors. VADER is not trained."""
  del task
  from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

  compound = SentimentIntensityAnalyzer().polarity_scores

  def predict(texts: Sequence[str]) -> np.ndarray:
    values = np.array([compound(text)['compound'] for text in texts])
    columns = [-values, values]
    if len(data.class_names) == 3:
      columns = [values <= -0.05, np.abs(values) < 0.05, values >= 0.05]
    class_scores = np.stack(columns, axis=1).astype(float)
    return class_scores - np.logaddexp.reduce(class_scores, axis=1, keepdims=True)

  return predict


OURS = '**this package**'
LEARNERS: dict[str, Learner] = {
    'majority class': majority,
    'VADER': vader,
    'fastText, words 1-2, characters 2-6': fasttext,
    'logistic regression, TF-IDF of the same': n_grams,
    OURS: ours,
}


def data_of(task: str) -> Corpus:
  """Returns the corpus of a task. The tweets of `hard` contain no emoticons."""
  if task != 'hard':
    return text_corpora.TweetEvalCorpus(task, _TWEETEVAL.value)
  tweets = twitter.TwitterCorpus('nltk')

  def without_emoticons(examples: Examples) -> Examples:
    return Examples(tuple(map(remove_emoticons, examples.texts)), examples.labels)

  train = without_emoticons(tweets.train)
  validation = without_emoticons(tweets.validation)
  return Corpus('hard', train, validation, frozenset())


def _row(name: str, learner: Learner, data: Corpus, task: str) -> list[str]:
  start = time.perf_counter()
  predict = learner(data, task)
  cells = _cells(name, predict, data, time.perf_counter() - start)
  if learner is vader:  # VADER's scores are not probabilities.
    cells[-2] = ''
  return cells


def _cells(
    name: str, predict: baselines.Classifier, data: Corpus, seconds: float
) -> list[str]:
  labels = data.validation.labels
  result = scores.evaluate(predict(data.validation.texts), labels, data.class_names)
  return [
      name,
      f'{result.accuracy.value:.3f}',
      '{:.3f} to {:.3f}'.format(*result.accuracy_interval),
      f'{result.macro_f1.value:.3f}',
      f'{result.macro_recall.value:.3f}',
      f'{result.calibration_error.value:.3f}',
      f'{seconds:.0f} s',
  ]


def task_table(task: str) -> str:
  """Trains and evaluates all models on a task; returns a Markdown table."""
  data = data_of(task)
  titles = ('model', 'accuracy', '95% interval', 'macro F1', 'macro recall',
            'calibration error', 'training')  # fmt: skip
  rows = []
  for name, learner in LEARNERS.items():
    if learner is vader and task not in ('hard', 'sentiment'):
      continue
    if learner is fasttext and not importlib.util.find_spec('fasttext'):
      continue
    rows.append(_row(name, learner, data, task))
  return machine.table(titles, rows)


def encoder_table() -> str:
  """Fine-tunes the encoder of `--encoder` on tasks; returns a Markdown table."""
  titles = ('task', 'model', 'accuracy', '95% interval', 'macro F1', 'macro recall',
            'calibration error', 'training')  # fmt: skip
  rows = []
  for task, epochs in _EPOCHS.items():
    data, folders, total = data_of(task), [], 0.0
    for name, n_epochs in ((OURS, 0), ('encoder', epochs)):
      start = time.perf_counter()
      folders.append(_run(task, n_epochs))
      seconds = time.perf_counter() - start
      total += seconds
      classifier = SentimentPredictor.load(folders[-1]).log_probabilities
      rows.append([task, *_cells(name, classifier, data, seconds)])
    mean = SentimentPredictor.load(folders).log_probabilities
    rows.append([task, *_cells('mean of both', mean, data, total)])
  return machine.table(titles, rows)


def phrase_table() -> str:
  """Returns a Markdown table of predictions for `_PHRASES`; wrong ones are italic."""
  data = data_of('sentiment')
  names = [name for name in LEARNERS if name != 'majority class']
  rows = []
  texts = [text for _, text in _PHRASES]
  labels = [LEARNERS[name](data, 'sentiment')(texts).argmax(axis=1) for name in names]
  for i, (truth, text) in enumerate(_PHRASES):
    truth_name = 'positive' if truth == '+' else 'negative'
    cells = [data.class_names[column[i]] for column in labels]
    marked = [cell if cell == truth_name else f'*{cell}*' for cell in cells]
    rows.append([text, truth_name, *marked])
  return machine.table(['phrase', 'truth', *names], rows)


def main(arguments: list[str]) -> None:
  del arguments
  tables: dict[str, Callable[[], str]] = {
      **{task: functools.partial(task_table, task) for task in _TASKS},
      'phrases': phrase_table,
  }
  if _ENCODER.value:
    tables = {'encoders': encoder_table}
  for name, make_table in tqdm.tqdm(tables.items()):
    table = make_table()
    page = PAGE.read_text(encoding='utf-8')
    before, begin, rest = page.partition(f'<!-- {name} -->\n')
    _, end, after = rest.partition('<!-- end -->')
    PAGE.write_text(f'{before}{begin}{table}{end}{after}', encoding='utf-8')


if __name__ == '__main__':
  app.run(main)
