"""Hostile texts and files in a report: text on the page, never markup."""

import functools
import html.parser
import os
import pathlib
import struct
import tempfile
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from fuzzing import BATCH_SIZE, TEXTS, fuzz, mutated
from hypothesis import strategies as st

from trax_twitter_sentiment.cli import printable
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import Explanation, Prediction
from trax_twitter_sentiment.reporting import content as report_content
from trax_twitter_sentiment.reporting import figures, plots
from trax_twitter_sentiment.reporting.mistakes import Confusion, Mistake
from trax_twitter_sentiment.reporting.page import render
from trax_twitter_sentiment.reporting.slices import Coverage, Slice
from trax_twitter_sentiment.reporting.variants import Baseline, Variant
from trax_twitter_sentiment.reporting.words import WeightyWord
from trax_twitter_sentiment.run.curves import read_curves

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
  """The elements of a page with their attributes, and its texts."""

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
  """Returns the content of a report that has foreign `texts` wherever any can be."""
  text, token, folder, config, name = texts
  names = ('negative', f'{name}!')
  labels = np.array([1, 0])
  log_probabilities = np.log([[0.4, 0.6], [0.7, 0.3]])
  evaluation = scores.evaluate(log_probabilities, labels, names)
  prediction = Prediction(1, (-1.0, -0.5), (token, 'x'))
  explanation = Explanation(prediction, prediction.tokens, (0.2, -0.1), 0.4)
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
  """Draws no figures: they are images, which have a test of their own."""
  with pytest.MonkeyPatch.context() as patch:
    for name in _FIGURES:
      patch.setattr(plots, name, lambda *arguments: '<svg/>')
    kinds = dict.fromkeys(figures.KINDS, lambda scored: '<svg/>')
    patch.setattr(figures, 'KINDS', kinds)
    yield


@functools.cache
def _usual_elements():
  return _Page(render(_content(['x'] * 5))).elements


# A page takes as long as ten other cases.
@fuzz(max(100, BATCH_SIZE // 10), texts=st.tuples(*[_FOREIGN] * 5))
def test_no_text_becomes_markup(texts):
  source = render(_content(texts))
  assert all(c.isprintable() or c == '\n' for c in source)
  page = _Page(source)
  assert len(page.elements) == len(_usual_elements())
  for (tag, attributes), (usual_tag, usual) in zip(
    page.elements, _usual_elements(), strict=True
  ):
    assert tag == usual_tag
    # Foreign texts are a part of these attributes alone.
    names = ('alt', 'aria-label', 'href')
    assert [pair for pair in attributes if pair[0] not in names] == [
      pair for pair in usual if pair[0] not in names
    ]
    assert dict(attributes).get('href', '#').startswith(('#', 'data:text/csv;'))
  shown = ''.join(page.texts)
  for text in texts:
    for line in text.split('\n'):
      assert printable(line) in shown


_draw_curves = plots.curves  # As it is, before `_fast_figures`.

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


def _checksum(content: bytes) -> bytes:
  """Returns TFRecord's checksum, a masked CRC-32C."""
  crc = 0xFFFFFFFF
  for byte in content:
    crc = (crc >> 8) ^ _crc_table()[(crc ^ byte) & 0xFF]
  crc ^= 0xFFFFFFFF
  return struct.pack('<I', (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


@functools.cache
def _crc_table():
  table = []
  for crc in range(256):
    for _ in range(8):
      crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)  # noqa: PLW2901
    table.append(crc)
  return table


def _record(content: bytes, length: int | None = None) -> bytes:
  length = struct.pack('<Q', len(content) if length is None else length)
  return length + _checksum(length) + content + _checksum(content)


def _event(step, tag, value):
  import tensorflow as tf

  values = [tf.compat.v1.Summary.Value(tag=tag, simple_value=value)]
  summary = tf.compat.v1.Summary(value=values)
  return tf.compat.v1.Event(step=step, summary=summary).SerializeToString()


_EVENTS = [_event(step, 'metrics/loss', 0.5) for step in (1, 2, 3)]


@functools.cache
def _event_folder():
  folder = tempfile.TemporaryDirectory(prefix='fuzz')
  _folders.append(folder)
  return pathlib.Path(folder.name)


_folders = []


@fuzz(
  content=st.one_of(
    # Records with right checksums, whatever they hold or claim to.
    st.lists(
      st.builds(
        _record,
        st.one_of(
          st.sampled_from(_EVENTS), mutated(_EVENTS[0]), st.binary(max_size=20)
        ),
        st.one_of(st.none(), st.none(), st.none(), st.integers(0, 2**64 - 1)),
      ),
      max_size=4,
    ).map(b''.join),
    mutated(b''.join(map(_record, _EVENTS))),
    st.binary(max_size=60),
  )
)
def test_any_event_file_is_read_as_far_as_it_goes(content):
  (_event_folder() / 'events.out.tfevents.1.a').write_bytes(content)
  for curve in read_curves(str(_event_folder())).values():
    assert list(curve) == sorted(curve)
    assert all(isinstance(value, float) for value in curve.values())


@pytest.mark.parametrize('length', [2**30, 2**40, 2**62, 2**64 - 1])
def test_record_that_claims_too_much_ends_its_file(tmp_path, length):
  # TensorFlow by itself would end the process (SIGSEGV).
  content = _record(_EVENTS[0]) + _record(b'abc', length) + _record(_EVENTS[1])
  (tmp_path / 'events.out.tfevents.1.a').write_bytes(content)
  assert read_curves(str(tmp_path)) == {'loss': {1: 0.5}}


def test_record_that_is_no_event_ends_its_file(tmp_path):
  content = _record(_EVENTS[0]) + _record(b'\xff' * 9) + _record(_EVENTS[1])
  (tmp_path / 'events.out.tfevents.1.a').write_bytes(content)
  assert read_curves(str(tmp_path)) == {'loss': {1: 0.5}}


def test_there_are_not_endless_curves(tmp_path):
  records = (_record(_event(1, f'metrics/{i}', 1.0)) for i in range(1000))
  (tmp_path / 'events.out.tfevents.1.a').write_bytes(b''.join(records))
  assert len(read_curves(str(tmp_path))) == 100


@pytest.mark.parametrize('make', [os.mkdir, os.mkfifo])
def test_event_file_that_is_none_is_left_out(tmp_path, make):
  make(tmp_path / 'events.out.tfevents.1.a')
  assert read_curves(str(tmp_path)) == {}


@pytest.mark.parametrize('make', [os.mkdir, os.mkfifo])
def test_config_that_is_no_file_is_left_out(tmp_path, make):
  make(tmp_path / 'config.gin')
  assert report_content._read_config(str(tmp_path / 'config.gin')) is None
