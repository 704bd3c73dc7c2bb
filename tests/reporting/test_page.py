"""The pages: every section, nothing from outside, and no text that becomes markup."""

import base64
import csv
import dataclasses
import hashlib
import io
import shutil
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from pages import HOSTILE, Page
from runs import train

from trax_twitter_sentiment.corpora import twitter
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.reporting import words
from trax_twitter_sentiment.reporting.content import gather
from trax_twitter_sentiment.reporting.page import render
from trax_twitter_sentiment.run.run import Run

SECTIONS = [
    'Accuracy',
    'Confusion matrix',
    'Coverage',
    'Thresholds',
    'Calibration',
    'Scores',
    'Slices',
    'The words that weigh most',
    'Mistakes',
    'Training curves',
    'Training',
    'Corpus',
    'Settings',
    'Versions',
]


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  """Returns the directory of a short run on the sample."""
  folder = tmp_path_factory.mktemp('runs') / 'short'
  train(folder, 'train.steps=4', 'train.eval_frequency=2')
  return folder


@pytest.fixture(scope='module')
def content(run):
  return gather(Run(run))


@pytest.fixture(scope='module')
def page(content):
  return Page(render(content))


def test_page_has_every_section(page):
  assert page.texts['h2'] == SECTIONS
  assert page.attributes('html') == [{'lang': 'en'}]
  assert page.texts['title'][0].startswith('Report of ')


def test_verdict_is_the_first_text_after_the_title(page, content):
  first = page.text.index('classified correctly')
  assert page.text.index('Report of') < first < page.text.index('Accuracy')
  assert 'The commonest mistake: ' in page.text


def test_page_needs_nothing_else(page):
  assert not {'link', 'iframe', 'object', 'base', 'svg'} & {
      name for name, _ in page.elements
  }
  for name, attributes in page.elements:
    assert not any(key.startswith('on') for key in attributes)
    if 'src' in attributes:
      assert name == 'img'
      assert attributes['src'].startswith('data:image/svg+xml;base64,')
  (style,) = page.texts['style']
  assert 'url(' not in style
  assert '@import' not in style
  (script,) = page.texts['script']
  digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
  policies = {a.get('http-equiv'): a.get('content') for a in page.attributes('meta')}
  assert policies['Content-Security-Policy'] == (
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
      f"script-src 'sha256-{digest}'"
  )


def test_contents_link_to_every_section(page):
  links = [attributes['href'] for attributes in page.attributes('a')]
  sections = [attributes['id'] for attributes in page.attributes('section')]
  assert [link for link in links if link.startswith('#')] == [
      f'#{name}' for name in sections
  ]


def test_figures_are_complete_and_described(page):
  images = page.attributes('img')
  # Two curves, ROC and precision-recall, and two figures for each way of reading.
  assert len(images) == 2 + 2 + 2 * 2
  for image in images:
    svg = base64.b64decode(image['src'].split(',')[1])
    assert ET.fromstring(svg).tag == '{http://www.w3.org/2000/svg}svg'
  descriptions = ' '.join(image['alt'] for image in images)
  for part in ('accuracy', 'Calibration.', 'ROC', 'Histogram'):
    assert part in descriptions


def test_same_run_gives_the_same_page(content):
  assert render(content) == render(content)


def test_accuracy_is_shown_with_and_without_emoticons(page, content):
  with_, without = (variant.evaluation for variant in content.variants)
  assert without.accuracy.value < with_.accuracy.value - 0.1
  for evaluation in (with_, without):
    assert f'{evaluation.accuracy.value:.4f}' in page.texts['td']
    assert '{:.4f} to {:.4f}'.format(*evaluation.accuracy_interval) in page.texts['td']
  assert content.eval_curves['accuracy'][4] == pytest.approx(with_.accuracy.value)


def test_run_without_emoticons_is_shown_once(tmp_path):
  train(tmp_path, 'TweetTokenizer.keep_emoticons=False')
  content = gather(Run(tmp_path))
  assert [variant.title for variant in content.variants] == ['']
  assert 'does not read emoticons' in Page(render(content)).text


def test_emoticons_without_influence_are_one_sentence(content, page):
  (variant,) = (dataclasses.replace(content.variants[1], title=''),)
  remark = 'Emoticons hardly matter: accuracy changes.'
  changed = dataclasses.replace(content, variants=[variant], emoticons=remark)
  text = Page(render(changed)).text
  assert remark in text
  assert 'Without emoticons' in page.text
  assert 'Without emoticons' not in text


def test_grouped_corpus_is_named(tmp_path):
  train(tmp_path, 'configured_corpus.corpus=@GroupedCorpus')
  text = Page(render(gather(Run(tmp_path)))).text
  assert "the package's made-up tweets" in text
  assert 'grouped' in text


def test_curves_end_with_their_last_values(page, content):
  for name in ('cross_entropy', 'accuracy'):
    last = content.eval_curves[name][4]
    assert f'eval {name} {last:.4g} at step 4' in page.text
  loss = content.train_curves['WeightedCategoryCrossEntropy'][4]
  assert f'train WeightedCategoryCrossEntropy {loss:.4g} at step 4' in page.text


def test_curve_of_one_point_is_a_sentence(content):
  changed = dataclasses.replace(
      content, eval_curves={'accuracy': {1: 0.75}}, train_curves={}
  )
  page = Page(render(changed))
  assert 'Measured once: eval accuracy 0.75 at step 1.' in page.text
  assert 'accuracy' not in page.texts['h3']


@pytest.mark.parametrize('value', [float('nan'), float('inf'), 0.0])
def test_any_value_can_be_on_a_curve(content, value):
  name = 'loss $\\nope$ <b>'  # No formula.
  curves = {name: {1: value, 2: 1.0, 3: 1e-9}, '_odd': {1: value}}
  page = Page(render(dataclasses.replace(content, eval_curves=curves)))
  assert name in page.texts['h3']


def test_mistakes_carry_the_classes_by_which_the_script_filters(content, page):
  items = [item for item in page.attributes('li') if 'data-label' in item]
  shown = [m for v in content.variants for m in v.mislabelled]
  shown += [m for v in content.variants for m in v.mistakes]
  assert [(int(i['data-label']), int(i['data-predicted'])) for i in items] == [
      (mistake.label, mistake.predicted) for mistake in shown
  ]
  assert page.attributes('form') == [{'id': 'filter', 'hidden': None}]


def test_link_saves_all_predictions(content, page):
  (link,) = (a for a in page.attributes('a') if 'download' in a)
  assert link['download'] == 'predictions.csv'
  text = base64.b64decode(link['href'].split(',')[1]).decode()
  rows = list(csv.DictReader(io.StringIO(text)))
  assert len(rows) == 200
  for column, variant in zip(
      ('predicted_with_emoticons', 'predicted_without_emoticons'), content.variants
  ):
    right = [row[column] == row['label'] for row in rows]
    assert sum(right) / 200 == pytest.approx(variant.evaluation.accuracy.value)


def test_settings_corpus_and_versions_are_named(page, run):
  assert page.texts['pre'][0].strip() == (run / 'config.gin').read_text().strip()
  assert 'train.steps = 4' in page.texts['pre'][0]
  assert '800 tweets (400 negative, 400 positive)' in page.text
  for name in ('Python', 'trax', 'jax', 'numpy', 'nltk'):
    assert name in page.texts['th']
  assert '60 → 4' in page.texts['bdi']


def test_missing_history_and_config_are_named(run, tmp_path):
  for name in ('tokenizer.json', 'vocabulary.json', 'model.json', 'corpus.json',
      'model.weights.npy.gz'):
    shutil.copy(run / name, tmp_path)
  page = Page(render(gather(Run(tmp_path))))
  assert page.texts['h2'] == SECTIONS
  assert 'contains no training history' in page.text
  assert 'contains no config.gin' in page.text


def test_many_classes_are_shown_in_part(content):
  labels = np.arange(600) % 120
  names = tuple(f'class {i}' for i in range(120))
  log_probabilities = np.log(np.eye(120)[labels] * 0.6 + 0.4 / 120)
  variant = dataclasses.replace(
      content.variants[1],
      title='',
      log_probabilities=log_probabilities,
      labels=labels,
      evaluation=scores.evaluate(log_probabilities, labels, names),
      confusions=[],
      mislabelled=[],
      mistakes=[],
  )
  changed = dataclasses.replace(
      content, class_names=names, variants=[variant], sizes={'validation': [5] * 120}
  )
  page = Page(render(changed))
  assert '100 other classes' in page.texts['bdi']
  assert 'The 100 most frequent of 120 classes.' in page.text
  assert 'Thresholds' not in page.texts['h2']
  assert 'average precision' in page.texts['th']
  # A row of the table for each class, and no more.
  assert sum(text.startswith('class ') for text in page.texts['th']) <= 100 + 2 * 20 + 1


def test_mistakes_are_the_marked_text(content, page):
  mistake = content.variants[1].mistakes[0]
  fragments = mistake.explanation.marked_text
  assert ''.join(text for text, _ in fragments) == mistake.text
  strong = [(text, share) for text, share in fragments if share and abs(share) >= 0.05]
  assert strong
  marks = {(a.get('class'), a.get('data-share')) for a in page.attributes('mark')}
  for text, share in strong:
    assert text in page.texts['mark']
    sign, kind = ('+', 'positive') if share > 0 else ('−', 'negative')
    assert (kind, f'{sign}{abs(share):.2f}') in marks


@pytest.mark.slow
def test_other_model_is_reported_without_explanations(tmp_path):
  train(
      tmp_path,
      'train.model=@trax.models.TransformerEncoder',
      'TransformerEncoder.vocab_size=@vocabulary_size()',
      'TransformerEncoder.n_classes=2',
      'TransformerEncoder.d_model=8',
      'TransformerEncoder.d_ff=8',
      'TransformerEncoder.n_layers=1',
      'TransformerEncoder.n_heads=1',
  )
  page = Page(render(gather(Run(tmp_path))))
  assert 'Left out: Only the predictions of a TwitterClassifier' in page.text
  assert 'Mistakes' in page.texts['h2']


@pytest.fixture
def hostile_run(tmp_path, write_corpus, monkeypatch):
  """Returns the directory of a run that gets hostile validation tweets wrong."""
  import nltk.data

  n_train = 4 * len(HOSTILE)
  positive = ['good day :)'] * n_train + [f'{text} bad :(' for text in HOSTILE]
  negative = ['bad night :('] * (n_train + len(HOSTILE))
  folder = write_corpus(positive, negative)
  monkeypatch.setattr(nltk.data, 'path', [str(folder)])
  twitter._load.cache_clear()
  run = tmp_path / '<b>run'
  train(
      run,
      "TwitterCorpus.source='nltk'",
      'train.steps=20',
      'TwitterBatches.batch_size=20',
      'eval/TwitterBatches.batch_size=20',
      'train.eval_steps=1',
  )
  yield run
  twitter._load.cache_clear()


def test_hostile_tweets_are_text(hostile_run):
  with open(hostile_run / 'config.gin', 'a') as file:
    file.write('# </pre><script>alert(2)</script> \x1b[31m\n')
  content = gather(Run(hostile_run))
  source = render(content)
  source.encode('utf-8')  # No lone surrogate is left.
  page = Page(source)
  shown = page.texts['bdi']
  for text in HOSTILE[:5] + HOSTILE[8:]:
    assert shown.count(f'{text} bad :(') >= 1
  assert 'right \\u202e to left \\u2066 and on bad :(' in shown
  assert (
      'bell \\x07 escape \\x1b[31m null \\x00 delete \\x7f next line \\x85 bad :('
  ) in shown
  assert 'half a character \\ud800 and \\udfff bad :(' in shown
  assert all(c.isprintable() or c == '\n' for c in source)
  # All elements are the page's own.
  assert {*page.texts['h2']} <= {*SECTIONS, 'Perhaps mislabelled'}
  assert 'b' not in {name for name, _ in page.elements}
  assert len(page.attributes('script')) == 1
  assert '# </pre><script>alert(2)</script> \\x1b[31m' in page.texts['pre'][0]
  assert page.texts['h1'] == [f'Report of {hostile_run}']


def test_token_of_marks_alone_is_visible(content):
  word = words.WeightyWord('\ufe0f', 2.0, 9)
  changed = dataclasses.replace(content, words={0: [], 1: [word]})
  assert '\\ufe0f' in Page(render(changed)).texts['bdi']
