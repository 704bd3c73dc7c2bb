"""The responses of the service, over sockets."""

import contextlib
import json
import sys

import pytest
from conftest import run_python
from served import serving

from trax_twitter_sentiment.serving import messages

TEXTS = [
    'so sad :(',
    'lovely evening :) <script>alert(1)</script>',
    '',
    ' \t',
    '@nobody',
    'naïve 日本語 😀 \x00 \u202e',
]


@pytest.fixture(scope='module')
def service(run_dir):
  with serving(run_dir) as started:
    yield started
    assert started.process.poll() is None
    # The log contains the address of the service only.
    assert len(started.log.read_text().splitlines()) == 1


@pytest.mark.parametrize('explain', [False, True])
def test_predictions_equal_the_output_of_predict(service, run_dir, tmp_path, explain):
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
  # The response has more fields, for the page.
  predictions = [
      {name: value for name, value in prediction.items() if name in expected[0]}
      for prediction in answer['predictions']
  ]
  assert predictions == expected
  labels = [row['label'] for row in expected]
  assert labels[:4] == [0, 1, None, None]
  assert ('shares' in expected[0]) == explain


def test_connection_is_kept_for_several_requests(service):
  request = (
      b'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; '
      b'charset=utf-8\r\nContent-Length: 17\r\n\r\n{"texts": ["hi"]}'
  )
  with service.connect() as client:
    for n_requests in (1, 1, 3):  # The last three are sent at once.
      client.sendall(request * n_requests)
      received = b''
      while received.count(b'"n_known":1}]}') < n_requests:
        received += client.recv(65536)


def text_of(n):
  return {'texts': ['x' * n]}


@pytest.mark.parametrize(
    ('body', 'status', 'message'),
    [
        (b'{"texts": ["a"', 400, 'The body is not valid JSON in UTF-8.'),
        (b'{"texts": ["\xff\xfe"]}', 400, 'The body is not valid JSON in UTF-8.'),
        (b'[' * 100_000, 400, 'The body is not valid JSON in UTF-8.'),
        (b'{"texts":' * 20_000, 400, 'The body is not valid JSON in UTF-8.'),
        (b'', 422, 'The body must be an object such as {"texts": ["lovely day"]}.'),
        (b'null', 422, 'The body must be an object such as {"texts": ["lovely day"]}.'),
        (b'[]', 422, 'The body must be an object such as {"texts": ["lovely day"]}.'),
        (b'{"texts": NaN}', 422, 'texts must be a list of strings.'),
        (b'{"texts": ["\\ud800"]}', 422, 'texts[0] contains a lone surrogate, '),
        (b'{}', 422, 'texts is missing.'),
        ({'texts': 'a'}, 422, 'texts must be a list of strings.'),
        ({'texts': ['a', None]}, 422, 'texts[1] must be a string.'),
        ({'texts': [], 'explain': 'yes'}, 422, 'explain must be true or false.'),
        ({'texts': [], 'other': 1}, 422, 'other is not a field of the request; texts '),
        ({'texts': [], 'x' * 100_000: 1}, 422, 'x' * 300),
        ({'texts': [''] * 501}, 422, 'texts has more than 500 texts.'),
        (text_of(10_001), 422, 'texts[0] has more than 10,000 characters.'),
        ({'texts': ['x' * 10_000] * 30}, 413, 'The body has more than 262,144 bytes.'),
    ],
)
def test_invalid_body_is_refused_in_plain_english(service, body, status, message):
  actual_status, answer = service.predict(body)
  assert (actual_status, [*answer]) == (status, ['error'])
  assert answer['error'].startswith(message)
  assert len(answer['error']) <= 300


def test_requests_at_the_limits_are_answered(service):
  assert service.predict({'texts': ['x' * 500] * 500})[0] == 200
  assert service.predict(text_of(10_000))[0] == 200
  assert service.predict({'texts': []}) == (200, {'predictions': []})


@pytest.mark.parametrize(
    ('method', 'path', 'headers', 'status', 'message'),
    [
        ('GET', '/nowhere', {}, 404, 'POST /predict'),
        ('GET', '/page.html/../../app.py', {}, 404, 'POST /predict'),
        ('GET', '/static-offline-docs/../core.py', {}, 404, 'POST /predict'),
        ('GET', '/predict', {}, 405, '/predict accepts POST.'),
        ('DELETE', '/', {}, 405, '/ accepts GET'),
        ('POST', '/predict', {}, 415, 'application/json'),
        ('POST', '/predict', {'Content-Type': 'text/plain'}, 415, 'application/json'),
        ('OPTIONS', '/predict', {'Origin': 'http://x'}, 405, '/predict accepts POST.'),
    ],
)
def test_wrong_path_method_or_type_is_refused(
    service, method, path, headers, status, message
):
  actual_status, answer_headers, content = service.request(
      method, path, b'{}', headers
  )
  assert actual_status == status
  assert message in json.loads(content)['error']
  assert (answer_headers['Allow'] is not None) == (status == 405)
  assert 'Access-Control-Allow-Origin' not in answer_headers


@pytest.mark.parametrize(
    ('host', 'status'),
    [
        ('localhost', 200),
        ('localhost:8000', 200),
        # Python 3.10 has an older Starlette, which compares upper and lower case.
        pytest.param(
            'LOCALHOST:8000',
            200,
            marks=pytest.mark.skipif(sys.version_info < (3, 11), reason='Starlette'),
        ),
        ('127.0.0.1', 200),
        ('[::1]:80', 200),
        ('evil.example', 400),
        ('localhost.evil.example', 400),
        ('www.localhost', 400),
        ('', 400),
    ],
)
def test_only_local_host_names_are_answered(service, host, status):
  for path in ('/', '/healthz', '/docs'):
    actual_status, _, content = service.request('GET', path, headers={'Host': host})
    assert actual_status == status
    if status == 400:
      assert '--allowed_hosts' in json.loads(content)['error']


def test_invalid_http_is_refused(service):
  for request in (b'hello\r\n\r\n', b'GET / HTTP/9\r\n\r\n'):
    with service.connect() as client:
      client.sendall(request)
      assert client.recv(65536).startswith(b'HTTP/1.1 400 ')


def test_openapi_document_matches_the_responses(service):
  document = service.get('/openapi.json')
  schemas = document['components']['schemas']
  operations = {
      operation['operationId']: operation
      for path in document['paths'].values()
      for operation in path.values()
  }
  assert [*operations] == ['predict', 'health', 'list_examples']
  assert schemas['PredictRequest']['properties']['texts']['maxItems'] == 500
  for status in ('400', '413', '415', '422'):
    content = operations['predict']['responses'][status]['content']
    reference = content['application/json']['schema']['$ref']
    assert reference == '#/components/schemas/ErrorResponse'
  _, answer = service.predict({'texts': ['hi', ''], 'explain': True})
  names = [*schemas['TextPrediction']['properties']]
  names.remove('explained_run')  # Only several runs have this field.
  assert names == [*answer['predictions'][0]]
  messages.PredictResponse.model_validate_json(
      json.dumps(answer), strict=True, extra='forbid'
  )
  health = service.get('/healthz')
  assert health == {
      'status': 'ok', 'class_names': ['negative', 'positive'], 'explains': True
  }  # fmt: skip


def test_page_loads_only_its_own_files(service):
  for path, kind in (('/', 'html'), ('/page.css', 'css'), ('/render.js', 'javascript')):
    status, headers, content = service.request('GET', path)
    assert (status, headers['Content-Type']) == (200, f'text/{kind}; charset=utf-8')
    assert headers['X-Frame-Options'] == 'DENY'
    assert b'http://' not in content
    assert b'https://' not in content
    assert (b"content=\"default-src 'none'; " in content) == (path == '/')


@pytest.mark.parametrize('chunked', [False, True])
def test_large_bodies_do_not_raise_memory(service, chunked):
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
    assert send() == (413, {'error': 'The body has more than 262,144 bytes.'})
  assert service.megabytes() - before < 5


def test_endless_body_does_not_raise_memory(service):
  head = (
      b'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
      b'Transfer-Encoding: chunked\r\n\r\n'
  )
  before = service.megabytes()
  with service.connect() as client, contextlib.suppress(ConnectionError):
    client.sendall(head)
    for _ in range(2_000):
      client.sendall(b'10000\r\n' + b'[' * 0x10000 + b'\r\n')
  assert service.megabytes() - before < 5
