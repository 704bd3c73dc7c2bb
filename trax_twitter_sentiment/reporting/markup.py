"""HTML of text that may be hostile.

Whatever comes in is escaped: elements are made by `element` alone, and any string that
is not an element becomes text.
"""

import base64
import hashlib
import html
import importlib.resources

from trax_twitter_sentiment import cli

_FOLDER = importlib.resources.files(__package__)
_STYLE = (_FOLDER / 'style.css').read_text('utf-8')
_SCRIPT = (_FOLDER / 'filter.js').read_text('utf-8')

_VOID_ELEMENTS = ('img', 'input', 'meta')


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


class Section(Element):
  """A part of a page, with a title that its contents list."""

  heading: str

  @property
  def name(self) -> str:
    return _id_of(self.heading)


def section(title: str, *children: str) -> Section:
  found = Section(element('section', element('h2', title), *children, id=_id_of(title)))
  found.heading = title
  return found


def _id_of(title: str) -> str:
  return title.lower().replace(' ', '-')


def contents(*sections: str) -> Element:
  """Returns links to the sections of a page."""
  links = [
      element('li', element('a', part.heading, href=f'#{part.name}'))
      for part in sections
      if isinstance(part, Section)
  ]
  return element('nav', element('ul', *links), aria_label='Contents')


def document(title: str, *children: str) -> str:
  """Returns a page, of which nothing is loaded, whatever it holds."""
  # Styles are the page's own, and of scripts this one alone runs.
  digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode('utf-8')).digest())
  policy = (
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
      f"script-src 'sha256-{digest.decode('ascii')}'"
  )
  head = element(
      'head',
      element('meta', charset='utf-8'),
      element('meta', http_equiv='Content-Security-Policy', content=policy),
      element(
          'meta', name='viewport', content='width=device-width, initial-scale=1'
      ),
      element('title', title),
      Element(f'<style>\n{_STYLE}</style>'),
  )
  body = element('body', *children, Element(f'<script>{_SCRIPT}</script>'))
  return f'<!DOCTYPE html>\n{element("html", head, body, lang="en")}\n'


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
