"""A stand-in for `prediction/marked_text.py`, which will replace this module."""

import re

import numpy as np

from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import Explanation


def marked_text(
    predictor: SentimentPredictor, text: str, explanation: Explanation
) -> list[tuple[str, float | None]]:
  """Returns the text in fragments, each with its share of the log-odds."""
  shares = [
      (token, share)
      for token, share in zip(explanation.tokens, explanation.shares, strict=True)
      if _is_word(token)
  ]
  fragments: list[tuple[str, float | None]] = []
  for fragment in re.findall(r'\s+|\S+', text):
    share: float | None = None
    for token in predictor.encoder.tokenizer.word_tokens(fragment):
      if shares and shares[0][0] == token:
        share = (share or 0.0) + shares.pop(0)[1]
    fragments.append((fragment, share))
  return fragments


def count_words(predictor: SentimentPredictor, text: str) -> tuple[int, int]:
  """Returns the number of words, and the number of words in the vocabulary."""
  words = predictor.encoder.tokenizer.word_tokens(text)
  ids = predictor.encoder.vocabulary.encode(words)
  return len(words), int(np.count_nonzero(predictor.encoder.is_known(ids)))


def _is_word(token: str) -> bool:
  return ' ' not in token and not (token.startswith('<') and token.endswith('>'))
