"""The `serve` command: real processes, sockets and, where there is one, a browser."""

import contextlib
import json
import os
import shutil
import signal
import time

import pytest
from conftest import run_python
from runs import train
from served import MODULE, serving

from trax_twitter_sentiment.serving import limits

COMMAND = ('-m', MODULE)
TEXTS = [
    'so sad :(',
    'lovely evening :) <script>alert(1)</script>',
    '',
    ' \t',
    '@nobody',
    'naïve 日本語 😀 \x00 \u202e',
]
FAST = {'REQUEST_SECONDS': 1, 'IDLE_SECONDS': 1, 'MAX_CONNECTIONS': 20}


@pytest.fixture(scope='module')
def service(run_dir):
  with serving(run_dir) as started:
    yield started
    assert started.process.poll() is None
    assert len(started.log.read_text().splitlines()) == 1  # Nothing but the address.


@pytest.fixture(scope='module')
def fast(run_dir):
  """A service that doesn't wait long."""
  with serving(run_dir, **FAST) as started:
    yield started
    assert started.process.poll() is None
    assert len(started.log.read_text().splitlines()) == 1


@pytest.mark.parametrize('explain', [False, True])
def test_answers_are_what_predict_writes(service, run_dir, tmp_path, explain):
  rows = tmp_path / 'rows.jsonl'
  rows.write_text(''.join(json.dumps({'text': text}) + '\n' for text in TEXTS))
  result = run_python(
      '-m',
      'trax_twitter_sentiment.predict',
      f'--model_dir={run_dir}',
      f'--input={rows}',
      '--format=jsonl',
      f'--explain={str(explain).lower()}',
  )
  expected = [json.loads(line) for line in result.stdout.splitlines()]
  for number, row in enumerate(expected, start=1):
    assert row.pop('row') == number
  status, answer = service.predict({'texts': TEXTS, 'explain': explain})
  assert status == 200
  assert answer == {'predictions': expected}
  labels = [row['label'] for row in expected]
  assert labels[:4] == [0, 1, None, None]
  assert ('shares' in expected[0]) == explain


def test_connection_is_kept(service):
  request = (
      b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; '
      b'charset=utf-8\r\nContent-Length: 17\r\n\r\n{"texts": ["hi"]}'
  )
  with service.connect() as client:
    for n_requests in (1, 1, 3):  # Three without waiting.
      client.sendall(request * n_requests)
      received = b''
      while received.count(b'"n_known": 1}]}') < n_requests:
        received += client.recv(65536)


def text_of(n):
  return {'texts': ['x' * n]}


@pytest.mark.parametrize(
    ('body', 'status', 'message'),
    [
        (b'', 400, 'Invalid JSON'),
        (b'{"texts": ["a"', 400, 'Invalid JSON'),
        (b'{"texts": ["\xff\xfe"]}', 400, 'Invalid JSON'),
        (b'{"texts": ["\\ud800"]}', 400, 'Invalid JSON'),
        (b'[' * 100_000, 400, 'recursion limit'),
        (b'{"texts":' * 20_000, 400, 'recursion limit'),
        (b'{"texts": NaN}', 422, 'texts: '),
        (b'null', 422, 'body: '),
        (b'{}', 422, 'texts: Field required'),
        ({'texts': 'a'}, 422, 'texts: Input should be a valid array'),
        ({'texts': ['a', None]}, 422, 'texts.1: Input should be a valid string'),
        ({'texts': [], 'explain': 'yes'}, 422, 'explain: '),
        ({'texts': [], 'other': 1}, 422, 'other: Extra inputs are not permitted'),
        ({'texts': [], 'x' * 100_000: 1}, 422, 'x' * 300),
        ({'texts': [''] * 501}, 422, 'texts: List should have at most 500 items'),
        (text_of(10_001), 422, 'texts.0: String should have at most 10000 characters'),
        ({'texts': ['x' * 10_000] * 30}, 413, 'A body may have 262,144 bytes.'),
    ],
)
def test_mistake_is_told(service, body, status, message):
  found, answer = service.predict(body)
  assert (found, [*answer]) == (status, ['error'])
  assert message in answer['error']
  assert len(answer['error']) <= 300


def test_limits_themselves_are_allowed(service):
  assert service.predict({'texts': ['x' * 500] * 500})[0] == 200
  assert service.predict(text_of(10_000))[0] == 200
  assert service.predict({'texts': []}) == (200, {'predictions': []})


@pytest.mark.parametrize(
    ('method', 'path', 'headers', 'status', 'message'),
    [
        ('GET', '/nowhere', {}, 404, 'POST /predict'),
        ('GET', '/page.html/../../app.py', {}, 404, 'POST /predict'),
        ('GET', '/predict', {}, 405, '/predict takes POST.'),
        ('DELETE', '/', {}, 405, '/ takes '),
        ('POST', '/predict', {}, 415, 'application/json'),
        ('POST', '/predict', {'Content-Type': 'text/plain'}, 415, 'application/json'),
        ('OPTIONS', '/predict', {'Origin': 'http://x'}, 405, '/predict takes POST.'),
    ],
)
def test_wrong_request_is_told(service, method, path, headers, status, message):
  found, answer_headers, content = service.request(method, path, b'{}', headers)
  assert found == status
  assert message in json.loads(content)['error']
  assert (answer_headers['Allow'] is not None) == (status == 405)
  assert 'Access-Control-Allow-Origin' not in answer_headers


def test_what_is_no_http_is_told(service):
  for sent in (b'hello\r\n\r\n', b'GET / HTTP/1.1\r\nX: ' + b'x' * 100_000):
    with service.connect() as client, contextlib.suppress(ConnectionError):
      client.sendall(sent)
      head, _, body = client.recv(65536).partition(b'\r\n\r\n')
      assert head.startswith(b'HTTP/1.1 400 ')
      assert 'Invalid HTTP request' in json.loads(body)['error']


def test_document_describes_answers(service):
  status, _, content = service.request('GET', '/openapi.json')
  document = json.loads(content)
  assert (status, document['openapi']) == (200, '3.1.0')
  operation = document['paths']['/predict']['post']
  _, answer = service.predict({'texts': ['hi'], 'explain': True})
  schema = operation['responses']['200']['content']['application/json']['schema']
  described = schema['properties']['predictions']['items']['properties']
  assert [*described] == [*answer['predictions'][0]]
  asked = operation['requestBody']['content']['application/json']['schema']
  assert asked['properties']['texts']['maxItems'] == limits.MAX_TEXTS
  _, _, content = service.request('GET', '/healthz')
  health = json.loads(content)
  assert health['status'] == 'ok'
  assert health['class_names'] == ['negative', 'positive']


def test_page_may_load_its_own_files_alone(service):
  for path, kind in (('/', 'html'), ('/page.css', 'css'), ('/page.js', 'javascript')):
    status, headers, content = service.request('GET', path)
    assert (status, headers['Content-Type']) == (200, f'text/{kind}; charset=utf-8')
    assert headers['Content-Security-Policy'].startswith("default-src 'none'; ")
    assert b'http://' not in content
    assert b'https://' not in content


@pytest.mark.parametrize('chunked', [False, True])
def test_large_bodies_take_no_memory(service, chunked):
  def send():
    if not chunked:
      return service.predict(b'[' * 10_000_000)
    parts = iter([b'[' * 100_000] * 100)
    headers = {'Content-Type': 'application/json'}
    status, _, answer = service.request('POST', '/predict', parts, headers)
    return status, json.loads(answer)

  service.predict({'texts': ['x' * 500] * 500})
  before = service.megabytes()
  for _ in range(10):
    # The answer may come before all is sent, and the connection still be of use.
    assert send() == (413, {'error': 'A body may have 262,144 bytes.'})
  assert service.megabytes() - before < 5


def test_endless_body_takes_no_memory_and_ends(fast):
  head = (
      b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
      b'Transfer-Encoding: chunked\r\n\r\n'
  )
  before = fast.megabytes()
  with fast.connect() as client, pytest.raises(ConnectionError):
    client.sendall(head)
    for _ in range(100_000):
      client.sendall(b'10000\r\n' + b'[' * 0x10000 + b'\r\n')
  assert fast.megabytes() - before < 5


@pytest.mark.parametrize(
    ('first', 'part'),
    [
        (b'', b''),
        (b'GET / HTTP/1.1\r\n', b'X: y\r\n'),
        (
            b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
            b'Content-Length: 1000\r\n\r\n',
            b'[',
        ),
    ],
    ids=['silent', 'head', 'body'],
)
def test_slow_client_is_ended(fast, first, part):
  received = b''
  with fast.connect() as client:
    client.sendall(first)
    client.settimeout(0.1)
    for _ in range(200):
      try:
        client.sendall(part)
        if not (got := client.recv(65536)):
          break
        received += got
      except TimeoutError:
        continue
      except ConnectionError:
        break
  assert received.startswith(b'HTTP/1.1 408 ')
  assert fast.predict({'texts': ['hi']})[0] == 200


def test_client_that_does_not_read_is_ended(fast):
  body = json.dumps({'texts': ['a :)'] * 500}).encode()
  head = (
      'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
      f'Content-Length: {len(body)}\r\n\r\n'
  )
  before = fast.megabytes()
  with fast.connect() as client, pytest.raises(ConnectionError):
    while True:
      client.sendall(head.encode() + body)
  assert fast.megabytes() - before < 20
  assert fast.predict({'texts': ['hi']})[0] == 200


def test_too_many_connections_are_refused_until_some_end(fast):
  with contextlib.ExitStack() as stack:
    clients = [stack.enter_context(fast.connect()) for _ in range(100)]
    refused = clients[-1].recv(65536)
    assert refused.startswith(b'HTTP/1.1 503 ')
    assert b'There are 20 connections already.' in refused
  while (found := fast.request('GET', '/healthz')[0]) == 503:
    time.sleep(0.05)
  assert found == 200


@pytest.mark.parametrize(
    ('number', 'status'), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_signal_ends_it(run_dir, number, status):
  with serving(run_dir) as started, started.connect() as idle:
    assert started.predict({'texts': ['hi']})[0] == 200
    started.process.send_signal(number)
    assert started.process.wait(30) == status
    assert idle.recv(1) == b''
    assert len(started.log.read_text().splitlines()) == 1


def test_nothing_large_is_imported(run_dir):
  with serving(run_dir, python_options=('-X', 'importtime')) as started:
    assert started.predict({'texts': ['hi'], 'explain': True})[0] == 200
    lines = started.log.read_text().splitlines()
  imported = {line.rpartition('|')[2].strip() for line in lines}
  assert 'numpy' in imported
  assert not imported & {'trax', 'jax', 'tensorflow', 'nltk', 'sklearn', 'matplotlib'}


def test_port_in_use_is_told(service, run_dir):
  result = run_python(*COMMAND, f'--model_dir={run_dir}', f'--port={service.port}')
  assert result.returncode == 1
  expected = f'ERROR: --host=127.0.0.1 --port={service.port}: Address already in use'
  (line,) = result.stderr.splitlines()
  assert line.startswith(expected)


@pytest.mark.parametrize('host', ['nowhere.invalid', '300.1.1.1', 'a' * 100, 'x..y'])
def test_address_that_cannot_be_is_told(run_dir, host):
  result = run_python(*COMMAND, f'--model_dir={run_dir}', '--port=0', f'--host={host}')
  assert result.returncode == 1
  (line,) = result.stderr.splitlines()
  assert line.startswith(f'ERROR: --host={host} --port=0: ')


def test_wrong_directory_is_told_as_by_predict(tmp_path):
  flag = f'--model_dir={tmp_path}'
  result = run_python(*COMMAND, flag)
  predict = run_python('-m', 'trax_twitter_sentiment.predict', flag, 'hi')
  assert (result.returncode, result.stderr) == (1, predict.stderr)
  assert 'it is not the output directory of a run' in result.stderr


def test_missing_library_is_told(run_dir, tmp_path):
  (tmp_path / 'starlette.py').write_text(
      "raise ModuleNotFoundError('no', name='starlette')\n"
  )
  result = run_python(*COMMAND, f'--model_dir={run_dir}', PYTHONPATH=str(tmp_path))
  assert result.returncode == 1
  assert result.stderr == (
      'ERROR: The service takes starlette: '
      "`pip install 'trax-twitter-sentiment[serve]'`.\n"
  )


def test_who_opens_it_to_others_is_warned(run_dir):
  with serving(run_dir, '--host=0.0.0.0') as started:
    warning, address = started.log.read_text().splitlines()
    assert warning.startswith('WARNING: ')
    assert 'no password' in warning
    assert address.startswith('http://0.0.0.0:')
    assert started.predict({'texts': ['hi']})[0] == 200


def test_help_tells_the_flags():
  result = run_python(*COMMAND, '--help')
  for flag in ('--model_dir', '--host', '--port'):
    assert flag in result.stdout


@pytest.fixture(scope='module')
def browser():
  """Chromium, which `.ci/run` installs."""
  chromium = shutil.which('chromium') or shutil.which('google-chrome')
  binaries = [chromium, shutil.which('chromedriver')]
  if not all(binaries):
    if 'NEEDS_BROWSER' in os.environ:
      pytest.fail('There is no chromium and chromedriver, which CI must have.')
    pytest.skip('no chromium and chromedriver: apt-get install chromium-driver')
  from selenium import webdriver

  options = webdriver.ChromeOptions()
  options.binary_location = binaries[0]
  for argument in ('--headless=new', '--no-sandbox', '--disable-dev-shm-usage'):
    options.add_argument(argument)
  driver = webdriver.Chrome(options, webdriver.ChromeService(binaries[1]))
  yield driver
  driver.quit()


def test_page_answers_whoever_types(service, browser):
  from selenium.webdriver.common.by import By
  from selenium.webdriver.common.keys import Keys
  from selenium.webdriver.support.ui import WebDriverWait

  def type_and_wait(text, name):
    field = browser.switch_to.active_element
    assert field.accessible_name == 'Text'
    if text is not None:
      field.send_keys(Keys.CONTROL, 'a')
      field.send_keys(Keys.DELETE, text)
    field.send_keys(Keys.TAB)
    button = browser.switch_to.active_element
    assert button.accessible_name == 'Predict'
    button.send_keys(Keys.ENTER)
    button.send_keys(Keys.SHIFT, Keys.TAB)
    waiting = WebDriverWait(browser, 20)
    waiting.until(lambda _: result.text.split('\n')[0] == name)

  browser.get(service.url)
  result = browser.find_element(By.ID, 'result')
  assert result.get_attribute('aria-live') == 'polite'
  text = 'so sad :( <img src=x onerror="document.title=1">'
  type_and_wait(text, 'negative')
  _, answer = service.predict({'texts': [text], 'explain': True})
  (expected,) = answer['predictions']
  shown = [e.text for e in browser.find_elements(By.CSS_SELECTOR, '.token bdi')]
  assert shown == expected['tokens']
  rows = [e.text.split() for e in browser.find_elements(By.CSS_SELECTOR, '#result tr')]
  assert rows == [
      [name, f'{probability:.1%}']
      for name, probability in expected['probabilities'].items()
  ]
  assert browser.find_elements(By.TAG_NAME, 'img') == []
  type_and_wait('lovely :)', 'positive')
  type_and_wait(' ', 'There is no text.')
  field = browser.switch_to.active_element
  browser.execute_script('arguments[0].value = "x".repeat(10001)', field)
  type_and_wait(None, 'texts.0: String should have at most 10000 characters.')
  # The last one is that error; nothing was refused by the security policy.
  assert all('422' in entry['message'] for entry in browser.get_log('browser'))


@pytest.mark.slow
def test_model_without_shares_gives_probabilities(tmp_path, browser):
  from selenium.webdriver.common.by import By
  from selenium.webdriver.common.keys import Keys
  from selenium.webdriver.support.ui import WebDriverWait

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
    browser.get(started.url)
    browser.switch_to.active_element.send_keys('hi', Keys.CONTROL, Keys.ENTER)
    result = browser.find_element(By.ID, 'result')
    name = answer['predictions'][0]['name']
    WebDriverWait(browser, 20).until(lambda _: result.text.startswith(f'{name}\n'))
    assert 'rests on' not in result.text
