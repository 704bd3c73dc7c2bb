"""Results as HTML, parsed by a real parser: the standard library's."""

import html.parser
import math

import numpy as np
import pytest
from conftest import run_python

from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.marked_text import Fragment
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import Explanation, Prediction

EMOTIONS = 'anger', 'joy', 'optimism', 'sadness'
TAGS = frozenset((
    'b', 'bdi', 'caption', 'div', 'mark', 'span', 'table', 'tbody', 'td', 'th', 'thead',
    'tr',
))  # fmt: skip
ATTACK = '</bdi><script>alert(1)</script><img src=x onerror="a()"> &lt; \'"'


class Page(html.parser.HTMLParser):
  """The elements of an HTML text.

  Attributes:
    tags: the names of all elements.
    text: the text between all tags.
    cells: the pieces of this text that are not blank, with `|` between them.
    marks: the text and the attributes of each `<mark>`.
  """

  def __init__(self, markup):
    super().__init__()
    self.tags, self.text, self.cells = set(), '', '|'
    self.marks, self._open = [], []
    self.feed(markup)
    self.close()
    assert not self._open

  def handle_starttag(self, tag, attrs):
    self.tags.add(tag)
    self._open.append(tag)
    if tag == 'mark':
      self.marks.append(['', dict(attrs)])

  def handle_endtag(self, tag):
    assert self._open.pop() == tag

  def handle_data(self, data):
    self.text += data
    if data.strip():
      self.cells += f'{data.strip()}|'
    if 'mark' in self._open:
      self.marks[-1][0] += data


def prediction(probabilities, class_names=EMOTIONS, tokens=('a',)):
  """Returns a prediction with these probabilities."""
  label = int(np.argmax(probabilities))
  logarithms = tuple(map(math.log, probabilities))
  return Prediction(label, logarithms, tokens, class_names, len(tokens))


def explanation(of, *fragments):
  """Returns an explanation of a prediction with this marked text."""
  return Explanation(of, ('a',), (1.0,), 0.0, tuple(map(Fragment._make, fragments)))


def test_words_have_their_shares_as_titles():
  page = Page(
      explanation(
          prediction([0.1, 0.9], ('negative', 'positive')),
          ('@amy I ', None), ('love', 1.768), (' ', None), ('rain', -0.26),
          (' a', 0.049), (' lot', -0.05),
      )._repr_html_()
  )  # fmt: skip
  assert '@amy I love rain a lot' in page.text
  titles = [(text, attributes['title']) for text, attributes in page.marks]
  assert titles == [('love', '+1.77'), ('rain', '−0.26'), (' lot', '−0.05')]
  assert 'speak for positive, dashed orange ones for negative' in page.text
  assert 'rather than' not in page.text


def test_colours_are_those_of_the_report():
  marks = Page(
      explanation(
          prediction([0.1, 0.9], ('negative', 'positive')),
          ('weak', 0.25), ('strong', 1.0), ('stronger', -9.0),
      )._repr_html_()
  ).marks  # fmt: skip
  styles = [attributes['style'] for _, attributes in marks]
  assert 'background: rgb(0 158 115 / 30%)' in styles[0]
  assert 'background: rgb(0 158 115 / 60%)' in styles[1]
  assert 'background: rgb(213 94 0 / 60%)' in styles[2]
  assert ['dashed' in style for style in styles] == [False, False, True]


def test_explanation_of_several_classes_names_the_runner_up():
  page = Page(explanation(prediction([0.5, 0.1, 0.1, 0.3]), ('a', 1.0))._repr_html_())
  assert 'anger rather than sadness, 50.0%' in page.text
  assert 'speak for anger, dashed orange ones for sadness' in page.text


def test_explanation_of_a_run_is_its_text(run_dir):
  text = 'I love <b>this</b> & that, @amy :)\n\tSo sad'
  explained = SentimentPredictor.load(run_dir).explain(text)
  page = Page(explained._repr_html_())
  assert text.replace('\t', r'\t') in page.text
  shares = [f.share for f in explained.marked_text if abs(f.share or 0) >= 0.05]
  titles = [attributes['title'].replace('−', '-') for _, attributes in page.marks]
  assert titles == [f'{share:+.2f}' for share in shares] != []


def test_prediction_shows_the_most_probable_classes():
  names = tuple(f'class {i}' for i in range(7))
  probabilities = [0.02, 0.1, 0.03, 0.5, 0.2, 0.0005, 0.1495]
  page = Page(prediction(probabilities, names)._repr_html_())
  assert page.cells == (
      '|class 3|50.0%|class 4|20.0%|class 6|15.0%|class 1|10.0%|class 2|3.0%|'
      'and 2 less probable classes|'
  )


@pytest.mark.parametrize(
    ('tokens', 'n_known', 'warning'),
    [
        ((), 0, 'reads no token of this text'),
        (('a', 'b'), 0, 'No token of this text is in the vocabulary'),
    ],
)
def test_prediction_without_a_known_token_says_so(tokens, n_known, warning):
  of = Prediction(0, (-0.1, -2.0), tokens, n_known=n_known)
  assert warning in Page(of._repr_html_()).text
  assert warning in Page(explanation(of)._repr_html_()).text


def evaluation(n_classes, name='class {}'):
  """Returns the evaluation of random predictions."""
  labels = np.arange(20 * n_classes) % n_classes
  logits = np.random.default_rng(0).normal(size=(len(labels), n_classes))
  logarithms = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
  return scores.evaluate(logarithms, labels, [*map(name.format, range(n_classes))])


@pytest.mark.parametrize(
    ('n_classes', 'has_matrix', 'has_classes'),
    [(2, True, False), (20, True, True), (21, False, True)],
)
def test_evaluation_has_scores_and_confusions(n_classes, has_matrix, has_classes):
  of = evaluation(n_classes)
  page = Page(of._repr_html_())
  assert f'|accuracy|{of.accuracy.value:.4f}|' in page.cells
  assert f'|texts|{20 * n_classes}|' in page.cells
  assert ('Confusion matrix' in page.text) == has_matrix
  assert ('support' in page.text) == has_classes
  row = '|'.join(map(str, of.confusion_matrix[1]))
  assert (f'|class 1|{row}|' in page.cells) == has_matrix


def test_class_that_is_never_predicted_has_no_precision():
  certain = np.log(np.full((3, 3), [0.8, 0.1, 0.1]))
  page = Page(scores.evaluate(certain, np.arange(3), ['a', 'b', 'c'])._repr_html_())
  assert '|b|undefined|0.0000|' in page.cells


def test_no_text_becomes_markup():
  names = ATTACK, *EMOTIONS
  of = prediction([0.4, 0.1, 0.1, 0.3, 0.1], names)
  explained = explanation(of, (ATTACK, None), (ATTACK, 1.0), ('\x1b[1m\u202e', 0.0))
  evaluated = evaluation(3, ATTACK + '{}')
  for result in (of, explained, evaluated):
    page = Page(result._repr_html_())
    assert page.tags <= TAGS
    assert ATTACK in page.text
  page = Page(explained._repr_html_())
  assert page.marks[0][0] == ATTACK
  # Control characters, also those of bidirectional text, are visible.
  assert r'\x1b[1m\u202e' in page.text


def test_prediction_does_not_import_jinja(run_dir):
  result = run_python(
      '-c',
      'import sys\n'
      'from trax_twitter_sentiment import SentimentPredictor\n'
      f'predictor = SentimentPredictor.load({str(run_dir)!r})\n'
      'explained = predictor.explain("so good")\n'
      'assert "jinja2" not in sys.modules\n'
      'explained._repr_html_()\n'
      'assert "jinja2" in sys.modules and "sklearn" not in sys.modules',
  )
  assert result.returncode == 0, result.stderr
