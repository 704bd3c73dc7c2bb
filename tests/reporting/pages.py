"""Parsed pages, and hostile texts that must stay texts on them."""

import html.parser

HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</style></pre></bdi><h2>mine</h2><!-- ',
    '&lt;b&gt; &amp;amp; &#60;',
    'right \u202e to left \u2066 and on',
    'bell \x07 escape \x1b[31m null \x00 delete \x7f next line \x85',
    'half a character \ud800 and \udfff',
    '$\\frac{1}{0}$ {0} %s {{x}} {% raw %} {# #}',
    'two\nlines',
]

_VOID = ('img', 'input', 'meta')


class Page(html.parser.HTMLParser):
  """A parsed page: its elements, and the texts of some of them.

  Attributes:
    elements: the name and the attributes of each element.
    texts: by name of element, the texts inside each element of that name.
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
    if tag not in _VOID:
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
    return ' '.join(self.texts['body'][0].split())
