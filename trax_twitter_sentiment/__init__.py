"""Tweet sentiment for Trax: a data stream, a classifier and a metric.

Importing the package is cheap: a public name loads its module, and with it Trax
where that module needs Trax, when it is first used. Gin files import the modules
they name (``import trax_twitter_sentiment.models``), which registers them.
"""

import importlib
from typing import Any

__version__ = '0.1.0'

# Public name -> the module that holds it.
_MODULES = {
    'BatchPredictor': 'cluster.batch_predictor',
    'GRUClassifier': 'models',
    'GroupedCorpus': 'near_duplicates',
    'LogisticRegressionStart': 'logistic_regression',
    'MacroF1': 'metrics',
    'MixedCorpus': 'mixed_corpus',
    'SaveForPrediction': 'callbacks',
    'SentimentNetwork': 'notebook.sentiment_network',
    'SentimentPredictor': 'predictor',
    'TensorBuilder': 'notebook.tensors',
    'TensorGenerator': 'notebook.tensors',
    'StopEarly': 'early_stopping',
    'TextFileCorpus': 'text_corpora',
    'TfdsCorpus': 'text_corpora',
    'TokenizeTweets': 'streams',
    'TweetTokenizer': 'tokenizer',
    'TweetEvalCorpus': 'text_corpora',
    'TwitterBatches': 'streams',
    'TwitterClassifier': 'models',
    'TwitterCorpus': 'corpus',
    'TwitterSamples': 'streams',
    'UserError': 'errors',
    'WeightedAccuracy': 'metrics',
    'WeightedBinaryAccuracy': 'metrics',
    'WeightedMacroRecall': 'metrics',
    'compute_accuracy': 'metrics',
    'model_bytes': 'cluster.batch_predictor',
    'number_of_classes': 'corpus',
    'tokenize_tweet': 'encoding',
    'twitter_data_streams': 'streams',
    'validation_steps': 'streams',
    'vocabulary_size': 'encoding',
}

__all__ = [*_MODULES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
  if name not in _MODULES:
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
  module = importlib.import_module(f'{__name__}.{_MODULES[name]}')
  return getattr(module, name)


def __dir__() -> list[str]:
  return sorted([*globals(), *_MODULES])
