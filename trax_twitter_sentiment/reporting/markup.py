"""HTML of text that may be hostile.

Whatever comes in is escaped: elements are made by `element` alone, and any string that
is not an element becomes text.
"""

import base64
import html

from trax_twitter_sentiment import cli

_VOID_ELEMENTS = ('img', 'meta')


class Element(str):
  """HTML. Any other string is text, to be escaped before it is HTML."""


def isolated(text: str) -> Element:
  """Returns foreign text, whose direction of writing ends with it."""
  return element('bdi', text)


def element(name: str, /, *children: str, **attributes: str) -> Element:
  """Returns an element; its attributes are named `http_equiv` for `http-equiv`."""
  opening = name + ''.join(
      f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
      for key, value in attributes.items()
  )
  if name in _VOID_ELEMENTS:
    return Element(f'<{opening}>')
  inside = ''.join(
      child if isinstance(child, Element) else _escaped(child) for child in children
  )
  return Element(f'<{opening}>{inside}</{name}>')


def _escaped(text: str) -> str:
  """Returns text as HTML: its lines, without characters that would act on others."""
  return html.escape('\n'.join(cli.printable(line) for line in text.split('\n')))


def fact_table(facts: dict[str, str]) -> Element:
  rows = [
      element('tr', element('th', name, scope='row'), element('td', value))
      for name, value in facts.items()
  ]
  return element('div', element('table', *rows), class_='card')


def section(title: str, *children: str) -> Element:
  return element('section', element('h2', title), *children)


def grid(*children: str) -> Element:
  return element('div', *children, class_='grid')


def figure(title: str, svg: str, alternative: str, caption: str) -> Element:
  """Returns a figure; as an image, so that the ids in its SVG are its own."""
  data = base64.b64encode(svg.encode('utf-8')).decode('ascii')
  return element(
      'figure',
      element('h3', title),
      element(
          'img',
          src=f'data:image/svg+xml;base64,{data}',
          alt=f'{title}. {alternative}',
      ),
      element('figcaption', caption),
      class_='card',
  )
