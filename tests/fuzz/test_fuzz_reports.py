"""Hostile texts in a report are escaped and never become markup."""

import functools
import html.parser
import os
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from fuzzing import BATCH_SIZE, TEXTS, fuzz
from hypothesis import strategies as st

from trax_twitter_sentiment.cli import printable
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.marked_text import Fragment
from trax_twitter_sentiment.prediction.predictor import Explanation, Prediction
from trax_twitter_sentiment.reporting import content as report_content
from trax_twitter_sentiment.reporting import figures, plots
from trax_twitter_sentiment.reporting.mistakes import Confusion, Mistake
from trax_twitter_sentiment.reporting.page import render
from trax_twitter_sentiment.reporting.slices import Coverage, Slice
from trax_twitter_sentiment.reporting.variants import Baseline, Variant
from trax_twitter_sentiment.reporting.words import WeightyWord

_MARKUP = st.sampled_from(
  [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onclick='x",
    '</style></pre></bdi><h2>',
    '<!--',
    '-->',
    ']]>',
    '&lt;b&gt;',
    '&#60;b>',
    '</title>',
    '<svg/onload=x>',
    'javascript:x',
    '\x00<b\x00>',
    '</details><base href=//x>',
    '%s{0}',
  ]
)
_FOREIGN = st.one_of(
  TEXTS, st.lists(st.one_of(_MARKUP, TEXTS), max_size=3).map(''.join)
)


class _Page(html.parser.HTMLParser):
  """A parsed page: its elements with their attributes, and its texts."""

  def __init__(self, source):
    super().__init__()
    self.elements = []
    self.texts = []
    self.feed(source)
    self.close()

  def handle_starttag(self, tag, attrs):
    self.elements.append((tag, attrs))

  def handle_endtag(self, tag):
    self.elements.append((f'/{tag}', []))

  def handle_data(self, data):
    self.texts.append(data)

  def handle_comment(self, data):
    raise AssertionError(data)

  handle_pi = unknown_decl = handle_comment


def _content(texts):
  """Returns the content of a report with foreign `texts` in every field for text."""
  text, token, folder, config, name = texts
  names = ('negative', f'{name}!')
  labels = np.array([1, 0])
  log_probabilities = np.log([[0.4, 0.6], [0.7, 0.3]])
  evaluation = scores.evaluate(log_probabilities, labels, names)
  prediction = Prediction(1, (-1.0, -0.5), (token, 'x'))
  fragments = (Fragment(text, None), Fragment(token, 0.2))
  explanation = Explanation(prediction, (token, 'x'), (0.2, -0.1), 0.4, fragments)
  mistake = Mistake(text, 0, 1, 0.9, explanation)
  word = WeightyWord(token, 1.5, 9)
  variant = Variant(
    title='With emoticons',
    log_probabilities=log_probabilities,
    labels=labels,
    evaluation=evaluation,
    baselines=[Baseline('others', evaluation, 1.0)],
    confusions=[Confusion(0, 1, 1, 0.5, text)],
    mislabelled=[mistake],
    mistakes=[mistake],
    coverage=[Coverage(0.9, 1, 0.5, 1.0)],
    slices={'By length': [Slice('1 to 5 words', 2, 0.5, (0.1, 0.9))]},
  )
  return report_content.ReportContent(
    model_dir=folder,
    title=token,
    unit='tweets',
    remark='',
    class_names=names,
    sizes={'training': [1, 1], 'validation': [1, 1]},
    n_baseline_texts=None,
    vocabulary_size=9,
    train_curves={name: {1: 0.5}},
    eval_curves={name: {1: 0.5, 2: 0.4}},
    variants=[variant],
    emoticons='',
    words={0: [word], 1: [word]},
    stems=True,
    words_split='training',
    not_explained='',
    predictions=f'text\n{text}',
    facts={'trained': 'today'},
    like='twitter.gin',
    differing={'train.steps': '60 → 4'},
    config=config,
    versions={'Python': '3'},
  )


_FIGURES = (
  'curves',
  'calibration',
  'score_histogram',
)


@pytest.fixture(autouse=True, scope='module')
def _fast_figures():
  """Replaces figures by empty images. `test_any_curve_can_be_drawn` tests a figure."""
  with pytest.MonkeyPatch.context() as patch:
    for name in _FIGURES:
      patch.setattr(plots, name, lambda *arguments: '<svg/>')
    kinds = dict.fromkeys(figures.KINDS, lambda scored: '<svg/>')
    patch.setattr(figures, 'KINDS', kinds)
    yield


@functools.cache
def _expected_elements():
  return _Page(render(_content(['x'] * 5))).elements


# Rendering a page is as slow as ten other cases, so this test has fewer cases.
@fuzz(max(100, BATCH_SIZE // 10), texts=st.tuples(*[_FOREIGN] * 5))
def test_no_text_becomes_markup(texts):
  source = render(_content(texts))
  assert all(c.isprintable() or c == '\n' for c in source)
  page = _Page(source)
  assert len(page.elements) == len(_expected_elements())
  for (tag, attributes), (expected_tag, expected) in zip(
    page.elements, _expected_elements(), strict=True
  ):
    assert tag == expected_tag
    # Only these attributes contain foreign texts.
    names = ('alt', 'aria-label', 'href')
    assert [pair for pair in attributes if pair[0] not in names] == [
      pair for pair in expected if pair[0] not in names
    ]
    assert dict(attributes).get('href', '#').startswith(('#', 'data:text/csv;'))
  shown = ''.join(page.texts)
  for text in texts:
    for line in text.split('\n'):
      assert printable(line) in shown


_draw_curves = plots.curves  # `_fast_figures` replaces the attribute later.

_VALUES = st.one_of(st.floats(width=32), st.sampled_from([0.0, 1e-45, 3e38, -3e38]))


@fuzz(
  15,
  name=st.one_of(_MARKUP, _FOREIGN),
  curve=st.dictionaries(
    st.integers(-(2**63), 2**63 - 1), _VALUES, min_size=1, max_size=5
  ),
)
def test_any_curve_can_be_drawn(name, curve):
  best = next(iter(curve.items()))
  svg = _draw_curves({f'eval {name}': dict(sorted(curve.items()))}, best)
  for element in ET.fromstring(svg).iter():
    assert element.tag.rpartition('}')[2] not in (
      'script',
      'foreignObject',
      'a',
      'image',
    )


@pytest.mark.parametrize('make', [os.mkdir, os.mkfifo])
def test_config_that_is_not_a_regular_file_is_left_out(tmp_path, make):
  make(tmp_path / 'config.gin')
  assert report_content._read_config(str(tmp_path / 'config.gin')) is None
