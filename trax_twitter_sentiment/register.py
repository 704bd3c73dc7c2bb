"""Registers all that gin files can name: `import trax_twitter_sentiment.register`."""

from trax_twitter_sentiment import (  # noqa: F401
    callbacks,
    corpus,
    early_stopping,
    encoding,
    logistic_regression,
    metrics,
    mixed_corpus,
    models,
    near_duplicates,
    streams,
    text_corpora,
    tokenized_texts,
    tokenizer,
)
from trax_twitter_sentiment.tfds import preprocessing, twitter_samples  # noqa: F401
