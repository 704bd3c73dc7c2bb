"""Registers all that gin files can name: `import trax_twitter_sentiment.register`."""

from trax_twitter_sentiment.corpora import (  # noqa: F401
    configured_corpus,
    mixed_corpus,
    near_duplicates,
    text_corpora,
    tfds_corpus,
    twitter,
)
from trax_twitter_sentiment.encoder import models as encoder_models  # noqa: F401
from trax_twitter_sentiment.encoding import (  # noqa: F401
    encoded_corpus,
    tokenized_texts,
)
from trax_twitter_sentiment.text import tokenizer  # noqa: F401
from trax_twitter_sentiment.tfds import twitter_samples  # noqa: F401
from trax_twitter_sentiment.training import (  # noqa: F401
    batches,
    callbacks,
    early_stopping,
    encoder_batches,
    l2_descent,
    logistic_regression,
    metrics,
    models,
    schedules,
    streams,
)
