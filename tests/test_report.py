import base64
import dataclasses
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from conftest import run_python
from runs import train
from scipy.stats import binomtest

from trax_twitter_sentiment.corpora import twitter
from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.scores import evaluate
from trax_twitter_sentiment.reporting import (
  baselines,
  comparison,
  plots,
  run_facts,
  score_sections,
)
from trax_twitter_sentiment.reporting import content as report_content
from trax_twitter_sentiment.reporting import page as page_module
from trax_twitter_sentiment.reporting.page import render
from trax_twitter_sentiment.run.weights import load_arrays
from trax_twitter_sentiment.text.emoticons import remove_emoticons

SECTIONS = [
    'Accuracy',
    'Training curves',
    'Confusion matrix',
    'Thresholds',
    'Calibration',
    'Scores',
    'The tokens that weigh most',
    'The worst mistakes',
    'Settings',
    'Corpus',
    'Versions',
]

HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</style></pre></bdi><h2>mine</h2><!-- ',
    '&lt;b&gt; &amp;amp; &#60;',
    'right \u202e to left \u2066 and on',
    'bell \x07 escape \x1b[31m null \x00 delete \x7f next line \x85',
    'half a character \ud800 and \udfff',
    '$\\frac{1}{0}$ {0} %s {{x}}',
    'two\nlines',
]


class Page(html.parser.HTMLParser):
  """A parsed page: its elements, and the texts of some of them.

  Attributes:
    elements: the name and the attributes of each.
    texts: by element, the texts inside each element of that name.
  """

  def __init__(self, source):
    super().__init__()
    self.elements = []
    self.texts = {}
    self._open = []
    self.feed(source)
    self.close()
    assert not self._open, f'never closed: {self._open}'

  def handle_starttag(self, tag, attrs):
    self.elements.append((tag, dict(attrs)))
    if tag not in ('img', 'input', 'meta'):
      self._open.append((tag, []))

  def handle_endtag(self, tag):
    name, texts = self._open.pop()
    assert name == tag, f'</{tag}> ends <{name}>'
    text = ''.join(texts)
    self.texts.setdefault(tag, []).append(text)
    if self._open:
      self._open[-1][1].append(text)

  def handle_data(self, data):
    if self._open:
      self._open[-1][1].append(data)

  def handle_comment(self, data):
    raise AssertionError(f'a comment: {data}')

  def attributes(self, tag):
    return [attributes for name, attributes in self.elements if name == tag]

  @property
  def text(self):
    return self.texts['body'][0]


def content_of(run):
  return report_content.gather(SentimentPredictor.load(run), str(run))


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  """Returns the directory of a short run on the sample."""
  folder = tmp_path_factory.mktemp('runs') / 'short'
  train(folder, 'train.steps=4', 'train.eval_frequency=2')
  return folder


@pytest.fixture(scope='module')
def content(run):
  return content_of(run)


@pytest.fixture(scope='module')
def page(content):
  return Page(render(content))


def test_page_has_every_section(page):
  assert page.texts['h2'] == SECTIONS
  assert page.attributes('html') == [{'lang': 'en'}]
  assert page.texts['title'][0].startswith('Report of ')


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
  assert links == [f'#{name}' for name in sections]
  assert page.texts['a'] == SECTIONS


def test_figures_are_whole_and_described(page):
  images = page.attributes('img')
  # Two curves, and four figures for tweets as they are and without emoticons.
  assert len(images) == 2 + 4 * 2
  for image in images:
    svg = base64.b64decode(image['src'].split(',')[1])
    assert ET.fromstring(svg).tag == '{http://www.w3.org/2000/svg}svg'
  descriptions = ' '.join(image['alt'] for image in images)
  for part in ('accuracy', 'Confusion matrix', 'Calibration.', 'ROC', 'Histogram'):
    assert part in descriptions


def test_same_run_gives_the_same_page(content):
  assert render(content) == render(content)


def test_accuracy_is_given_as_is_and_without_emoticons(page, content):
  as_is, without = (variant.evaluation for variant in content.variants)
  assert without.accuracy.value < as_is.accuracy.value - 0.1
  for scores in (as_is, without):
    assert f'{scores.accuracy.value:.4f}' in page.text
    assert '{:.4f} to {:.4f}, n = 200'.format(*scores.accuracy_interval) in page.text
  assert content.eval_curves['accuracy'][4] == pytest.approx(as_is.accuracy.value)


def test_run_without_emoticons_has_one_variant(tmp_path):
  train(tmp_path, 'TweetTokenizer.keep_emoticons=False')
  content = content_of(tmp_path)
  assert [variant.title for variant in content.variants] == ['Emoticons removed']
  assert 'leaves emoticons out' in Page(render(content)).text


def test_run_on_a_grouped_corpus_says_so(tmp_path):
  train(tmp_path, 'configured_corpus.corpus=@GroupedCorpus')
  text = Page(render(content_of(tmp_path))).text
  assert "the package's made-up tweets" in text
  assert 'near-duplicates in one split' in text


def test_curves_end_with_their_last_values(page, content):
  for name in ('cross_entropy', 'accuracy'):
    last = content.eval_curves[name][4]
    assert f'eval {name} {last:.4g} at step 4' in page.text
  loss = content.train_curves['WeightedCategoryCrossEntropy'][4]
  assert f'train WeightedCategoryCrossEntropy {loss:.4g} at step 4' in page.text


@pytest.mark.parametrize('value', [float('nan'), float('inf'), 0.0])
def test_any_value_can_be_on_a_curve(content, value):
  name = 'loss $\\nope$ <b>'  # Not a formula.
  curves = {name: {1: value, 2: 1.0, 3: 1e-9}, '_odd': {1: value}}
  page = Page(render(dataclasses.replace(content, eval_curves=curves)))
  assert name in page.texts['h3']


def test_weighty_tokens_are_the_largest_of_known_ones(content):
  predictor = SentimentPredictor.load(content.model_dir)
  odds = predictor.token_scores()
  counts = dict.fromkeys(predictor.encoder.vocabulary.tokens, 0)
  for text in content.corpus.train.texts:
    for token in set(predictor.encoder.tokenizer.tokenize(text)):
      counts[token] += 1
  known = [i for i, n in enumerate(counts.values()) if n >= 5]
  negative, positive = content.weighty_tokens.values()
  assert [t.log_odds for t in negative] == sorted(odds[known])[:20]
  assert [t.log_odds for t in positive] == sorted(odds[known], reverse=True)[:20]
  for token in negative + positive:
    assert token.n_tweets == counts[token.token]
  assert positive[0].token in (':)', ':d', ':-)')


def test_special_tokens_are_not_weighty(content):
  predictor = SentimentPredictor.load(content.model_dir)
  examples = Examples(('unheardof',) * 9, np.ones(9, np.int32))
  unknown = Corpus('own', examples, examples, frozenset())
  assert report_content._weighty_tokens(predictor, unknown) == {
      'negative': [], 'positive': []
  }  # fmt: skip


def test_mistakes_are_the_worst_and_fully_explained(content, page):
  variant = content.variants[1]
  (_, false_positive), (false_negative, _) = variant.evaluation.confusion_matrix
  n_mistakes = false_positive + false_negative
  n_shown = report_content.N_MISTAKES
  assert len(variant.mistakes) == n_shown < n_mistakes
  assert f'{n_shown} of {n_mistakes} mistakes in 200 tweets' in page.text
  odds = variant.log_probabilities[:, 1] - variant.log_probabilities[:, 0]
  sides = np.where(content.corpus.validation.labels == 1, 1, -1)
  expected = sorted(odds * sides)[:n_shown]
  predictions = [mistake.explanation.prediction for mistake in variant.mistakes]
  assert [-abs(p.log_odds) for p in predictions] == pytest.approx(expected)
  for mistake in variant.mistakes:
    explanation = mistake.explanation
    assert mistake.label != explanation.prediction.label
    assert sum(explanation.shares) + explanation.bias == pytest.approx(
        explanation.prediction.log_odds
    )
    assert mistake.text in page.texts['bdi']
    # As it is read.
    assert remove_emoticons(mistake.text) == mistake.text


def test_mistakes_are_shown_with_the_classes_that_the_script_goes_by(content, page):
  shown = [item for item in page.attributes('li') if 'data-truth' in item]
  mistakes = [mistake for variant in content.variants for mistake in variant.mistakes]
  assert [(int(i['data-truth']), int(i['data-called'])) for i in shown] == [
      (mistake.label, mistake.explanation.prediction.label) for mistake in mistakes
  ]
  assert page.attributes('form') == [{'id': 'filter', 'hidden': ''}]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which('chromium'), reason='needs Debian\'s chromium')
def test_script_filters_mistakes_in_a_browser(content, tmp_path):
  # What a visitor does, by a script of the test's own, which the policy allows too.
  choose = 'form.elements.truth.value = "1"; form.dispatchEvent(new Event("input"));'
  source = render(content)
  script = re.search(r'<script>(.*)</script>', source, re.S)[1]
  changed = script + choose
  for text in (script, changed):
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    source = source.replace(digest, '{digest}') if text is script else source.replace(
        '{digest}', digest
    )
  (tmp_path / 'page.html').write_text(source.replace(script, changed))
  command = ['chromium', '--headless', '--no-sandbox', '--dump-dom']
  address = (tmp_path / 'page.html').as_uri()
  found = subprocess.run(
      [*command, address], capture_output=True, check=True, text=True, timeout=60
  )
  mistakes = [mistake for variant in content.variants for mistake in variant.mistakes]
  n_shown = sum(mistake.label == 1 for mistake in mistakes)
  assert 0 < n_shown < len(mistakes)
  assert f'{n_shown} of {len(mistakes)} shown' in found.stdout


def test_baselines_are_beside_the_run(content, page):
  for variant in content.variants:
    majority, tf_idf = variant.baselines.values()
    assert majority.accuracy.value == 0.5
    assert 0.5 < tf_idf.accuracy.value <= 1.0
  as_is, without = (v.baselines[baselines.TF_IDF].accuracy for v in content.variants)
  assert as_is.value > without.value  # It reads emoticons, where the run does.
  cells = page.texts['td']
  assert f'{as_is.value:.4f}' in cells
  assert page.texts['th'].count('this run') == 2


def test_run_tells_when_and_by_what_it_was_trained(page, run):
  assert {'trained', 'trainable weights', 'train it again'} <= {*page.texts['th']}
  digest = json.loads((run / 'corpus.json').read_text())['digest']
  assert digest in page.texts['td']
  weights = load_arrays(str(run / 'model.weights.npy.gz'))
  assert f'{sum(array.size for array in weights):,}' in page.texts['td']


def test_copy_of_a_run_was_trained_when_the_run_was(run, tmp_path):
  copy = tmp_path / 'copy'
  shutil.copytree(run, copy, copy_function=shutil.copyfile)
  for path in copy.rglob('*'):
    os.utime(path, (1, 1))
  trained = run_facts.facts(str(copy))['trained']
  assert trained == run_facts.facts(str(run))['trained']
  assert re.match(r'20\d\d-\d\d-\d\d \d\d:\d\d UTC, \d+\.\d seconds', trained)
  shutil.rmtree(copy / 'train')  # Then it isn't known.
  assert 'trained' not in run_facts.facts(str(copy))


def test_settings_that_differ_from_the_gin_file_are_listed(content, page):
  assert content.like == 'twitter.gin'
  assert content.differing['train.steps'] == '60 → 4'
  assert 'TwitterBatches.batch_size' not in content.differing
  assert '60 → 4' in page.texts['td']


def test_best_step_is_marked():
  assert page_module._best('accuracy', {1: 0.5, 2: 0.9, 3: 0.9}) == (2, 0.9)
  assert page_module._best('cross_entropy', {1: 0.5, 2: 0.1, 3: 0.3}) == (2, 0.1)
  assert page_module._best('accuracy', {1: 0.5}) is None
  assert page_module._best('accuracy', {1: 0.5, 2: float('nan')}) is None


@pytest.mark.parametrize('n_classes', [3, 20])
def test_confusion_matrix_has_a_cell_for_each_pair_of_classes(n_classes):
  matrix = np.arange(n_classes**2).reshape(n_classes, n_classes)
  names = [f'class_{i}' for i in range(n_classes)]
  svg = plots.confusion_matrix(matrix.tolist(), names)
  width = float(ET.fromstring(svg).get('width').removesuffix('pt'))
  assert width / n_classes > 40  # Points, for five digits or a percentage.


def test_each_of_several_classes_has_its_curves():
  labels = np.arange(60) % 3
  right = np.eye(3)[labels] * 0.6 + 0.2
  names = ('bad', 'fair', 'good')
  evaluation = evaluate(np.log(right), labels, names)
  variant = report_content.Variant('As they are', np.log(right), evaluation, {}, [])
  roc, precision_recall = score_sections._class_curves(variant, labels)
  assert 'AUC: bad 1.0000, fair 1.0000, good 1.0000' in roc
  assert 'average precision: bad 1.0000, fair 1.0000, good 1.0000' in precision_recall


def test_runs_are_compared_on_the_same_texts(run, tmp_path):
  other = tmp_path / 'other'
  train(other, 'train.steps=2', 'TweetTokenizer.keep_emoticons=False')
  found = report('--compare', str(run), str(other), cwd=tmp_path)
  assert (found.returncode, found.stdout) == (0, 'comparison.html\n'), found.stderr
  shown = Page((tmp_path / 'comparison.html').read_text())
  assert shown.texts['h2'] == ['Scores', 'Tests', 'Settings', 'Disagreements']
  compared = comparison.gather([str(run), str(other)])
  differing = compared.differing
  assert differing['train.steps'] == ['4', '2']
  assert differing['TweetTokenizer.keep_emoticons'] == ['True', 'False']
  (pair,) = compared.pairs
  first, second = (e.accuracy.value for e in compared.evaluations)
  assert pair.only_first - pair.only_second == round(200 * (first - second))
  expected = binomtest(pair.only_first, pair.only_first + pair.only_second).pvalue
  assert pair.p_value == pytest.approx(expected)
  assert f'p = {pair.p_value:.3g}' in shown.texts['td']
  (different,) = np.nonzero(compared.called[0] != compared.called[1])
  assert compared.disagreements.tolist() == different.tolist()
  assert compared.validation.texts[different[0]] in shown.texts['bdi']


def test_runs_on_other_texts_are_not_compared(run, tmp_path):
  (tmp_path / 'a.csv').write_text('text,label\n' + 'good,1\nbad,0\n' * 20)
  train(
      tmp_path / 'other',
      'configured_corpus.corpus=@TextFileCorpus',
      f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
      'TwitterBatches.batch_size=4',
      'eval/TwitterBatches.batch_size=4',
  )
  other = Page(render(content_of(tmp_path / 'other')))
  assert 'labels from the emoticons' not in other.text  # Which those of tweets are.
  result = report('--compare', str(run), str(tmp_path / 'other'), cwd=tmp_path)
  assert result.returncode == 1
  assert 'other validation texts' in result.stderr


def test_tokens_are_marked_by_share_in_words_and_colour(content):
  source = render(content)
  explanation = content.variants[1].mistakes[0].explanation
  for token, share in zip(
      explanation.tokens, explanation.shares, strict=True
  ):
    sentiment = 'positive' if share > 0 else 'negative'
    sign = '+' if share > 0 else '−'
    assert re.search(
        rf'<span class="token {sentiment}" style="--strength: \d+%" '
        rf'title="\{share:+.3f}"><bdi>{re.escape(token)}</bdi>'
        rf'<small>{re.escape(sign)}{abs(share):.2f}</small></span>',
        source,
    )


def test_settings_corpus_and_versions_are_named(page, run):
  assert page.texts['pre'][0].strip() == (run / 'config.gin').read_text().strip()
  assert 'train.steps = 4' in page.texts['pre'][0]
  assert 'sample: the package' in page.text
  assert '800 texts (400 negative, 400 positive)' in page.text
  for name in ('Python', 'trax', 'jax', 'numpy', 'nltk'):
    assert name in page.texts['th']
  assert '1.4.1' in page.texts['td']


def test_missing_event_files_and_config_are_said(run, tmp_path):
  for name in ('tokenizer.json', 'model.json', 'model.weights.npy.gz'):
    shutil.copy(run / name, tmp_path)
  page = Page(render(content_of(tmp_path)))
  assert page.texts['h2'] == SECTIONS
  assert 'holds no event files' in page.text
  assert 'holds no config.gin' in page.text
  assert len(page.attributes('img')) == 8


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
  page = Page(render(content_of(tmp_path)))
  assert page.texts['h2'] == SECTIONS
  assert page.text.count('Left out: Only the tokens of a TwitterClassifier') == 2
  assert len(page.attributes('img')) == 10


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
  content = content_of(hostile_run)
  source = render(content)
  source.encode('utf-8')  # No half of a character is left.
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
  assert page.texts['h2'] == SECTIONS
  assert 'b' not in {name for name, _ in page.elements}
  assert len(page.attributes('script')) == 1
  assert len(page.attributes('img')) == 10
  assert '# </pre><script>alert(2)</script> \\x1b[31m' in page.texts['pre'][0]
  assert page.texts['h1'] == [f'Report of {hostile_run}']


def test_token_of_marks_alone_is_visible(content):
  token = report_content.WeightyToken('\ufe0f', 2.0, 9)
  weighty_tokens = {'negative': [], 'positive': [token]}
  changed = dataclasses.replace(content, weighty_tokens=weighty_tokens)
  assert '\\ufe0f' in Page(render(changed)).texts['bdi']


def report(*arguments, **environment):
  return run_python('-m', 'trax_twitter_sentiment.report', *arguments, **environment)


def test_command_writes_the_page_and_prints_its_path(run, content):
  result = report(f'--model_dir={run}')
  assert result.returncode == 0, result.stderr
  path = run / 'report.html'
  assert result.stdout == f'{path}\n'
  assert path.read_text() == render(content)
  assert not [*run.glob('.report.html*')]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--model_dir=missing'], "ERROR: model_dir='missing' is not a directory.\n"),
        (['--model_dir=.', 'more'], "ERROR: Unexpected argument 'more'.\n"),
        ([], 'ERROR: --model_dir is missing; it is an output directory of a run.\n'),
        (
            ['--compare', 'one'],
            'ERROR: --compare takes two output directories or more, as arguments.\n',
        ),
    ],
)
def test_mistake_in_the_command_ends_in_one_line(arguments, message, tmp_path):
  result = report(*arguments, cwd=tmp_path)
  assert (result.returncode, result.stdout) == (1, '')
  assert result.stderr == message


def test_output_that_cannot_be_written_ends_in_one_line(run, tmp_path):
  for name in ('tokenizer.json', 'model.json', 'model.weights.npy.gz'):
    shutil.copy(run / name, tmp_path)
  result = report('--model_dir=.', '--output=missing/page.html', cwd=tmp_path)
  assert (result.returncode, result.stdout) == (1, '')
  assert result.stderr.endswith(
      'ERROR: --output=missing/page.html: there is no folder missing.\n'
  )
  assert 'Traceback' not in result.stderr


def test_help_is_shown(tmp_path):
  result = report('--help', cwd=tmp_path)
  assert '--model_dir:' in result.stdout
  assert '--output' in result.stdout
