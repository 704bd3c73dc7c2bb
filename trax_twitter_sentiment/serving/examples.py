"""The texts that the page offers to click."""

from trax_twitter_sentiment.corpora.corpus import Corpus
from trax_twitter_sentiment.serving.messages import Example

_MAX_EXAMPLES = 8
# Texts of other lengths are hard to read on a button.
_MIN_CHARACTERS, _MAX_CHARACTERS = 15, 120

# Examples that fit every run.
DEFAULT_EXAMPLES = [
    Example(text=text)
    for text in (
        'What a lovely evening, thank you all!',
        'I missed the last bus and now it rains',
        'not bad at all',
        'I am furious, they lost my luggage again',
    )
]


def validation_examples(corpus: Corpus) -> list[Example]:
  """Returns some validation texts of each class, the classes in turn."""
  names = corpus.class_names
  texts_by_class: list[list[str]] = [[] for _ in names]
  for text, label in zip(
      corpus.validation.texts, corpus.validation.labels.tolist(), strict=True
  ):
    if _MIN_CHARACTERS <= len(text) <= _MAX_CHARACTERS and text.isprintable():
      texts_by_class[label].append(text)
  per_class = max(1, _MAX_EXAMPLES // len(names))
  examples = [
      Example(text=texts[position * len(texts) // per_class], name=name)
      for position in range(per_class)
      for name, texts in zip(names, texts_by_class, strict=True)
      if position < len(texts)
  ]
  return examples[:_MAX_EXAMPLES]
