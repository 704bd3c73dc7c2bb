"""The report of a run as one HTML page that needs nothing else.

Tweets are hostile text, so whatever comes in is escaped: elements are made by
`_element` alone, and any string that is not an element becomes text.
"""

import base64
import html
import importlib.resources
import math
import unicodedata

import numpy as np

from trax_twitter_sentiment import cli
from trax_twitter_sentiment.near_duplicates import GROUPED
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.predictor import SENTIMENTS
from trax_twitter_sentiment.reporting import plots
from trax_twitter_sentiment.reporting.content import (
  MIN_TWEETS,
  Mistake,
  ReportContent,
  Variant,
  WeightyToken,
)
from trax_twitter_sentiment.run_directory.curves import Curve

_VOID_ELEMENTS = ('img', 'meta')

# Nothing is loaded, whatever the page holds; styles are the page's own.
_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

# The loss goes by the name of its layer, the metric by its name in the gin files.
_LOSS_LAYER, _LOSS_METRIC = 'WeightedCategoryCrossEntropy', 'cross_entropy'

# The strongest token's background, in percent of opaque: text stays readable.
_MAX_STRENGTH = 60

_CORPORA = {
    'nltk': "NLTK's twitter_samples",
    'sample': "the package's made-up tweets: no figure here tells of real tweets",
}

_STYLE = importlib.resources.files(__package__) / 'style.css'


class _Element(str):
  """HTML. Any other string is text, to be escaped before it is HTML."""


def render(content: ReportContent) -> str:
  """Returns the page about a run."""
  title = f'Report of {content.model_dir}'
  head = _element(
      'head',
      _element('meta', charset='utf-8'),
      _element(
          'meta', http_equiv='Content-Security-Policy', content=_SECURITY_POLICY
      ),
      _element(
          'meta', name='viewport', content='width=device-width, initial-scale=1'
      ),
      _element('title', title),
      _Element('<style>\n' + _STYLE.read_text('utf-8') + '</style>'),
  )
  body = _element(
      'body',
      _element('h1', 'Report of ', _isolated(content.model_dir)),
      _element('p', _overview(content), class_='faint'),
      _headline(content),
      _curves(content),
      _confusion_matrices(content),
      _calibrations(content),
      _histograms(content),
      _weighty_tokens(content),
      _mistakes(content),
      _settings(content),
      _origins(content),
  )
  return f'<!DOCTYPE html>\n{_element("html", head, body, lang="en")}\n'


def _overview(content: ReportContent) -> str:
  validation = content.corpus.validation
  return (
      f'Tweet sentiment, on the {len(validation.texts):,} validation tweets '
      f'({int(validation.labels.sum()):,} positive) of the corpus '
      f'{content.corpus.name!r}: {_origin(content.corpus.name)}.'
  )


def _origin(corpus: str) -> str:
  """Returns where a corpus of the package comes from, by its name."""
  source, grouped, _ = corpus.partition(GROUPED)
  return _CORPORA[source] + (', near-duplicates in one split' if grouped else '')


def _headline(content: ReportContent) -> _Element:
  remark = (
      'This corpus got its labels from the emoticons in the tweets, so that a model '
      'that sees them hardly needs a word. The accuracy without them tells what the '
      'model makes of words.'
  )
  if len(content.variants) == 1:
    remark = 'The run itself leaves emoticons out, so there is one way to read a tweet.'
  cards = [
      _element(
          'div',
          _element('div', variant.title),
          _element('div', f'{variant.evaluation.accuracy.value:.4f}', class_='figure'),
          _element(
              'div',
              '95% interval {:.4f} to {:.4f}'.format(
                  *variant.evaluation.accuracy_interval
              )
              + f', n = {variant.evaluation.accuracy.n_examples:,}',
              class_='faint',
          ),
          class_='card',
      )
      for variant in content.variants
  ]
  return _section('Accuracy', _element('p', remark), _grid(*cards))


def _curves(content: ReportContent) -> _Element:
  groups: dict[str, dict[str, Curve]] = {}
  for name, curve in content.eval_curves.items():
    groups.setdefault(name, {})[f'eval {name}'] = curve
  for name, curve in content.train_curves.items():
    group = _LOSS_METRIC if name == _LOSS_LAYER else name
    groups.setdefault(group, {})[f'train {name}'] = curve
  if not groups:
    sentence = (
        "There are none: the run's directory holds no event files (train/, eval/)."
    )
    return _section('Training curves', _element('p', sentence))
  figures = []
  for name, curves in groups.items():
    last = '; '.join(
        f'{title} {curve[step]:.4g} at step {step:,}'
        for title, curve in curves.items()
        for step in [max(curve)]
    )
    figures.append(
        _figure(name, plots.curves(curves), 'Curves over the steps.', last)
    )
  return _section('Training curves', _grid(*figures))


def _confusion_matrices(content: ReportContent) -> _Element:
  return _section('Confusion matrix', _grid(*map(_confusion_matrix, content.variants)))


def _confusion_matrix(variant: Variant) -> _Element:
  matrix = variant.evaluation.confusion_matrix
  scores = variant.evaluation
  return _figure(
      variant.title,
      plots.confusion_matrix(matrix),
      'Confusion matrix. '
      + '; '.join(
          f'{sentiment} tweets: {negative:,} called negative, '
          f'{positive:,} called positive'
          for sentiment, (negative, positive) in zip(SENTIMENTS, matrix, strict=True)
      ),
      f'precision {_value(scores.precision)}, recall {_value(scores.recall)}, '
      f'F1 {_value(scores.f1)}',
  )


def _calibrations(content: ReportContent) -> _Element:
  explanation = (
      'Of the tweets that are called positive with probability p, the part p should '
      'be positive. Points above the broken line: the model is too sure of negative; '
      'below: of positive.'
  )
  labels = content.corpus.validation.labels
  return _section(
      'Calibration',
      _element('p', explanation),
      _grid(*(_calibration(variant, labels) for variant in content.variants)),
  )


def _calibration(variant: Variant, labels: np.ndarray) -> _Element:
  counts, mean, positive = scores.calibration_bins(
      np.exp(variant.log_probabilities[:, 1]), labels
  )
  return _figure(
      variant.title,
      plots.calibration(variant.log_probabilities, labels),
      'Calibration curve. '
      + '; '.join(
          f'{count:,} tweets at mean probability {probability:.2f}, '
          f'{part:.1%} of them positive'
          for count, probability, part in zip(counts, mean, positive, strict=True)
          if count
      ),
      f'expected calibration error {_value(variant.evaluation.calibration_error)}, '
      f'log-loss {_value(variant.evaluation.log_loss)}',
  )


def _histograms(content: ReportContent) -> _Element:
  explanation = (
      'The log-odds of positive to negative, by what the tweets are. What lies on '
      'the wrong side of the line is a mistake.'
  )
  labels = content.corpus.validation.labels
  return _section(
      'Scores',
      _element('p', explanation),
      _grid(*(_histogram(variant, labels) for variant in content.variants)),
  )


def _histogram(variant: Variant, labels: np.ndarray) -> _Element:
  odds = scores.log_odds(variant.log_probabilities)
  return _figure(
      variant.title,
      plots.score_histogram(odds, labels),
      'Histogram of log-odds. '
      + '; '.join(
          f'{sentiment} tweets: median log-odds {np.median(odds[labels == label]):.2f}'
          for label, sentiment in enumerate(SENTIMENTS)
      ),
      f'ROC AUC {_value(variant.evaluation.roc_auc)}',
  )


def _weighty_tokens(content: ReportContent) -> _Element:
  title = 'The tokens that weigh most'
  if content.not_explained:
    return _left_out(title, content)
  explanation = (
      'The log-odds of positive to negative that a token alone would give a tweet; '
      'in a mean over n tokens each counts for an n-th. Beside it, in how many of the '
      f'training tweets the token is: those in fewer than {MIN_TWEETS}, and the '
      'special tokens, are left out. Words are shown as the model sees them, cut to '
      'their stems unless the run keeps them whole.'
  )
  largest = max(
      (abs(token.log_odds) for tokens in content.weighty_tokens for token in tokens),
      default=0.0,
  )
  return _section(
      title,
      _element('p', explanation),
      _grid(
          *(
              _token_table(sentiment, tokens, largest)
              for sentiment, tokens in zip(
                  SENTIMENTS, content.weighty_tokens, strict=True
              )
          )
      ),
  )


def _token_table(
    sentiment: str, tokens: list[WeightyToken], largest: float
) -> _Element:
  header = _element(
      'tr',
      _element('th', 'token', scope='col'),
      _element('th', 'log-odds', scope='col', class_='number'),
      _element('th', 'in tweets', scope='col', class_='number'),
  )
  rows = [
      _element(
          'tr',
          _element('td', _token(token.token, token.log_odds, largest)),
          _element('td', _signed(token.log_odds), class_='number'),
          _element('td', f'{token.n_tweets:,}', class_='number'),
      )
      for token in tokens
  ]
  caption = _element('caption', f'For {sentiment}')
  return _element('div', _element('table', caption, header, *rows), class_='card')


def _mistakes(content: ReportContent) -> _Element:
  title = 'The worst mistakes'
  if content.not_explained:
    return _left_out(title, content)
  explanation = (
      "The tweets with the largest log-odds on the wrong side. Below each, the model's "
      'tokens with their shares: a share above zero (green, solid line) speaks for '
      'positive, one below (red, broken line) for negative, and the stronger the '
      'background, the larger the share. All shares and the bias (to which the '
      'padding belongs, where a run averages over it) add up to the log-odds.'
  )
  return _section(
      title,
      _element('p', explanation),
      *(part for variant in content.variants for part in _variant_mistakes(variant)),
  )


def _variant_mistakes(variant: Variant) -> list[_Element]:
  (_, false_positive), (false_negative, _) = variant.evaluation.confusion_matrix
  n_mistakes = false_positive + false_negative
  largest = max(
      (abs(s) for mistake in variant.mistakes for s in mistake.explanation.shares),
      default=0.0,
  )
  return [
      _element('h3', variant.title),
      _element(
          'p',
          f'{len(variant.mistakes):,} of {n_mistakes:,} mistakes in '
          f'{variant.evaluation.accuracy.n_examples:,} tweets.',
      ),
      _element(
          'ol',
          *(_mistake(mistake, largest) for mistake in variant.mistakes),
          class_='mistakes',
      ),
  ]


def _mistake(mistake: Mistake, largest: float) -> _Element:
  explanation = mistake.explanation
  prediction = explanation.prediction
  verdict = (
      f'{SENTIMENTS[mistake.label]}, called {prediction.sentiment}: log-odds '
      f'{_signed(prediction.log_odds)}, bias {_signed(explanation.bias)}'
  )
  tokens: list[str] = [
      _token(token, share, largest, show_share=True)
      for token, share in zip(prediction.tokens, explanation.shares, strict=True)
  ]
  return _element(
      'li',
      _element('p', _isolated(mistake.text), class_='tweet'),
      _element('div', verdict, class_='faint'),
      _element('p', *(tokens or ['(no token to go by)']), class_='tokens'),
      class_='card',
  )


def _token(
    token: str, share: float, largest: float, show_share: bool = False
) -> _Element:
  """Returns a token whose background is the stronger, the larger its share is."""
  # By the square root, so that small shares show beside the largest.
  strength = _MAX_STRENGTH * math.sqrt(abs(share) / largest) if largest else 0.0
  return _element(
      'span',
      _isolated(_visible(token)),
      *([_element('small', _signed(share))] if show_share else []),
      class_=f'token {SENTIMENTS[share > 0]}',
      style=f'--strength: {strength:.0f}%',
      title=f'{share:+.3f}',
  )


def _visible(token: str) -> str:
  """Returns the code of a token that is marks alone, as parts of emoji can be."""
  if all(unicodedata.category(c) in ('Mn', 'Me') for c in token):
    return ascii(token)[1:-1]
  return token


def _settings(content: ReportContent) -> _Element:
  if content.config is None:
    sentence = "The run's directory holds no config.gin."
    return _section('Settings', _element('p', sentence))
  return _section(
      'Settings',
      _element(
          'details',
          _element('summary', 'config.gin, all settings in effect'),
          # Browsers drop the first line end of a pre.
          _element('pre', '\n' + content.config, tabindex='0'),
          class_='card',
      ),
  )


def _origins(content: ReportContent) -> _Element:
  corpus, tokenizer = content.corpus, content.tokenizer
  facts = {
      'name': f'{corpus.name}: {_origin(corpus.name)}',
      **{
          f'{split} tweets': f'{len(examples.texts):,}, of which '
          f'{int(examples.labels.sum()):,} are positive'
          for split, examples in (
              ('training', corpus.train),
              ('validation', corpus.validation),
          )
      },
      'vocabulary': f'{len(tokenizer.vocabulary):,} tokens',
  }
  remark = 'Those of the environment that made this report.'
  return _element(
      'div',
      _section('Corpus', _facts(facts)),
      _section('Versions', _element('p', remark), _facts(content.versions)),
  )


def _facts(facts: dict[str, str]) -> _Element:
  rows = [
      _element('tr', _element('th', name, scope='row'), _element('td', value))
      for name, value in facts.items()
  ]
  return _element('div', _element('table', *rows), class_='card')


def _left_out(title: str, content: ReportContent) -> _Element:
  return _section(title, _element('p', f'Left out: {content.not_explained}'))


def _section(title: str, *children: str) -> _Element:
  return _element('section', _element('h2', title), *children)


def _grid(*children: str) -> _Element:
  return _element('div', *children, class_='grid')


def _figure(title: str, svg: str, alternative: str, caption: str) -> _Element:
  """Returns a figure; as an image, so that the ids in its SVG are its own."""
  data = base64.b64encode(svg.encode('utf-8')).decode('ascii')
  return _element(
      'figure',
      _element('h3', title),
      _element(
          'img',
          src=f'data:image/svg+xml;base64,{data}',
          alt=f'{title}. {alternative}',
      ),
      _element('figcaption', caption),
      class_='card',
  )


def _value(score: scores.Score) -> str:
  return 'undefined' if score.value is None else f'{score.value:.4f}'


def _signed(number: float) -> str:
  return f'{number:+.2f}'.replace('-', '−')


def _isolated(text: str) -> _Element:
  """Returns foreign text, whose direction of writing ends with it."""
  return _element('bdi', text)


def _element(name: str, /, *children: str, **attributes: str) -> _Element:
  """Returns an element; its attributes are named `http_equiv` for `http-equiv`."""
  opening = name + ''.join(
      f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
      for key, value in attributes.items()
  )
  if name in _VOID_ELEMENTS:
    return _Element(f'<{opening}>')
  inside = ''.join(
      child if isinstance(child, _Element) else _escaped(child) for child in children
  )
  return _Element(f'<{opening}>{inside}</{name}>')


def _escaped(text: str) -> str:
  """Returns text as HTML: its lines, without characters that would act on others."""
  return html.escape('\n'.join(cli.printable(line) for line in text.split('\n')))
