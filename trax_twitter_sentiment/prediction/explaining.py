"""Explanations of the predictions of an additive model."""

import collections
from collections.abc import Iterable, Iterator

from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens
from trax_twitter_sentiment.prediction.marked_text import marked_text
from trax_twitter_sentiment.prediction.results import Explanation, Prediction
from trax_twitter_sentiment.text.attribution import AttributedToken, attributed_tokens
from trax_twitter_sentiment.text.text_encoder import TextEncoder


def explain(
    encoder: TextEncoder, model: BagOfTokens, prediction: Prediction, text: str
) -> Explanation:
  """Returns the exact share of each token and of each word of a text."""
  counted = prediction.tokens[: model.max_length]
  tokens = [*_restricted(attributed_tokens(encoder.tokenizer, text), counted)]
  ids = encoder.vocabulary.encode([t.token for t in tokens])
  shares, bias = model.shares(ids, prediction.contrast)
  titles: list[str] = []
  title_shares: list[float] = []
  word_shares: dict[int, float] = collections.defaultdict(float)
  last_words: tuple[int, ...] | None = None
  for attributed, share in zip(tokens, shares.tolist(), strict=True):
    for word in attributed.words:
      word_shares[word] += share / len(attributed.words)
    if attributed.words == last_words and attributed.title == titles[-1]:
      title_shares[-1] += share
    else:
      titles.append(attributed.title)
      title_shares.append(share)
    last_words = attributed.words or None
  n_words = len(encoder.tokenizer.word_tokens(text))
  by_word = [word_shares.get(i) for i in range(n_words)]
  fragments = marked_text(encoder.tokenizer, text, by_word)
  return Explanation(prediction, tuple(titles), tuple(title_shares), bias, fragments)


def _restricted(
    tokens: Iterable[AttributedToken], counted: Iterable[str]
) -> Iterator[AttributedToken]:
  """Yields each token at most as often as it occurs in `counted`."""
  n_left = collections.Counter(counted)
  for token in tokens:
    if n_left[token.token]:
      n_left[token.token] -= 1
      yield token
