"""Labels of files, and the classes that they name."""

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.labels import (
    Classes,
    GivenLabels,
    given_labels,
    is_missing,
    names_of,
    nearly_equal,
    normalized,
    own_classes,
)

TWO, THREE = ('negative', 'positive'), ('negative', 'neutral', 'positive')
EMOTIONS = ('anger', 'joy', 'sadness')


@pytest.mark.parametrize(
    ('labels', 'names'),
    [
        (['1', '0'], TWO),
        (['0', '4'], TWO),
        (['1', '-1'], TWO),
        (['Positive', 'Negative'], TWO),
        (['0', '2', '4'], THREE),
        (['neu', 'pos', 'neg'], THREE),
        (['true', 'false'], ('false', 'true')),
        (['irony', 'non_irony'], ('irony', 'non_irony')),
        (['10', '9', '1'], ('1', '9', '10')),
        (['2', '1.5', '10'], ('1.5', '2', '10')),
    ],
)
def test_class_names_are_standardized_and_sorted(labels, names):
  assert own_classes(labels)[0] == names


def test_names_keep_the_order_of_labels():
  assert names_of(('pos', 'neg')) == ('pos', 'neg')
  assert names_of(('neg', 'pos')) == TWO


def test_own_classes_maps_training_labels_to_classes():
  assert own_classes(['4', '0', '2']) == (THREE, {'0': 0, '2': 1, '4': 2})
  assert own_classes(['Pos', 'NEG']) == (TWO, {'NEG': 0, 'Pos': 1})
  assert own_classes(['b', 'a']) == (('a', 'b'), {'a': 0, 'b': 1})


@pytest.mark.parametrize(
    ('labels', 'names', 'expected'),
    [
        (['0', '1'], TWO, [0, 1]),
        (['0', '4'], TWO, [0, 1]),
        (['4'], TWO, [1]),
        (['false', 'true'], TWO, [0, 1]),
        (['POSITIVE', 'neg'], TWO, [1, 0]),
        (['Neutral', 'positive'], THREE, [1, 2]),
        (['b', 'a'], ('a', 'b'), [1, 0]),
        (['1', '0'], ('1', '0'), [0, 1]),
        (['1', '2'], ('1', '2', '3', '4', '5'), [0, 1]),
        (['a', 'A'], ('A', 'a'), [1, 0]),
    ],
)
def test_label_is_mapped_to_the_class_of_its_name(labels, names, expected):
  class_of = Classes(dict.fromkeys(labels, 'a.csv'), names)
  assert [class_of(label) for label in labels] == expected


@pytest.mark.parametrize(
    ('labels', 'names', 'mapping'),
    [
        (['0', '1', '2', '3', '4'], ('1', '2', '3', '4', '5'), '0=1,1=2,2=3,3=4,4=5'),
        (['0', '1'], ('1', '2'), '0=1,1=2'),
        (['0', '1'], EMOTIONS, '0=CLASS,1=CLASS'),
        (['0', '1', '2'], EMOTIONS, '0=anger,1=joy,2=sadness'),
        (['0', '2', '4'], TWO, '0=CLASS,2=CLASS,4=CLASS'),
        (['-1', '0', '1'], THREE, '-1=negative,0=neutral,1=positive'),
        (['3', 'joy'], EMOTIONS, '3=CLASS,joy=CLASS'),
    ],
)
def test_numbers_that_are_not_class_names_are_refused(labels, names, mapping):
  with pytest.raises(UserError) as error:
    Classes(dict.fromkeys(labels, 'a.csv, line 2'), names)
  assert error.value.message == (
      f'a.csv, line 2: the labels {", ".join(labels)} are not the classes '
      f'{", ".join(names)}, so their classes are ambiguous; give the classes by '
      f"--labels='{mapping}'."
  )


def test_numbers_of_the_training_files_keep_their_classes():
  trained = {'-1': 0, '0': 1, '1': 2}
  class_of = Classes({'0': '', '1': ''}, THREE, trained=trained)
  assert [class_of('0'), class_of('1')] == [1, 2]
  with pytest.raises(UserError, match='ambiguous'):
    Classes(dict.fromkeys('012', 'a.csv'), THREE, trained=trained)


def test_problem_of_an_unknown_label_lists_classes_and_labels():
  class_of = Classes({'joy': '', 'fear': ''}, EMOTIONS)
  assert class_of('joy') == 1
  assert class_of('fear') is None
  assert class_of.problem('fear') == (
      "label 'fear' is not one of anger, joy, sadness; the labels of the file are "
      'fear, joy'
  )


def test_list_of_labels_is_a_problem():
  labels = ['0,1,9', 'joy,anger', 'joy', 'anger']
  class_of = Classes(dict.fromkeys(labels, ''), EMOTIONS)
  for label, n_labels in (('0,1,9', 3), ('joy,anger', 2)):
    assert class_of.problem(label) == (
        f'label {label!r} is {n_labels} labels; a text must have one label'
    )


@pytest.mark.parametrize(
    'value',
    ['0=ham,1=spam', ['0=ham', '1=spam'], {0: 'ham', 1.0: 'spam'}],
)
def test_given_labels_map_labels_to_names(value):
  given = given_labels('--labels', value)
  assert given == GivenLabels('--labels', ('0', '1'), ('ham', 'spam'))
  assert given.class_names() == ('ham', 'spam')
  assert [*map(Classes({'1': '', '0': ''}, ('ham', 'spam'), given), '10')] == [1, 0]


def test_given_labels_may_map_several_labels_to_one_name():
  given = given_labels('--labels', '1=bad,2=bad,3=good')
  assert given.class_names() == ('bad', 'good')
  assert given.class_of_label(('good', 'bad')) == {'1': 1, '2': 1, '3': 0}


def test_given_labels_come_before_those_of_the_training_files():
  trained = {'0': 0, '1': 1, '2': 2, '3': 1}
  given = given_labels('--labels', '0=joy,1=anger,2=sadness')
  class_of = Classes(dict.fromkeys('0123', ''), EMOTIONS, given, trained)
  assert [*map(class_of, '0123')] == [1, 0, 2, None]
  given = given_labels('--labels', 'anger=joy,joy=anger')
  class_of = Classes(dict.fromkeys(EMOTIONS, ''), EMOTIONS, given)
  assert [*map(class_of, EMOTIONS)] == [1, 0, None]


def test_files_without_given_labels_have_class_names():
  given = given_labels('labels', '0=anger,1=joy,2=sadness')
  class_of = Classes(dict.fromkeys(EMOTIONS, ''), EMOTIONS, given)
  assert [*map(class_of, EMOTIONS)] == [0, 1, 2]


def test_given_labels_without_names_map_in_order():
  given = given_labels('--labels', [2, 1, 0])
  assert [*map(Classes(dict.fromkeys('012', ''), EMOTIONS, given), '012')] == [2, 1, 0]


@pytest.mark.parametrize(
    ('value', 'message'),
    [
        (['0', '1'], 'are 2 labels, but the run has 3 classes: anger, joy'),
        ('0=anger,1=fear', "'fear' is not a class; the classes are anger, joy"),
    ],
)
def test_given_labels_that_do_not_fit_the_classes_are_refused(value, message):
  with pytest.raises(UserError, match=message):
    given_labels('--labels', value).class_of_label(EMOTIONS)


@pytest.mark.parametrize('value', ['neg,pos', ['a'], ['a', 'a'], 3, '0=a', '0=a,1=a'])
def test_malformed_given_labels_are_refused(value):
  with pytest.raises(UserError, match='labels='):
    given_labels('labels', value)


def test_normalized_strips_spaces_and_decimals_of_integers():
  assert [normalized(label) for label in (' 1.0 ', '0.5', '-1.00', 'a ')] == [
      '1', '0.5', '-1', 'a',
  ]  # fmt: skip
  assert given_labels('labels', [0, 4.0, True]).labels == ('0', '4', 'true')


@pytest.mark.parametrize('label', [None, '', '  ', 'nan', 'NaN', '<NA>', 'null'])
def test_empty_or_null_label_is_missing(label):
  assert is_missing(label)


def test_none_is_a_label():
  assert not is_missing('none')  # TweetEval's stance tasks have this class.


def test_nearly_equal_labels_are_grouped():
  zero_width, composed, decomposed = 'po\u200bsitive', 'caf\u00e9', 'cafe\u0301'
  labels = [
      'Positive', 'positive', zero_width, composed, decomposed, '\uff11', '1', '1.5',
      '1.50', 'TRUE', 'True', 'negative', '2',
  ]  # fmt: skip
  assert nearly_equal(labels) == [
      ['1', '\uff11'], ['1.5', '1.50'], ['Positive', 'positive', zero_width],
      ['TRUE', 'True'], [decomposed, composed],
  ]  # fmt: skip
