"""The verdict on a run, in words, at the top of its report."""

from collections.abc import Sequence

from trax_twitter_sentiment.prediction.notation import percent, rounded_percent
from trax_twitter_sentiment.prediction.scores import Evaluation
from trax_twitter_sentiment.reporting import baselines
from trax_twitter_sentiment.reporting.variants import WITH, WITHOUT, Baseline, Variant

# A difference with a smaller p-value is not explained by chance.
_SIGNIFICANT = 0.05


def verdict(
    variants: Sequence[Variant], class_names: Sequence[str], unit: str
) -> list[str]:
  """Returns the sentences of the verdict, variants that lose to a baseline first."""
  ordered = sorted(variants, key=lambda variant: not _loses(variant))
  lines = [_sentence(variant, unit) for variant in ordered]
  if _loses(ordered[0]):
    lines.insert(0, 'This run loses to a simple baseline.')
  for worst in variants[-1].confusions[:1]:
    support = round(worst.n_texts / worst.share)
    lines.append(
        f'The commonest mistake: {worst.n_texts:,} of {support:,} '
        f'{class_names[worst.label]} {unit} are taken for '
        f'{class_names[worst.predicted]}.'
    )
  return lines


def _loses(variant: Variant) -> bool:
  return any(
      _points(variant, baseline) < 0 and baseline.p_value < _SIGNIFICANT
      for baseline in variant.baselines
  )


def _sentence(variant: Variant, unit: str) -> str:
  start = {WITH: 'With emoticons, ', WITHOUT: 'By words alone, '}.get(variant.title, '')
  share = percent(_accuracy(variant.evaluation))
  n_texts = variant.evaluation.accuracy.n_examples
  compared = ' and '.join(_compared(variant, each) for each in variant.baselines)
  return f'{start}{share} of {n_texts:,} {unit} are classified correctly: {compared}.'


def _compared(variant: Variant, baseline: Baseline) -> str:
  points = _points(variant, baseline)
  value = percent(_accuracy(baseline.evaluation))
  name = baseline.name
  if name == baselines.MOST_FREQUENT:
    name = 'always predicting the most frequent class'
  if points == 0:
    return f'as many as {name} ({value})'
  direction = 'below' if points < 0 else 'above'
  chance = '; chance may explain this' if baseline.p_value >= _SIGNIFICANT else ''
  return f'{abs(points):.1f} points {direction} {name} ({value}{chance})'


def _points(variant: Variant, baseline: Baseline) -> float:
  """Returns the difference of the two accuracies, in percent as the page shows them."""
  ours, theirs = (
      rounded_percent(_accuracy(each.evaluation)) for each in (variant, baseline)
  )
  return ours - theirs


def _accuracy(evaluation: Evaluation) -> float:
  assert evaluation.accuracy.value is not None
  return evaluation.accuracy.value
