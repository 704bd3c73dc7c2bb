"""Renders the pages of reports from plain data, by Jinja2.

`html.environment` escapes all values, so no text becomes markup. Only the package's own
style and script are inserted without escapes.
"""

import base64
import functools
import hashlib
from typing import Any

import jinja2
from markupsafe import Markup

from trax_twitter_sentiment.prediction import html
from trax_twitter_sentiment.reporting import figures, tables
from trax_twitter_sentiment.reporting.comparison import Comparison
from trax_twitter_sentiment.reporting.content import ReportContent
from trax_twitter_sentiment.reporting.verdict import verdict
from trax_twitter_sentiment.reporting.words import most_frequent

# A comparison shows the bars of this many classes, the most frequent ones.
_MAX_COMPARED = 20


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
  names, labels = comparison.class_names, comparison.validation.labels
  return _render(
      'comparison.html',
      comparison=comparison,
      classes=[names[i] for i in most_frequent(labels, len(names), _MAX_COMPARED)],
      figures=figures.compared_curves(comparison.curves),
  )


def _render(template: str, **values: Any) -> str:
  environment = _environment()
  assert environment.loader
  style, script = (
      environment.loader.get_source(environment, name)[0]
      for name in ('style.css', 'report.js')
  )
  return environment.get_template(template).render(
      style=Markup(style),
      script=Markup(script),
      script_digest=_base64(hashlib.sha256(script.encode('utf-8')).digest()),
      **values,
  )


@functools.cache
def _environment() -> jinja2.Environment:
  environment = html.environment(__package__)
  environment.filters |= {
      'anchor': lambda title: title.lower().replace(' ', '-'),
      # Data URIs work without a network, and keep the ids of an SVG apart.
      'csv_file': functools.partial(_data_uri, 'text/csv;charset=utf-8'),
      'image': functools.partial(_data_uri, 'image/svg+xml'),
  }
  return environment


def _data_uri(media_type: str, text: str) -> str:
  data = _base64(text.encode('utf-8', 'backslashreplace'))
  return f'data:{media_type};base64,{data}'


def _base64(content: bytes) -> str:
  return base64.b64encode(content).decode('ascii')
