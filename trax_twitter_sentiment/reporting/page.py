"""Renders the pages of reports from plain data, by Jinja2 with autoescape.

A value that a template shows is text and never markup, by `html.environment`. Only the
package's own style and script are inserted as they are.
"""

import base64
import functools
import hashlib
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from trax_twitter_sentiment.prediction import html
from trax_twitter_sentiment.reporting import figures, tables
from trax_twitter_sentiment.reporting.comparison import Comparison
from trax_twitter_sentiment.reporting.content import ReportContent
from trax_twitter_sentiment.reporting.verdict import verdict

# Classes whose bars are shown in a comparison: the most frequent ones.
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
  environment = html.environment(__package__)
  environment.filters |= {
      'anchor': lambda title: title.lower().replace(' ', '-'),
      'csv_file': _csv_file,
      'image': _image,
  }
  return environment


def _source(name: str) -> str:
  environment = _environment()
  assert environment.loader
  return environment.loader.get_source(environment, name)[0]


def _image(svg: str) -> str:
  """Returns an SVG as a data URI, so that the ids in the SVG are its own."""
  data = base64.b64encode(svg.encode('utf-8')).decode('ascii')
  return f'data:image/svg+xml;base64,{data}'


def _csv_file(text: str) -> str:
  """Returns CSV as a data URI, which a link saves without a network."""
  data = base64.b64encode(text.encode('utf-8', 'backslashreplace')).decode('ascii')
  return f'data:text/csv;charset=utf-8;base64,{data}'
