"""Renders the pages of reports from plain data, by Jinja2 with autoescape.

A value that a template shows is text and never markup: `_printable_lines` replaces
control characters, and Jinja2 escapes the rest. Only the package's own style and script
are inserted as they are.
"""

import base64
import functools
import hashlib
import math
import unicodedata
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.prediction.scores import Score
from trax_twitter_sentiment.reporting import figures, tables
from trax_twitter_sentiment.reporting.comparison import Comparison
from trax_twitter_sentiment.reporting.content import ReportContent
from trax_twitter_sentiment.reporting.verdict import percent, verdict

# Classes whose bars are shown in a comparison: the most frequent ones.
_MAX_COMPARED = 20

_MINUS = '−'

# The opacity of a strong share's colour, in percent: text on it stays legible.
_MAX_STRENGTH = 60
# Shares of this size, in log-odds, get the full colour.
_STRONG_SHARE = 1.0


def render(content: ReportContent) -> str:
  """Returns the page about a run."""
  variants, names = content.variants, content.class_names
  many = len(names) > figures.MAX_CURVES
  return _render(
      'report.html',
      content=content,
      sentences=verdict(variants, names, content.unit),
      confusions=[tables.confusion_table(each, names) for each in variants],
      classes=[tables.class_rows(each, names, with_areas=many) for each in variants],
      figures=figures,
  )


def render_comparison(comparison: Comparison) -> str:
  """Returns the page about several runs."""
  return _render(
      'comparison.html',
      comparison=comparison,
      classes=_frequent_classes(comparison),
      figures=figures.compared_curves(comparison.curves),
  )


def _frequent_classes(comparison: Comparison) -> list[str]:
  """Returns the most frequent classes, in the order of their labels."""
  labels, names = comparison.validation.labels, comparison.class_names
  counts = np.bincount(labels, minlength=len(names))
  frequent = np.argsort(-counts, kind='stable')[:_MAX_COMPARED]
  return [names[i] for i in sorted(frequent)]


def _render(template: str, **values: Any) -> str:
  environment = _environment()
  script = _source('report.js')
  digest = base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest())
  return environment.get_template(template).render(
      style=Markup(_source('style.css')),
      script=Markup(script),
      script_digest=digest.decode('ascii'),
      **values,
  )


@functools.cache
def _environment() -> jinja2.Environment:
  environment = jinja2.Environment(
      loader=jinja2.PackageLoader(__package__),
      autoescape=True,
      undefined=jinja2.StrictUndefined,
      finalize=_printable_lines,
      extensions=['jinja2.ext.do'],
      trim_blocks=True,
      lstrip_blocks=True,
      keep_trailing_newline=True,
  )
  environment.filters |= {
      'anchor': lambda title: title.lower().replace(' ', '-'),
      'csv_file': _csv_file,
      'image': _image,
      'percent': percent,
      'score': _score,
      'signed': lambda number: f'{number:+.2f}'.replace('-', _MINUS),
      'strength': _strength,
      'thousands': lambda number: f'{number:,}',
      'visible': _visible,
  }
  return environment


def _source(name: str) -> str:
  environment = _environment()
  assert environment.loader
  return environment.loader.get_source(environment, name)[0]


def _printable_lines(value: Any) -> Any:
  """Returns text without the characters that act on other text; keeps line ends."""
  if not isinstance(value, str) or isinstance(value, Markup):
    return value
  return '\n'.join(map(cli.printable, value.split('\n')))


def _image(svg: str) -> str:
  """Returns an SVG as a data URI, so that the ids in the SVG are its own."""
  data = base64.b64encode(svg.encode('utf-8')).decode('ascii')
  return f'data:image/svg+xml;base64,{data}'


def _csv_file(text: str) -> str:
  """Returns CSV as a data URI, which a link saves without a network."""
  data = base64.b64encode(text.encode('utf-8', 'backslashreplace')).decode('ascii')
  return f'data:text/csv;charset=utf-8;base64,{data}'


def _score(score: Score) -> str:
  return 'undefined' if score.value is None else f'{score.value:.4f}'


def _strength(share: float) -> str:
  """Returns how opaque the colour of a share is, in percent."""
  # The square root makes small shares visible beside large ones.
  return f'{_MAX_STRENGTH * math.sqrt(min(1.0, abs(share) / _STRONG_SHARE)):.0f}'


def _visible(token: str) -> str:
  """Returns a token, or the code points of a token that consists of marks alone."""
  if all(unicodedata.category(c) in ('Mn', 'Me') for c in token):
    return ascii(token)[1:-1]
  return token
