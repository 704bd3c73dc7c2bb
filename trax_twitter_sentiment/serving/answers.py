"""Computes the fields of the answer to `POST /predict`."""

from typing import Any

import numpy as np

from trax_twitter_sentiment.prediction.fields import predict_fields, prediction_fields
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor


def answer(
    predictor: SentimentPredictor, texts: list[str], explain: bool
) -> list[dict[str, Any]]:
  """Returns the fields of the prediction for each text.

  The fields are those of `predict --format=jsonl` except the row number. `explain` adds
  the fields for the page.
  """
  if not explain:
    return predict_fields(predictor, texts)
  return [_explained_fields(predictor, text) for text in texts]


def _explained_fields(predictor: SentimentPredictor, text: str) -> dict[str, Any]:
  explanation, (encoder, _) = predictor.explain(text), predictor.additive_model()
  ids = encoder.vocabulary.encode(encoder.tokenizer.word_tokens(text))
  return {
      **prediction_fields(text, explanation.prediction, explanation),
      'marked_text': [fragment._asdict() for fragment in explanation.marked_text],
      'rest': explanation.rest,
      'n_words': len(ids),
      'n_known_words': int(np.count_nonzero(encoder.is_known(ids))),
  }
