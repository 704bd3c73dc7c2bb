"""Results as HTML for notebooks, and the Jinja2 environment of all pages.

Jinja2 escapes every value, so no text becomes markup.
"""

import functools
import math
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trax_twitter_sentiment.prediction.notation import (
    SMALLEST_SHARE,
    STRONG_SHARE,
    percent,
)
from trax_twitter_sentiment.tables.escapes import printable

if TYPE_CHECKING:
  import jinja2

  from trax_twitter_sentiment.prediction.results import Explanation, Prediction
  from trax_twitter_sentiment.prediction.scores import Evaluation, Score

# The opacity of a strong share's colour, in percent: text on it stays legible.
_MAX_STRENGTH = 60

_MAX_BARS = 5  # The number of classes that a prediction shows.
_MAX_MATRIX = 20  # More classes have no confusion matrix.


def prediction_html(prediction: 'Prediction') -> str:
  """Returns a prediction as bars: the probabilities of the most probable classes."""
  ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
  return _macro('prediction', prediction, ranked[:_MAX_BARS], len(ranked) - _MAX_BARS)


def explanation_html(explanation: 'Explanation') -> str:
  """Returns the original text, in which each word is coloured by its share."""
  names = explanation.prediction.class_names
  first, second = (names[label] for label in explanation.prediction.contrast)
  return _macro('explanation', explanation, first, second)


def evaluation_html(evaluation: 'Evaluation') -> str:
  """Returns an evaluation as tables of scores, and its confusion matrix."""
  has_matrix = len(evaluation.classes) <= _MAX_MATRIX
  return _macro('evaluation', evaluation, [*_score_rows(evaluation)], has_matrix)


def _score_rows(evaluation: 'Evaluation') -> Iterator[tuple[str, str]]:
  """Yields the title and the value of each score."""
  # A lazy import, since predictions and explanations do not need SciPy.
  from trax_twitter_sentiment.prediction.evaluation_table import TITLES

  for name, title in TITLES.items():
    score = getattr(evaluation, name)
    if score is None:
      continue
    yield title, _score(score)
    if name == 'accuracy':
      yield '95% interval', '{:.4f} to {:.4f}'.format(*evaluation.accuracy_interval)
      yield 'texts', f'{score.n_examples:,}'


def _macro(name: str, *arguments: Any) -> str:
  """Returns the HTML of a macro of `results.html`."""
  return str(getattr(_results().module, name)(*arguments)).strip()


@functools.cache
def _results() -> 'jinja2.Template':
  return environment(__package__).get_template('results.html')


def environment(package: str) -> 'jinja2.Environment':
  """Returns an environment for the templates of a package.

  Values are escaped, and `printable` replaces their control characters.
  """
  # A lazy import, since predictions from the command line need no Jinja2.
  import jinja2

  templates = jinja2.Environment(
      loader=jinja2.PackageLoader(package),
      autoescape=True,
      undefined=jinja2.StrictUndefined,
      finalize=_printable_lines,
      extensions=['jinja2.ext.do'],
      trim_blocks=True,
      lstrip_blocks=True,
      keep_trailing_newline=True,
  )
  templates.filters |= {
      'percent': percent,
      'score': _score,
      'signed': lambda number: f'{number:+.2f}'.replace('-', '−'),  # A minus sign.
      'strength': strength,
      'thousands': lambda number: f'{number:,}',
      'visible': visible,
  }
  templates.globals['SMALLEST_SHARE'] = SMALLEST_SHARE
  return templates


def _printable_lines(value: Any) -> Any:
  """Returns a value, in which escapes replace unprintable characters of a text."""
  # Markup is a subclass of str.
  if not isinstance(value, str) or hasattr(value, '__html__'):
    return value
  return '\n'.join(map(printable, value.split('\n')))


def _score(score: 'Score') -> str:
  return 'undefined' if score.value is None else f'{score.value:.4f}'


def strength(share: float) -> str:
  """Returns the opacity of a share's colour, in percent."""
  # The square root makes small shares visible beside large ones.
  return f'{_MAX_STRENGTH * math.sqrt(min(1.0, abs(share) / STRONG_SHARE)):.0f}'


def visible(token: str) -> str:
  """Returns a token, or its escape if it consists of combining marks alone."""
  if all(unicodedata.category(c) in ('Mn', 'Me') for c in token):
    return ascii(token)[1:-1]
  return token
