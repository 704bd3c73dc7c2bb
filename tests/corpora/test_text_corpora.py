"""Corpora from files of labelled texts."""

import builtins
import json
import pathlib

import gin
import numpy as np
import pytest
from runs import train

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.text_corpora import TextFileCorpus, TweetEvalCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import (
    encoded_corpus,
    vocabulary_size,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training.batches import TwitterBatches
from trax_twitter_sentiment.training.streams import validation_steps


@pytest.fixture
def reviews(tmp_path):
  """Returns a function that writes a CSV file of 60 good and 40 bad reviews."""

  def write(name='reviews.csv', n_rows=100):
    rows = [
        f'great thing number {i},1' if i % 5 < 3 else f'awful thing number {i},0'
        for i in range(n_rows)
    ]
    (tmp_path / name).write_text('text,label\n' + '\n'.join(rows) + '\n')
    return str(tmp_path / name)

  return write


def test_fraction_of_each_class_is_held_out(reviews):
  corpus = TextFileCorpus(reviews(), validation_fraction=0.25)
  assert np.bincount(corpus.validation.labels).tolist() == [10, 15]
  assert np.bincount(corpus.train.labels).tolist() == [30, 45]
  texts = corpus.train.texts + corpus.validation.texts
  assert len(set(texts)) == 100
  for part in (corpus.train, corpus.validation):
    expected = [int('great' in text) for text in part.texts]
    assert part.labels.tolist() == expected


def test_same_seed_holds_out_the_same_texts(reviews):
  path = reviews()
  first = TextFileCorpus(path, seed=1).validation.texts
  assert TextFileCorpus(path, seed=1).validation.texts == first
  assert TextFileCorpus(path, seed=2).validation.texts != first


def test_all_texts_of_a_validation_file_validate(reviews):
  corpus = TextFileCorpus(reviews(), validation_path=reviews('other.csv', 30))
  assert len(corpus.train.texts) == 100
  assert len(corpus.validation.texts) == 30


def test_labels_have_the_order_of_the_binding(tmp_path):
  path = tmp_path / 'a.jsonl'
  rows = [{'body': f'{i}', 'stars': s} for i in range(4) for s in ('low', 'mid', 'top')]
  path.write_text('\n'.join(map(json.dumps, rows)))
  corpus = TextFileCorpus(
      str(path),
      text_column='body',
      label_column='stars',
      labels=['low', 'mid', 'top'],
      validation_fraction=0.5,
  )
  assert sorted(corpus.train.labels.tolist()) == [0, 0, 1, 1, 2, 2]


def test_malformed_rows_are_refused_or_skipped_and_counted(reviews, capsys):
  path = reviews()
  with open(path, 'a') as file:
    file.write('no label\nfine,\nfine,1\n')
  with pytest.raises(UserError, match=r'reviews.csv, line 102: 1 columns'):
    TextFileCorpus(path)
  corpus = TextFileCorpus(path, on_malformed='skip')
  assert len(corpus.train.texts) + len(corpus.validation.texts) == 101
  assert '2 malformed rows were skipped' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'on_malformed': 'ignore'}, "TextFileCorpus.on_malformed='ignore' is not one"),
        ({'validation_fraction': 1.0}, 'validation_fraction=1.0 is not in'),
        ({'validation_fraction': 0.001}, 'too few to hold out'),
        ({'text_column': 'body'}, "line 1: no column 'body'; the columns are 'text'"),
        ({'labels': ['x', 'y', 'z']}, "line 2: label '1' is not one of x, y, z"),
        ({'labels': ['0', '1', 'z']}, "too few texts of class 'z': 0"),
        ({'validation_path': '/nowhere.csv'}, '/nowhere.csv: No such file'),
    ],
)
def test_bad_setting_is_named(reviews, settings, message):
  with pytest.raises(UserError, match=message):
    TextFileCorpus(reviews(), **settings)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'validation_fraction': '0.2'}, "fraction='0.2' is not a number in"),
        ({'seed': 1.0}, 'TextFileCorpus.seed=1.0 is not a non-negative integer'),
        ({'header': 'False'}, "TextFileCorpus.header='False' is not True or False"),
        ({'encoding': 8}, 'TextFileCorpus.encoding=8 is not a string'),
        ({'train_path': None}, 'TextFileCorpus.train_path=None is not a path'),
        ({'train_path': []}, r'TextFileCorpus.train_path=\[\] is not a path'),
        ({'train_path': {}}, r'TextFileCorpus.train_path=\{\} names no file'),
        ({'train_path': ['a.csv', 1]}, 'TextFileCorpus.train_path='),
        ({'validation_path': 3}, 'TextFileCorpus.validation_path=3 is not a path'),
    ],
)
def test_setting_of_the_wrong_type_is_named(reviews, settings, message):
  with pytest.raises(UserError, match=message):
    TextFileCorpus(**{'train_path': reviews(), **settings})


def write_rows(path, rows):
  lines = [f'{text},{label}' for text, label in rows]
  path.write_text('\n'.join(['text,label', *lines]) + '\n')
  return str(path)


@pytest.mark.parametrize(('text', 'kind'), [('same', 'equal'), (' ', 'empty')])
def test_file_of_identical_or_empty_texts_is_refused(tmp_path, text, kind):
  path = write_rows(tmp_path / 'a.csv', [(text, i % 2) for i in range(10)])
  with pytest.raises(UserError, match=f'a.csv: all texts are {kind}, so no model can'):
    TextFileCorpus(path)


def test_file_that_changed_is_read_again(reviews):
  path = reviews()
  first = TextFileCorpus(path)
  assert TextFileCorpus(path) is first
  with open(path, 'a') as file:
    file.write('one more,1\n')
  again = TextFileCorpus(path)
  assert len(again.train.texts + again.validation.texts) == 101
  content = pathlib.Path(path).read_text().replace('great', 'super')
  pathlib.Path(path).write_text(content)  # The size of the file stays the same.
  assert 'super' in ' '.join(TextFileCorpus(path).train.texts)


def test_nearly_equal_labels_are_a_warning(tmp_path, capsys):
  labels = ['Positive', 'positive', 'negative', 'negative', 'positive ']
  rows = [(f'text {i}', label) for i, label in enumerate(labels * 10)]
  TextFileCorpus(write_rows(tmp_path / 'a.csv', rows), labels=None)
  (warning,) = (
      line for line in capsys.readouterr().err.splitlines() if 'WARNING' in line
  )
  assert "labels are nearly equal: 'Positive' (10), 'positive' (20)." in warning


def test_labels_binding_renames_the_classes(tmp_path):
  path = write_rows(tmp_path / 'a.csv', [(f'text {i}', i % 2) for i in range(20)])
  corpus = TextFileCorpus(path, labels={'1': 'spam', '0': 'ham'})
  assert corpus.class_names == ('spam', 'ham')
  expected = [1 - int(text[-1]) % 2 for text in corpus.train.texts]
  assert corpus.train.labels.tolist() == expected
  again = TextFileCorpus(path, labels='1=spam,0=ham')
  assert again.class_names == ('spam', 'ham')
  assert corpus.recipe.make().class_names == ('spam', 'ham')


def test_file_or_folder_per_class_defines_the_labels(tmp_path):
  paths = {}
  for label, word in (('pos', 'lovely'), ('neg', 'awful')):
    folder = tmp_path / 'reviews' / label
    folder.mkdir(parents=True)
    lines = [f'{word} {i}' for i in range(10)]
    for line in lines:
      (folder / f'{line}.txt').write_text(line)
    paths[label] = str(tmp_path / f'rt.{label}')
    (tmp_path / f'rt.{label}').write_text('\n'.join(lines))
  for train_path in (str(tmp_path / 'reviews'), paths):
    corpus = TextFileCorpus(train_path)
    assert corpus.class_names == ('negative', 'positive')
    expected = [int('lovely' in text) for text in corpus.train.texts]
    assert corpus.train.labels.tolist() == expected
    assert sum(expected) == len(expected) - sum(expected) == 8
    assert corpus.recipe.make().digest == corpus.digest


def test_validation_labels_other_than_the_training_labels_are_refused(tmp_path):
  rows = [(f'text {i}', i % 3 + 1) for i in range(30)]
  path = write_rows(tmp_path / 'a.csv', rows)
  others = write_rows(tmp_path / 'b.csv', [(text, k - 1) for text, k in rows])
  message = (
      'b.csv, line 2: the labels 0, 1, 2 are not the classes 1, 2, 3, so their classes '
      "are ambiguous; give the classes by TextFileCorpus.labels='0=1,1=2,2=3'."
  )
  with pytest.raises(UserError, match=message):
    TextFileCorpus(path, validation_path=others)
  validation_path = write_rows(tmp_path / 'c.csv', rows[:4])
  corpus = TextFileCorpus(path, validation_path=validation_path)
  assert corpus.validation.labels.tolist() == [0, 1, 2, 0]


def test_validation_labels_may_be_numbers_of_named_classes(tmp_path):
  rows = [(f'text {i}', i % 3 * 2) for i in range(30)]
  path = write_rows(tmp_path / 'a.csv', rows)
  validation_path = write_rows(tmp_path / 'b.csv', rows[:4])
  corpus = TextFileCorpus(path, validation_path=validation_path)
  assert corpus.class_names == ('negative', 'neutral', 'positive')
  assert corpus.validation.labels.tolist() == [0, 1, 2, 0]
  assert corpus.class_of_label == (('0', 0), ('2', 1), ('4', 2))


def test_vocabulary_size_can_be_limited(reviews):
  gin.bind_parameter('configured_corpus.corpus', TextFileCorpus)
  gin.bind_parameter('TextFileCorpus.train_path', reviews())
  full = vocabulary_size()
  gin.bind_parameter('encoded_corpus.min_token_count', 2)
  learned = encoded_corpus().vocabulary.tokens[3:]
  assert learned == ('great', 'thing', 'number', 'aw')
  assert 2 in encoded_corpus().train.ids
  gin.bind_parameter('encoded_corpus.max_vocabulary_size', 5)
  assert set(encoded_corpus().vocabulary.tokens[3:]) == {'thing', 'number'}
  assert full > 80
  gin.bind_parameter('encoded_corpus.max_vocabulary_size', 0)
  with pytest.raises(UserError, match='encoded_corpus.max_vocabulary_size=0'):
    vocabulary_size()


def test_unbalanced_batches_contain_the_split_once(reviews):
  gin.bind_parameter('configured_corpus.corpus', TextFileCorpus)
  gin.bind_parameter('TextFileCorpus.train_path', reviews())
  assert validation_steps(batch_size=8) == 3
  batches = TwitterBatches('validation', batch_size=10, balanced=False)()
  labels = np.concatenate([next(batches)[1] for _ in range(2)])
  # Without a shuffle, the classes alternate.
  assert sorted(labels) == sorted(configured_corpus().validation.labels)
  _, balanced, _ = next(TwitterBatches(batch_size=10)())
  assert balanced.tolist() == [1] * 5 + [0] * 5


def test_batches_of_three_classes_have_equal_parts(tmp_path):
  rows = [f'{word} {i},{word}' for i in range(10) for word in ('a', 'b', 'c')]
  (tmp_path / 'abc.csv').write_text('text,label\n' + '\n'.join(rows))
  gin.bind_parameter('configured_corpus.corpus', TextFileCorpus)
  gin.bind_parameter('TextFileCorpus.train_path', str(tmp_path / 'abc.csv'))
  gin.bind_parameter('TextFileCorpus.labels', ['a', 'b', 'c'])
  _, targets, _ = next(TwitterBatches(batch_size=6)())
  assert targets.tolist() == [2, 2, 1, 1, 0, 0]
  batches = TwitterBatches(batch_size=16)()
  counts = np.bincount(np.concatenate([next(batches)[1] for _ in range(3)]))
  assert counts.tolist() == [16, 16, 16]


def test_three_classes_train_with_the_accuracy_of_trax(tmp_path):
  words = {'low': 'bad', 'mid': 'so-so', 'top': 'good'}
  rows = [f'{word} {i},{name}' for i in range(40) for name, word in words.items()]
  (tmp_path / 'stars.csv').write_text('text,label\n' + '\n'.join(rows))
  loop = train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{tmp_path}/stars.csv'",
      "TextFileCorpus.labels=['low', 'mid', 'top']",
      'TwitterClassifier.output_dim=3',
      "train.metrics={'accuracy': @trax.layers.WeightedCategoryAccuracy()}",
      config='text_file.gin',
  )
  assert float(loop.history.get('eval', 'metrics/accuracy')[-1][1]) == 1


@pytest.mark.slow
def test_200_000_rows_train_and_are_read_once(reviews, tmp_path, monkeypatch):
  path = reviews('large.csv', 200_000)
  opened = []
  open_ = builtins.open

  def counting_open(file, *arguments, **options):
    opened.append(file)
    return open_(file, *arguments, **options)

  monkeypatch.setattr(builtins, 'open', counting_open)
  loop = train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{path}'",
      'train.eval_steps=10',
      'TweetTokenizer.add_characters=False',
      config='text_file.gin',
  )
  assert loop.step == 0
  assert opened.count(path) == 1


@pytest.fixture
def two_files(tmp_path, monkeypatch):
  """Writes 10 texts and their labels, one on each line, to the home folder."""
  monkeypatch.setenv('HOME', str(tmp_path))
  (tmp_path / 'texts.txt').write_text(''.join(f'text {i}\n' for i in range(10)))
  (tmp_path / 'labels.txt').write_text('good\nbad\n' * 5)
  return {'train_path': '~/texts.txt', 'train_labels_path': '~/labels.txt'}


def test_labels_in_a_file_of_their_own_are_read_and_read_again(two_files, monkeypatch):
  corpus = TextFileCorpus(**two_files)
  for part in (corpus.train, corpus.validation):
    expected = [1 - int(text.removeprefix('text ')) % 2 for text in part.texts]
    assert part.labels.tolist() == expected
  monkeypatch.chdir('/')
  assert corpus.recipe.make().digest == corpus.digest


def test_empty_line_in_a_file_of_labels_is_skipped(two_files, tmp_path, capsys):
  (tmp_path / 'labels.txt').write_text('\n' + 'bad\ngood\n' * 4 + 'bad\n')
  with pytest.raises(UserError, match='labels.txt, line 1: there is no label'):
    TextFileCorpus(**two_files)
  corpus = TextFileCorpus(**two_files, on_malformed='skip')
  assert len(corpus.train.texts) + len(corpus.validation.texts) == 9
  assert '1 malformed rows were skipped' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'validation_labels_path': 'a.txt'}, 'requires TextFileCorpus.validation'),
        ({'train_labels_path': 3}, 'TextFileCorpus.train_labels_path=3 is not a path'),
        ({'train_path': {'good': 'a', 'bad': 'b'}}, 'a label already: good=a, bad=b'),
        ({'input_format': 'csv'}, 'TextFileCorpus.input_format=csv does not fit'),
    ],
)
def test_setting_that_does_not_fit_a_file_of_labels(two_files, settings, message):
  with pytest.raises(UserError, match=message):
    TextFileCorpus(**two_files | settings)


def test_file_of_two_classes_is_refused(tmp_path):
  (tmp_path / 'a.txt').write_text('so\nla\n')
  path = str(tmp_path / 'a.txt')
  with pytest.raises(UserError, match="a.txt is given twice, for 'good' and 'bad'"):
    TextFileCorpus({'good': path, 'bad': path})


def test_tweeteval_folder_in_the_home_folder_is_found_again(tmp_path, monkeypatch):
  monkeypatch.setenv('HOME', str(tmp_path))
  (tmp_path / 'te' / 'irony').mkdir(parents=True)
  for split in ('train', 'val'):
    rows = [{'text': f'{split} {i}', 'label': i % 2} for i in range(4)]
    content = '\n'.join(map(json.dumps, rows))
    (tmp_path / 'te' / 'irony' / f'{split}.jsonl').write_text(content)
  corpus = TweetEvalCorpus('irony', '~/te')
  assert corpus.recipe.make().digest == corpus.digest
