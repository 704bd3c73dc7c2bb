"""Explanations of the predictions of an additive model."""

import collections

from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens
from trax_twitter_sentiment.prediction.marked_text import marked_text
from trax_twitter_sentiment.prediction.results import Explanation, Prediction
from trax_twitter_sentiment.text.attribution import attributed_tokens
from trax_twitter_sentiment.text.text_encoder import TextEncoder


def explain(
    encoder: TextEncoder, model: BagOfTokens, prediction: Prediction, text: str
) -> Explanation:
  """Returns the exact share of each token and of each word of a text."""
  # Tokens that the encoder drops or the model cuts off have no share.
  n_left = collections.Counter(prediction.tokens[: model.max_length])
  tokens = []
  for token in attributed_tokens(encoder.tokenizer, text):
    if n_left[token.token]:
      n_left[token.token] -= 1
      tokens.append(token)
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
