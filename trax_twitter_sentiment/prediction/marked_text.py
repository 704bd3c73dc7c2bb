"""The original text of an explanation, with the share of each word."""

from collections.abc import Sequence
from typing import NamedTuple

from trax_twitter_sentiment.text.attribution import word_spans
from trax_twitter_sentiment.text.tokenizer import TweetTokenizer


class Fragment(NamedTuple):
  """A part of the original text. All fragments together are the text."""

  text: str
  share: float | None  # `None` if the model does not read the fragment.


def marked_text(
    tokenizer: TweetTokenizer, text: str, shares: Sequence[float | None]
) -> tuple[Fragment, ...]:
  """Returns the text in fragments, with the share of each word.

  `shares` are those of `tokenizer.word_tokens(text)`; `None` stands for a word that the
  model does not read.

  Examples:
    >>> marked_text(TweetTokenizer(), '@amy so sad', [0.0, -2.0])
    (Fragment(text='@amy ', share=None), Fragment(text='so', share=0.0), \
Fragment(text=' ', share=None), Fragment(text='sad', share=-2.0))
  """
  fragments: list[Fragment] = []
  position = 0
  for span, share in zip(word_spans(tokenizer, text), shares, strict=True):
    if span is None or share is None:
      continue
    start, end = span
    if fragments and end == position and text[start:end] == fragments[-1].text:
      # Several words are at one place of the text, so their shares are added.
      fragments[-1] = Fragment(text[start:end], (fragments[-1].share or 0.0) + share)
      continue
    if start < position:
      continue
    if start > position:
      fragments.append(Fragment(text[position:start], None))
    fragments.append(Fragment(text[start:end], share))
    position = end
  if position < len(text):
    fragments.append(Fragment(text[position:], None))
  return tuple(fragments)
