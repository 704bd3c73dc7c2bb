"""Hostile corpora are read or raise a `UserError`."""

import io
import json
import pathlib

import numpy as np
import pytest
from fuzzing import JSON, TEXTS, fuzz, mutated, scratch_file, tokenizer
from hypothesis import strategies as st

from trax_twitter_sentiment.corpora import nltk_data as nltk_files
from trax_twitter_sentiment.corpora import text_corpora, text_files, twitter
from trax_twitter_sentiment.corpora.corpus import SENTIMENTS
from trax_twitter_sentiment.corpora.labelled_texts import read_labelled
from trax_twitter_sentiment.corpora.text_corpora import TextFileCorpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.formats import FORMATS, Rows
from trax_twitter_sentiment.prediction.results import Scores
from trax_twitter_sentiment.tables.options import LabelledOptions, ReadingOptions
from trax_twitter_sentiment.tables.table_reader import TableReader

_ROWS = [('good, "very" day :)', 1), ('bad\nnight :(', 0)] * 4


def _csv(rows, delimiter=','):
  import csv

  buffer = io.StringIO()
  writer = csv.writer(buffer, delimiter=delimiter)
  writer.writerows([('text', 'label'), *rows])
  return buffer.getvalue().encode('utf-8', 'surrogatepass')


def _jsonl(rows):
  lines = (json.dumps({'text': text, 'label': label}) for text, label in rows)
  return '\n'.join(lines).encode()


_OTHER_JSON_LINES = st.lists(
  st.one_of(
    JSON,
    st.fixed_dictionaries({'text': JSON, 'label': JSON}),
    st.fixed_dictionaries({'text': TEXTS, 'label': st.sampled_from([0, 1, '1'])}),
  ).map(json.dumps),
  max_size=6,
).map(lambda lines: '\n'.join(lines).encode())
_CASES = st.one_of(
  st.tuples(st.just('a.csv'), mutated(_csv(_ROWS))),
  st.tuples(st.just('a.tsv'), mutated(_csv(_ROWS, '\t'))),
  st.tuples(st.just('a.jsonl'), st.one_of(mutated(_jsonl(_ROWS)), _OTHER_JSON_LINES)),
  st.tuples(
    st.sampled_from(['a.csv', 'a.tsv', 'a.jsonl', 'a.txt']),
    st.one_of(
      st.binary(max_size=80),
      st.text('text,label01"\r\n\t\0 :()', max_size=40).map(
        lambda text: b'text,label\n' + text.encode()
      ),
    ),
  ),
)


@fuzz(case=_CASES, skip=st.booleans())
def test_any_file_of_labelled_texts_is_read_or_refused(case, skip):
  name, content = case
  path = scratch_file(name, content)
  try:
    reading = ReadingOptions(on_malformed='skip' if skip else 'refuse')
    labelled = read_labelled([path], LabelledOptions(reading=reading))
  except UserError as error:
    assert error.message.startswith(path)
    assert error.message.isprintable()
    return
  assert name != 'a.txt'  # A text file has no labels, so it is refused.
  examples = labelled.examples
  assert len(examples.texts) == len(examples.labels) > 0
  assert set(examples.labels.tolist()) <= {*range(len(labelled.class_names))}
  assert skip or not labelled.reader.n_skipped
  for text in examples.texts:
    assert all(tokenizer().tokenize(text))


@fuzz(case=_CASES)
def test_any_file_makes_a_corpus_or_is_refused(case):
  name, content = case
  path = scratch_file(name, content)
  text_files.read_files.cache_clear()
  text_corpora._hold_out.cache_clear()
  text_corpora._corpus.cache_clear()
  try:
    corpus = TextFileCorpus(path, on_malformed='skip')
  except UserError as error:
    assert error.message.startswith(path)
    return
  for examples in (corpus.train, corpus.validation):
    assert set(examples.labels.tolist()) <= {*range(len(corpus.class_names))}
    assert examples.texts
  assert corpus.name == f'file {name}'


@fuzz(
  content=st.one_of(mutated(_jsonl(_ROWS)), _OTHER_JSON_LINES, st.binary(max_size=60))
)
def test_any_file_of_tweets_is_read_or_refused(content):
  try:
    texts = twitter._parse_tweets('tweets.json', content)
  except UserError as error:
    assert error.message.startswith('tweets.json')
    assert error.message.isprintable()
    return
  assert len(texts) >= 5
  assert all(isinstance(text, str) for text in texts)


@fuzz(
  name=st.sampled_from(['a.csv', 'a.tsv', 'a.jsonl', 'a.txt']),
  lines=st.lists(TEXTS, max_size=5),
)
def test_any_lines_are_read_or_refused(name, lines):
  content = '\n'.join(lines).encode('utf-8', 'surrogatepass')
  path = scratch_file(name, content)
  reader = TableReader([path], options=ReadingOptions(on_malformed='skip'))
  try:
    records = list(reader)
  except UserError as error:
    assert error.message.startswith(path)
    return
  assert reader.n_rows == len(records) + reader.n_skipped
  assert all(isinstance(record.values[0], str | None) for record in records)


class _Undecided:
  """A predictor that finds all classes equally probable."""

  def __init__(self, n_classes):
    self._n_classes = n_classes

  def score(self, texts):
    ones = np.ones(len(texts), int)
    return Scores(np.log(np.full((len(texts), self._n_classes), 0.5)), ones, ones)


@fuzz(
  texts=st.lists(TEXTS, min_size=1, max_size=5),
  format_=st.sampled_from(['tsv', 'csv']),
  class_names=st.sampled_from([SENTIMENTS, ('1', '2 \t3', 'joy'), ('no', 'p_yes')]),
)
def test_texts_of_predictions_are_read_back(texts, format_, class_names):
  texts = [text.encode('utf-8', 'replace').decode() for text in texts]
  n_texts = len(texts)
  rows = Rows([*range(1, n_texts + 1)], texts, [{}] * n_texts)
  writer = FORMATS[format_](class_names)
  content = writer.header([]) + writer.lines(_Undecided(len(class_names)), rows)
  path = scratch_file(f'a.{format_}', content.encode())
  reader = TableReader([path])
  if '\0' in content[:4096]:  # CSV does not escape NUL, so the file counts as binary.
    return
  assert [record.values[0] for record in reader] == texts


def test_header_that_is_malformed_is_named():
  path = scratch_file('a.csv', b'"' + b'a' * 200_000)
  with pytest.raises(UserError, match='a.csv, line 1: a quote without a closing'):
    list(TableReader([path]))


@pytest.mark.parametrize('name', ['a.csv', 'a.jsonl', 'a.txt'])
def test_endless_line_is_refused(name, tmp_path):
  path = tmp_path / name
  with open(path, 'wb') as file:
    file.write(b'a' * 2**13)
    file.truncate(2**40)  # A terabyte of NUL bytes follows.
  records = iter(TableReader([str(path)], options=ReadingOptions(on_malformed='skip')))
  with pytest.raises(UserError, match=f'{name}, line 1: longer than 4,194,304 bytes'):
    next(records)


def test_line_of_the_maximum_length_is_read():
  path = scratch_file('a.txt', b'a' * (2**22 - 1) + b'\nb\n')
  records = list(TableReader([path]))
  assert [len(record.values[0]) for record in records] == [2**22 - 1, 1]


def test_deeply_nested_json_is_read_or_skipped():
  for depth in range(300, 3000, 5):
    content = b'{"text": ' + b'[' * depth + b']' * depth + b'}'
    path = scratch_file('a.jsonl', content)
    reader = TableReader([path], options=ReadingOptions(on_malformed='skip'))
    assert len(list(reader)) + reader.n_skipped == 1


@pytest.fixture
def nltk_data(write_corpus, only_nltk_data):
  folder = write_corpus(['a :)'] * 5, ['b :('] * 5)
  only_nltk_data(folder)
  return folder / 'corpora'


def test_stop_words_that_are_not_utf8_are_named(nltk_data):
  (nltk_data / 'stopwords' / 'english').write_bytes(b'the\xff\n')
  with pytest.raises(UserError, match='english: not UTF-8'):
    twitter.TwitterCorpus('nltk')


@pytest.mark.parametrize('kept', [9, 200, -30])
def test_truncated_archive_is_named(nltk_data, kept):
  path = _zip_tweets(nltk_data)
  path.write_bytes(path.read_bytes()[:kept])
  with pytest.raises(UserError, match=r'twitter_samples.zip.* is damaged; remove it'):
    twitter.TwitterCorpus('auto')


def test_archive_with_a_damaged_member_is_named(nltk_data):
  path = _zip_tweets(nltk_data)
  content = bytearray(path.read_bytes())
  content[66:70] = b'\xff' * 4  # The data of the first member starts here.
  path.write_bytes(content)
  with pytest.raises(UserError, match=r'positive_tweets.json: '):
    twitter.TwitterCorpus('nltk')


def test_archive_with_a_member_over_the_limit_is_refused(nltk_data, monkeypatch):
  monkeypatch.setattr(nltk_files, '_MAX_FILE_BYTES', 1000)
  _zip_tweets(nltk_data, repeat=100)
  with pytest.raises(UserError, match=r'positive_tweets.json: larger than 1,000 bytes'):
    twitter.TwitterCorpus('nltk')


def _zip_tweets(folder, repeat=1) -> pathlib.Path:
  """Replaces the folder of tweets by a zip archive, as NLTK downloads it."""
  import shutil
  import zipfile

  path = folder / 'twitter_samples.zip'
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
    for file in sorted((folder / 'twitter_samples').iterdir(), reverse=True):
      archive.writestr(f'twitter_samples/{file.name}', file.read_text() * repeat)
  shutil.rmtree(folder / 'twitter_samples')
  return path
