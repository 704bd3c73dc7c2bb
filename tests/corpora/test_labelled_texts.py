"""Labelled texts of files, as examples of classes."""

import io

import pytest

from trax_twitter_sentiment.corpora.labelled_texts import (
    labelled_paths,
    read_labelled,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.labels import given_labels
from trax_twitter_sentiment.tables.options import LabelledOptions, ReadingOptions

EMOTIONS = ('anger', 'joy', 'sadness')


@pytest.fixture
def write(tmp_path):
  """Returns a function that writes a CSV file of texts with the given labels."""

  def write(labels, name='a.csv'):
    lines = [f'text {i},"{label}"' for i, label in enumerate(labels)]
    (tmp_path / name).write_text('\n'.join(['text,label', *lines]) + '\n')
    return str(tmp_path / name)

  return write


def read(path, *, skip=False, labels=None, skip_labels=(), **arguments):
  reading = ReadingOptions(on_malformed='skip' if skip else 'refuse')
  options = LabelledOptions(
      reading=reading,
      labels=given_labels('--labels', labels),
      skip_labels=frozenset(skip_labels),
  )
  return read_labelled([path], options, **arguments)


def test_labels_of_a_training_file_define_the_classes(write):
  labelled = read(write(['0', '4', '2', '4.0']))
  assert labelled.class_names == ('negative', 'neutral', 'positive')
  assert labelled.examples.labels.tolist() == [0, 2, 1, 2]
  assert labelled.label_counts == (('0', 1), ('2', 1), ('4', 2))
  assert labelled.class_of_label == (('0', 0), ('2', 1), ('4', 2))


@pytest.mark.parametrize('skip', [False, True])
@pytest.mark.parametrize(
    ('labels', 'class_names'),
    [(['1', '0', '4', '3', '2'], tuple('12345')), (['0', '1'], EMOTIONS)],
)
def test_numbers_that_are_not_class_names_are_refused(write, labels, class_names, skip):
  with pytest.raises(UserError, match=r'a.csv, line \d: the labels 0, 1.*--labels='):
    read(write(labels), skip=skip, class_names=class_names)


def test_labels_option_maps_numbers_to_classes(write):
  path = write(['0', '1', '1'])
  labelled = read(path, labels='0=joy,1=anger', class_names=EMOTIONS)
  assert labelled.examples.labels.tolist() == [1, 0, 0]
  assert labelled.class_names == EMOTIONS


def test_numbers_of_the_training_file_keep_their_classes(write):
  trained = {'0': 0, '2': 1, '4': 2}
  labelled = read(write(['4', '0']), class_names=EMOTIONS, trained=trained)
  assert labelled.examples.labels.tolist() == [2, 0]


def test_unknown_label_is_refused_or_skipped(write):
  path = write(['joy', 'fear', 'anger'])
  message = "a.csv, line 3: label 'fear' is not one of anger, joy, sadness; the labels"
  with pytest.raises(UserError, match=message):
    read(path, class_names=EMOTIONS)
  labelled = read(path, skip=True, class_names=EMOTIONS)
  assert labelled.examples.labels.tolist() == [1, 0]
  assert labelled.reader.n_skipped == 1
  labelled = read(path, skip_labels=['fear'], class_names=EMOTIONS)
  assert labelled.n_skipped_labels == 1


@pytest.mark.parametrize('label', ['', 'nan', 'NaN', '<NA>'])
def test_missing_label_is_malformed(write, label):
  path = write(['joy', label, 'anger'])
  with pytest.raises(UserError, match="a.csv, line 3: column 'label' has no label"):
    read(path)
  labelled = read(path, skip=True)
  assert labelled.class_names == ('anger', 'joy')


def test_missing_labels_of_json_are_malformed(tmp_path):
  path = tmp_path / 'a.jsonl'
  lines = [f'{{"text": "a", "label": {label}}}' for label in ('1', 'NaN', 'null', '0')]
  path.write_text('\n'.join(lines))
  labelled = read(str(path), skip=True)
  assert labelled.class_names == ('negative', 'positive')
  assert labelled.reader.n_skipped == 2


@pytest.mark.parametrize('class_names', [None, tuple('019')])
def test_text_with_several_labels_is_malformed(write, class_names):
  path = write(['0', '1', '0,1,9', '9'])
  with pytest.raises(UserError, match="line 4: label '0,1,9' is 3 labels; a text must"):
    read(path, class_names=class_names)
  assert read(path, skip=True, class_names=class_names).class_names == ('0', '1', '9')


def test_file_per_class_defines_the_labels(tmp_path):
  for name, text in (('rt.pos', 'lovely\ngreat\n'), ('rt.neg', 'awful\n')):
    (tmp_path / name).write_text(text)
  patterns = [f'positive={tmp_path}/rt.p*', f'negative={tmp_path}/rt.neg']
  paths = labelled_paths(patterns)
  labelled = read_labelled(paths, class_names=('negative', 'positive'))
  assert labelled.examples.texts == ('lovely', 'great', 'awful')
  assert labelled.examples.labels.tolist() == [1, 1, 0]


def test_path_may_contain_an_equals_sign(tmp_path):
  path = tmp_path / 'lang=en.csv'
  path.write_text('text\n')
  assert labelled_paths([str(path)]) == [str(path)]
  assert labelled_paths([]) in ([], {})


def test_folder_per_class_defines_the_labels(tmp_path):
  for name, text in (('pos/1.txt', 'lovely'), ('neg/1.txt', 'awful')):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(text)
  labelled = read(str(tmp_path))
  assert labelled.examples.texts == ('awful', 'lovely')
  assert labelled.class_names == ('negative', 'positive')


def test_standard_input_may_have_one_label(tmp_path, monkeypatch):
  (tmp_path / 'a.txt').write_text('so sad\n')
  stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(b'so good\n')))
  monkeypatch.setattr('sys.stdin', stdin)
  paths = labelled_paths(['joy=-', f'anger={tmp_path}/a.txt'])
  labelled = read_labelled(paths, class_names=EMOTIONS)
  assert labelled.examples.texts == ('so good', 'so sad')
  assert labelled.examples.labels.tolist() == [1, 0]


def test_file_of_two_labels_is_refused(tmp_path):
  path = str(tmp_path / 'a.txt')
  with pytest.raises(UserError, match="a.txt is given twice, for 'joy' and 'anger'"):
    labelled_paths([f'joy={path}', f'anger={path}'])
