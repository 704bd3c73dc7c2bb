"""The page of the service, operated by keyboard in Chromium."""

import json
import shlex

import pytest
from runs import train
from served import serving


@pytest.fixture(scope='module')
def service(run_dir):
  with serving(run_dir) as started:
    yield started


class Page:
  """The page of a service, opened in a browser."""

  def __init__(self, browser, service):
    from selenium.webdriver.common.keys import Keys

    self.keys = Keys
    self.browser = browser
    browser.get(service.url)
    self.field = browser.switch_to.active_element
    self.result = self.all('#result')[0]

  def all(self, selector):
    return self.browser.find_elements('css selector', selector)

  def texts(self, selector):
    return [element.text for element in self.all(selector)]

  def button(self, name):
    (button,) = [b for b in self.all('button') if b.accessible_name == name]
    return button

  def wait(self, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(self.browser, 20, 0.05).until(lambda _: condition())

  def is_busy(self):
    return self.result.get_attribute('aria-busy') == 'true'

  def type(self, text):
    """Replaces the text by keyboard and waits for the prediction."""
    self.field.send_keys(self.keys.CONTROL, 'a')
    self.field.send_keys(self.keys.DELETE, text)
    self.wait(lambda: not self.is_busy())


@pytest.fixture
def page(browser, service):
  page = Page(browser, service)
  yield page
  # The log is empty, so the content security policy blocked nothing.
  assert browser.get_log('browser') == []


def test_prediction_is_updated_while_typing(page, service):
  assert page.field.accessible_name == 'Text'
  text = 'so sad :( <img src=x onerror="document.title=1">'
  page.type(text)
  _, answer = service.predict({'texts': [text], 'explain': True})
  (prediction,) = answer['predictions']
  assert page.texts('h2 bdi') == ['negative'] == [prediction['name']]
  assert page.texts('.probabilities tr') == [
      f'{name} {probability:.1%}'
      for name, probability in prediction['probabilities'].items()
  ]
  assert page.all('img') == []
  assert page.browser.title == 'Is a text negative or positive?'
  page.type('lovely :)')
  assert page.texts('h2 bdi') == ['positive']
  page.type(' ')
  assert page.result.text == ''


def test_words_are_marked_by_their_shares(page, service):
  text = 'Sooo sad, but happy: :)'
  page.type(text)
  (paragraph,) = page.all('.marked')
  shown = page.browser.execute_script(
      'const copy = arguments[0].cloneNode(true);'
      'copy.querySelectorAll(".share").forEach((share) => share.remove());'
      'return [copy.textContent, [...copy.querySelectorAll("mark")].map('
      '(mark) => [mark.textContent, mark.className])]',
      paragraph,
  )
  _, answer = service.predict({'texts': [text], 'explain': True})
  (prediction,) = answer['predictions']
  fragments = prediction['marked_text']
  assert ''.join(fragment['text'] for fragment in fragments) == text
  marked = [f for f in fragments if abs(f['share'] or 0) >= 0.05]
  assert marked
  assert shown == [
      text,
      [[f['text'], 'for' if f['share'] > 0 else 'against'] for f in marked],
  ]
  first = page.all('.marked mark')[0]
  share = first.find_element('css selector', '.share')
  assert share.value_of_css_property('opacity') == '0'
  while page.browser.switch_to.active_element != first:
    page.browser.switch_to.active_element.send_keys(page.keys.TAB)
  assert share.value_of_css_property('opacity') == '1'
  assert float(share.text.replace('−', '-')) == pytest.approx(
      marked[0]['share'], abs=0.005
  )


def test_previous_prediction_is_dimmed_during_a_request(page):
  page.type('so sad :(')
  button = page.button('Predict')
  (heading,) = page.all('h2')
  assert heading.value_of_css_property('opacity') == '1'
  page.browser.set_network_conditions(latency=1000, throughput=-1)
  try:
    page.field.send_keys(' no, lovely :) :) :) :)')
    assert page.is_busy()
    assert button.get_attribute('aria-disabled') == 'true'
    assert page.texts('h2 bdi') == ['negative']
    assert float(heading.value_of_css_property('opacity')) < 0.5
    page.wait(lambda: not page.is_busy())
  finally:
    page.browser.delete_network_conditions()
  assert button.get_attribute('aria-disabled') == 'false'
  assert page.texts('h2 bdi') == ['positive']


def test_unknown_words_are_counted(page):
  page.type('so sad')
  assert 'unknown' not in page.result.text
  page.type('sad qwertyuiop')
  assert page.texts('#result .faint')[0] == '1 of 2 words is unknown.'
  page.type('zxcvbnm qwertyuiop sad')
  assert page.texts('.warning') == ['2 of 3 words are unknown.']
  page.type('@amy')
  assert page.texts('.warning') == [
      'No word counts: this is the guess for an empty text.'
  ]


def test_lines_are_predicted_in_a_table_with_details(page):
  lines = ['so sad :(', 'lovely :)']
  page.type('\n\n'.join(lines))
  cells = [page.texts(f'.texts td:nth-child({i})') for i in (1, 2, 3, 4)]
  assert cells[0] == ['1', '2']
  assert [' '.join(cell.split()) for cell in cells[1]] == lines
  assert [cell.split()[0] for cell in cells[2]] == ['negative', 'positive']
  assert cells[3] == ['0 of 2', '0 of 2']
  page.button('Details of text 2').send_keys(page.keys.ENTER)
  assert page.texts('.details h2 bdi') == ['positive']
  assert page.browser.switch_to.active_element == page.all('.details h2')[0]
  page.all('#lines')[0].send_keys(page.keys.SPACE)
  page.wait(lambda: not page.is_busy() and not page.all('.texts'))
  assert len(page.texts('h2')) == 1


def test_example_is_predicted_when_activated(page):
  page.wait(lambda: page.all('.example'))
  example = page.all('.example')[0]
  text = example.text
  example.send_keys(page.keys.ENTER)
  page.wait(lambda: page.texts('h2'))
  assert page.field.get_property('value') == text


def test_request_is_copied_as_curl(page, service):
  text = """it's "fine" $HOME \\ :)"""
  page.type(text)
  page.button('Copy as curl').send_keys(page.keys.ENTER)
  page.wait(lambda: page.all('#copied code'))
  (command,) = page.texts('#copied code')
  curl, url, _, header, _, body = shlex.split(command)
  assert (curl, url) == ('curl', f'{service.url}predict')
  assert header == 'Content-Type: application/json'
  assert json.loads(body) == {'texts': [text], 'explain': True}


def test_extreme_probabilities_are_not_rounded_to_certainty(page):
  shown = page.browser.execute_async_script(
      'import("/render.js").then(({percent}) => '
      'arguments[0]([0, 0.0009, 0.001, 0.5, 0.999, 0.9991, 1].map(percent)))'
  )
  assert shown == ['<0.1%', '<0.1%', '0.1%', '50.0%', '99.9%', '>99.9%', '>99.9%']


def test_error_is_shown_in_plain_english(browser, service):
  page = Page(browser, service)
  browser.execute_script('arguments[0].value = "a\\n" + "x".repeat(10001)', page.field)
  page.field.send_keys(page.keys.CONTROL, page.keys.ENTER)
  page.wait(lambda: page.texts('.error'))
  assert page.texts('.error') == ['Text 2 has more than 10,000 characters.']
  assert all('422' in entry['message'] for entry in browser.get_log('browser'))


def test_interactive_documentation_loads_only_from_the_service(browser, service):
  page = Page(browser, service)
  browser.get(f'{service.url}docs')
  page.wait(lambda: len(page.all('.opblock')) == 3)
  resources = browser.execute_script(
      'return performance.getEntriesByType("resource").map((entry) => entry.name)'
  )
  assert any('swagger-ui' in url for url in resources)
  assert all(url.startswith((service.url, 'data:', 'blob:')) for url in resources)


def test_validation_texts_are_shown_only_on_request(run_dir, browser, service):
  assert all(e['name'] is None for e in service.get('/examples')['examples'])
  with serving(run_dir, '--show_examples') as started:
    examples = started.get('/examples')['examples']
    assert [e['name'] for e in examples] == ['negative', 'positive'] * 4
    page = Page(browser, started)
    page.wait(lambda: page.all('.example'))
    assert page.texts('.example small')[:2] == [
        'labelled negative', 'labelled positive'
    ]  # fmt: skip


@pytest.mark.slow
def test_model_without_shares_gives_probabilities(tmp_path, browser):
  train(
      tmp_path,
      'train.model=@trax.models.TransformerEncoder',
      'TransformerEncoder.vocab_size=@vocabulary_size()',
      'TransformerEncoder.n_classes=2',
      'TransformerEncoder.d_model=16',
      'TransformerEncoder.d_ff=16',
      'TransformerEncoder.n_layers=1',
      'TransformerEncoder.n_heads=2',
  )
  with serving(tmp_path) as started:
    status, answer = started.predict({'texts': ['hi'], 'explain': True})
    assert status == 422
    assert 'TwitterClassifier' in answer['error']
    status, answer = started.predict({'texts': ['hi']})
    assert status == 200
    page = Page(browser, started)
    page.type('hi')
    assert page.texts('h2 bdi') == [answer['predictions'][0]['name']]
    assert page.all('.marked') == []
