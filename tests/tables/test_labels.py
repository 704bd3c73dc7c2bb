import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.labels import (
    check_labels,
    class_of_label,
    names_of,
    normalized,
)

TWO, THREE = ('negative', 'positive'), ('negative', 'neutral', 'positive')


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
    ],
)
def test_classes_have_names_in_order(labels, names):
  assert names_of(labels) == names


def test_order_that_is_given_stays():
  assert names_of(('pos', 'neg'), in_order=True) == ('pos', 'neg')
  assert names_of(('neg', 'pos'), in_order=True) == TWO


@pytest.mark.parametrize(
    ('found', 'names', 'expected'),
    [
        (['0', '1'], TWO, {'0': 0, '1': 1}),
        (['0', '4'], TWO, {'0': 0, '4': 1}),
        (['4'], TWO, {'4': 1}),
        (['false', 'true'], TWO, {'false': 0, 'true': 1}),
        (['POSITIVE', '0'], TWO, {'POSITIVE': 1, '0': 0}),
        (['0', '2', '4'], THREE, {'0': 0, '2': 1, '4': 2}),
        (['-1', '0', '1'], THREE, {'-1': 0, '0': 1, '1': 2}),
        (['0', '1', '2'], THREE, {'0': 0, '1': 1, '2': 2}),
        (['b', 'a'], ('a', 'b'), {'a': 0, 'b': 1}),
        (['1', '0'], ('1', '0'), {'1': 0, '0': 1}),
    ],
)
def test_labels_find_their_class(found, names, expected):
  class_of = class_of_label(found, names)
  classes = {b: class_of.get(b, class_of.get(b.lower())) for b in found}
  assert classes == expected


@pytest.mark.parametrize('found', [['0', '1'], ['0', '2'], ['1']])
def test_labels_of_several_meanings_are_refused(found):
  # Numbers from 0, or part of -1, 0, 1 or of 0, 2, 4.
  with pytest.raises(UserError, match='in several ways'):
    class_of_label(found, THREE)


def test_whole_numbers_are_such():
  assert [normalized(label) for label in (' 1.0 ', '0.5', '-1.00', 'a ')] == [
      '1', '0.5', '-1', 'a',
  ]  # fmt: skip
  assert check_labels('labels', [0, 4.0, True]) == ('0', '4', 'true')


@pytest.mark.parametrize('labels', ['neg,pos', ['a'], ['a', 'a'], 3])
def test_what_is_no_list_of_labels_is_refused(labels):
  with pytest.raises(UserError, match='labels='):
    check_labels('labels', labels)
