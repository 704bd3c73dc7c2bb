"""From texts to the fields of the answer to `POST /predict`."""

from typing import Any

from trax_twitter_sentiment.prediction import formats
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.prediction.results import Explanation, Prediction
from trax_twitter_sentiment.serving.marked_text import count_words, marked_text


def answer(
    predictor: SentimentPredictor, texts: list[str], explain: bool
) -> list[dict[str, Any]]:
  """Returns the fields of the prediction for each text, explained or not."""
  if not explain:
    predictions = predictor.predict(texts)
    return [
        _prediction_fields(text, prediction)
        for text, prediction in zip(texts, predictions, strict=True)
    ]
  return [_explained_fields(predictor, text) for text in texts]


def _prediction_fields(text: str, prediction: Prediction) -> dict[str, Any]:
  """Returns the fields that `predict --format=jsonl` writes, except the row number."""
  called = formats.called(
      text, prediction.label, prediction.log_probabilities, prediction.class_names
  )
  fields = formats.prediction_fields(text, called, prediction)
  fields['name'] = called.name
  return fields


def _explained_fields(predictor: SentimentPredictor, text: str) -> dict[str, Any]:
  explanation = predictor.explain(text)
  fragments = marked_text(predictor, text, explanation)
  n_words, n_known_words = count_words(predictor, text)
  return {
      **_prediction_fields(text, explanation.prediction),
      **formats.explanation_fields(explanation),
      'shares_for': _shares_for(explanation),
      'marked_text': [{'text': text, 'share': share} for text, share in fragments],
      'n_words': n_words,
      'n_known_words': n_known_words,
  }


def _shares_for(explanation: Explanation) -> str:
  """Returns what positive shares speak for: a class, or a class rather than others."""
  prediction = explanation.prediction
  name = prediction.class_names[prediction.explained]
  return name if len(prediction.class_names) == 2 else f'{name} rather than others'
