"""Tweet sentiment for Trax: a data stream, a classifier and a metric.

Public names are imported lazily: the first use of a name imports its module, and Trax
if the module requires Trax. Gin files import the modules that they use
(``import trax_twitter_sentiment.training.models``), which registers the configurables.
"""

import importlib
import sys
from typing import Any

__version__ = '0.1.0'

# Public name -> the module that contains it.
_MODULES = {
    'BatchPredictor': 'cluster.batch_predictor',
    'Encoder': 'encoder.models',
    'EncoderBatches': 'training.encoder_batches',
    'GRUClassifier': 'training.models',
    'GroupedCorpus': 'corpora.near_duplicates',
    'L2Descent': 'training.l2_descent',
    'InputsAsTargets': 'training.streams',
    'LogisticRegression': 'training.logistic_regression',
    'MacroF1': 'training.metrics',
    'MixedCorpus': 'corpora.mixed_corpus',
    'PretrainedEncoder': 'encoder.models',
    'SaveForPrediction': 'training.callbacks',
    'SentimentNetwork': 'notebook.sentiment_network',
    'SentimentPredictor': 'prediction.predictor',
    'TensorBuilder': 'notebook.tensors',
    'TensorGenerator': 'notebook.tensors',
    'StopEarly': 'training.early_stopping',
    'TextFileCorpus': 'corpora.text_corpora',
    'TfdsCorpus': 'corpora.tfds_corpus',
    'TokenizeTweets': 'training.streams',
    'TweetTokenizer': 'text.tokenizer',
    'TweetEvalCorpus': 'corpora.text_corpora',
    'TwitterBatches': 'training.batches',
    'TwitterClassifier': 'training.models',
    'TwitterCorpus': 'corpora.twitter',
    'TwitterSamples': 'training.streams',
    'UserError': 'errors',
    'WeightedAccuracy': 'training.metrics',
    'WeightedBinaryAccuracy': 'training.metrics',
    'WeightedMacroRecall': 'training.metrics',
    'compute_accuracy': 'training.metrics',
    'model_bytes': 'cluster.batch_predictor',
    'number_of_classes': 'corpora.configured_corpus',
    'tokenize_tweet': 'encoding.encoded_corpus',
    'training_steps': 'training.streams',
    'twitter_data_streams': 'training.streams',
    'validation_steps': 'training.streams',
    'vocabulary_size': 'encoding.encoded_corpus',
    'warmup_and_linear_decay': 'training.schedules',
}

__all__ = [*_MODULES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
  if name not in _MODULES:
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
  if 'trax' in sys.modules:
    # A program with its own training loop may use only names that do not import Trax,
    # such as `tokenize_tweet`, so this line imports the repairs.
    importlib.import_module(f'{__name__}.trax_support.repairs')
  module = importlib.import_module(f'{__name__}.{_MODULES[name]}')
  return getattr(module, name)


def __dir__() -> list[str]:
  return sorted([*globals(), *_MODULES])
