"""The report's sections about tokens: those that weigh most, and worst mistakes."""

import math
import unicodedata
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment.reporting.content import (
    MIN_TWEETS,
    Mistake,
    ReportContent,
    Variant,
    WeightyToken,
)
from trax_twitter_sentiment.reporting.markup import (
    Element,
    element,
    grid,
    isolated,
    section,
)

# The strongest token's background, in percent of opaque: text stays readable.
_MAX_STRENGTH = 60


def weighty_tokens(content: ReportContent) -> Element:
  title = 'The tokens that weigh most'
  if content.not_explained:
    return _left_out(title, content)
  explanation = (
      'The log-odds of positive to negative (of several classes, of one to the others) '
      'that a token alone would give a tweet; '
      'in a mean over n tokens each counts for an n-th. Beside it, in how many of the '
      f'training tweets the token is: those in fewer than {MIN_TWEETS}, and the '
      'special tokens, are left out. Words are shown as the model sees them, cut to '
      'their stems unless the run keeps them whole.'
  )
  largest = max(
      (
          abs(token.log_odds)
          for tokens in content.weighty_tokens.values()
          for token in tokens
      ),
      default=0.0,
  )
  return section(
      title,
      element('p', explanation),
      grid(
          *(
              _token_table(name, tokens, largest)
              for name, tokens in content.weighty_tokens.items()
          )
      ),
  )


def _token_table(
    name: str, tokens: list[WeightyToken], largest: float
) -> Element:
  header = element(
      'tr',
      element('th', 'token', scope='col'),
      element('th', 'log-odds', scope='col', class_='number'),
      element('th', 'in tweets', scope='col', class_='number'),
  )
  rows = [
      element(
          'tr',
          element('td', _token(token.token, token.log_odds, largest)),
          element('td', _signed(token.log_odds), class_='number'),
          element('td', f'{token.n_tweets:,}', class_='number'),
      )
      for token in tokens
  ]
  caption = element('caption', f'For {name}')
  return element('div', element('table', caption, header, *rows), class_='card')


def mistakes(content: ReportContent) -> Element:
  title = 'The worst mistakes'
  if content.not_explained:
    return _left_out(title, content)
  explanation = (
      'The tweets whose class is the least probable beside the one that they are '
      'called, as they are read: without emoticons where these are removed. Below '
      "each, the model's "
      'tokens with their shares: a share above zero (green, solid line) speaks for '
      'positive (of several classes, for the one called), one below (red, broken line) '
      'for negative or against it, and the stronger the '
      'background, the larger the share. All shares and the bias (to which the '
      'padding belongs, where a run averages over it) add up to the log-odds.'
  )
  return section(
      title,
      element('p', explanation),
      _filter(content.corpus.class_names),
      *(part for variant in content.variants for part in _variant_mistakes(variant)),
  )


def _filter(class_names: Sequence[str]) -> Element:
  """Returns what `filter.js` shows some of the mistakes by; it is hidden without."""
  options = [
      element('option', name, value=str(i)) for i, name in enumerate(class_names)
  ]
  every = element('option', 'all', value='')
  return element(
      'form',
      element('label', 'Search ', element('input', type='search', name='text')),
      element('label', 'Truth ', element('select', every, *options, name='truth')),
      element('label', 'Called ', element('select', every, *options, name='called')),
      element('output', ''),
      id='filter',
      hidden='',
  )


def _variant_mistakes(variant: Variant) -> list[Element]:
  matrix = np.array(variant.evaluation.confusion_matrix)
  n_mistakes = int(matrix.sum() - matrix.trace())
  largest = max(
      (abs(s) for mistake in variant.mistakes for s in mistake.explanation.shares),
      default=0.0,
  )
  return [
      element('h3', variant.title),
      element(
          'p',
          f'{len(variant.mistakes):,} of {n_mistakes:,} mistakes in '
          f'{variant.evaluation.accuracy.n_examples:,} tweets.',
      ),
      element(
          'ol',
          *(_mistake(mistake, largest) for mistake in variant.mistakes),
          class_='mistakes',
      ),
  ]


def _mistake(mistake: Mistake, largest: float) -> Element:
  explanation = mistake.explanation
  prediction = explanation.prediction
  verdict = (
      f'{prediction.class_names[mistake.label]}, called {prediction.name}: log-odds '
      f'{_signed(prediction.log_odds)}, bias {_signed(explanation.bias)}'
  )
  tokens: list[str] = [
      _token(token, share, largest, show_share=True)
      for token, share in zip(explanation.tokens, explanation.shares, strict=True)
  ]
  return element(
      'li',
      element('p', isolated(mistake.text), class_='tweet'),
      element('div', verdict, class_='faint'),
      element('p', *(tokens or ['(no token to go by)']), class_='tokens'),
      class_='card',
      data_truth=str(mistake.label),
      data_called=str(prediction.label),
  )


def _token(
    token: str, share: float, largest: float, show_share: bool = False
) -> Element:
  """Returns a token whose background is the stronger, the larger its share is."""
  # By the square root, so that small shares show beside the largest.
  strength = _MAX_STRENGTH * math.sqrt(abs(share) / largest) if largest else 0.0
  return element(
      'span',
      isolated(_visible(token)),
      *([element('small', _signed(share))] if show_share else []),
      class_=f'token {"positive" if share > 0 else "negative"}',
      style=f'--strength: {strength:.0f}%',
      title=f'{share:+.3f}',
  )


def _visible(token: str) -> str:
  """Returns the code of a token that is marks alone, as parts of emoji can be."""
  if all(unicodedata.category(c) in ('Mn', 'Me') for c in token):
    return ascii(token)[1:-1]
  return token


def _left_out(title: str, content: ReportContent) -> Element:
  return section(title, element('p', f'Left out: {content.not_explained}'))


def _signed(number: float) -> str:
  return f'{number:+.2f}'.replace('-', '−')
