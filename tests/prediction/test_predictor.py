"""The predictor: its predictions, explanations and refused runs."""

import gzip
import io
import json
import math
import pickle
import shutil

import numpy as np
import pytest
from conftest import needs_real_corpus, run_python
from runs import train

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.run import WEIGHTS_FILE

POOLINGS = ['masked_mean', 'mean']
TEXTS = ['what a lovely day :)', 'I am so sad :(', '', '@amy', 'unseenword', 'x ' * 500]


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
  """Returns a function that trains a run with bindings, once for each bindings."""
  trained = {}

  def run(*bindings):
    if bindings not in trained:
      folder = tmp_path_factory.mktemp('run')
      trained[bindings] = (folder, train(folder, 'train.steps=20', *bindings))
    return trained[bindings]

  return run


@pytest.fixture
def run_dir(runs, tmp_path):
  """Returns a copy of a run that a test may damage."""
  folder, _ = runs()
  return shutil.copytree(folder, tmp_path / 'run')


@pytest.mark.parametrize('pooling', POOLINGS)
def test_predictions_equal_those_of_the_trax_model(runs, pooling):
  folder, loop = runs(f"TwitterClassifier.pooling='{pooling}'")
  examples = encoded_corpus().validation
  expected = loop.eval_model(examples.padded(encoded_corpus().max_length))
  predictions = SentimentPredictor.load(folder).predict(
      TwitterCorpus('sample').validation.texts
  )
  actual = [prediction.log_probabilities for prediction in predictions]
  np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-5)


def test_run_that_drops_unknown_tokens_predicts_like_its_loop(tmp_path):
  loop = train(tmp_path, config='twitter_hard.gin')
  examples = encoded_corpus().validation
  expected = loop.eval_model(examples.padded(encoded_corpus().max_length))
  predictor = SentimentPredictor.load(tmp_path)
  texts = TwitterCorpus('sample').validation.texts
  predictions = predictor.predict(texts)
  actual = [prediction.log_probabilities for prediction in predictions]
  np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-5)
  explanation = predictor.explain('unseenword happy')
  assert explanation.prediction.tokens == explanation.tokens == ('happy',)
  assert len(explanation.shares) == 1


@needs_real_corpus
@pytest.mark.parametrize('pooling', POOLINGS)
def test_predictions_on_real_tweets_equal_those_of_the_trax_model(
    real_corpus, tmp_path, pooling
):
  loop = train(
      tmp_path,
      'train.steps=20',  # Step 20 saves a checkpoint.
      "TwitterCorpus.source='nltk'",
      f"TwitterClassifier.pooling='{pooling}'",
  )
  corpus = encoded_corpus()
  expected = loop.eval_model(corpus.validation.padded(corpus.max_length))
  predictions = SentimentPredictor.load(tmp_path).predict(
      TwitterCorpus().validation.texts
  )
  assert len(predictions) == 2000
  actual = [prediction.log_probabilities for prediction in predictions]
  np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-5)


def test_prediction_has_label_sentiment_and_tokens(runs):
  positive, negative = SentimentPredictor.load(runs()[0]).predict(TEXTS[:2])
  assert (positive.label, positive.sentiment) == (1, 'positive')
  assert (negative.label, negative.sentiment) == (0, 'negative')
  assert positive.tokens == ('love', 'day', ':)')
  assert sum(map(math.exp, positive.log_probabilities)) == pytest.approx(1)
  assert positive.log_odds > 0 > negative.log_odds


@pytest.mark.parametrize('pooling', POOLINGS)
def test_prediction_does_not_depend_on_other_texts(runs, pooling):
  predictor = SentimentPredictor.load(runs(f"TwitterClassifier.pooling='{pooling}'")[0])
  together = predictor.predict(TEXTS)
  for text, prediction in zip(TEXTS, together, strict=True):
    (alone,) = predictor.predict([text])
    assert alone.log_probabilities == pytest.approx(prediction.log_probabilities)


def test_validation_split_is_predicted_like_a_list_of_texts(runs):
  predictor = SentimentPredictor.load(runs()[0]).without_emoticons()
  texts = TEXTS * 100  # Several chunks; the last one is not full.
  examples = Examples(tuple(texts), np.zeros(len(texts), np.int32))
  corpus = Corpus('own', examples, examples, frozenset())
  np.testing.assert_array_equal(
      predictor.validation_log_probabilities(corpus), predictor.log_probabilities(texts)
  )


def test_tie_is_negative(run_dir):
  _write_weights(run_dir, lambda arrays: [np.zeros_like(a) for a in arrays])
  assert SentimentPredictor.load(run_dir).predict(['good'])[0].label == 0


def test_text_without_tokens_is_predicted_by_the_bias(run_dir):
  predictor = SentimentPredictor.load(run_dir)
  (prediction,) = predictor.predict(['@amy https://t.co/x'])
  assert prediction.tokens == ()
  assert prediction.log_odds == pytest.approx(predictor.explain('').bias)


@pytest.mark.parametrize('pooling', POOLINGS)
def test_shares_and_bias_add_up_to_the_log_odds(runs, pooling):
  predictor = SentimentPredictor.load(runs(f"TwitterClassifier.pooling='{pooling}'")[0])
  for text in TEXTS:
    explanation = predictor.explain(text)
    prediction = explanation.prediction
    assert len(explanation.shares) == len(prediction.tokens)
    total = sum(explanation.shares) + explanation.bias
    assert total == pytest.approx(prediction.log_odds, abs=1e-5)


def test_positive_tokens_have_positive_shares(runs):
  explanation = SentimentPredictor.load(runs()[0]).explain('day :) :(')
  _, positive, negative = explanation.shares
  assert positive > 0 > negative


def test_empty_list_is_predicted_and_a_single_string_is_refused(runs):
  predictor = SentimentPredictor.load(runs()[0])
  assert predictor.predict([]) == []
  with pytest.raises(UserError, match='list of texts'):
    predictor.predict('good day')


def test_predictor_without_emoticons_ignores_them(runs):
  predictor = SentimentPredictor.load(runs()[0]).without_emoticons()
  happy, sad = predictor.predict(['day :)', 'day :('])
  assert happy.tokens == sad.tokens == ('day',)
  assert happy.log_probabilities == sad.log_probabilities


def test_prediction_loads_neither_trax_nor_tensorflow(runs):
  code = (
      'import sys; from trax_twitter_sentiment import SentimentPredictor; '
      f'SentimentPredictor.load({str(runs()[0])!r}).predict(["hi"]); '
      'print({"trax", "jax", "tensorflow"} & set(sys.modules))'
  )
  assert run_python('-c', code).stdout == 'set()\n'


@pytest.mark.slow
def test_other_trax_models_are_loaded_through_trax(runs, capsys):
  folder, loop = runs(
      'train.model=@trax.models.TransformerEncoder',
      'TransformerEncoder.vocab_size=@vocabulary_size()',
      'TransformerEncoder.n_classes=2',
      'TransformerEncoder.d_model=16',
      'TransformerEncoder.d_ff=16',
      'TransformerEncoder.n_layers=1',
      'TransformerEncoder.n_heads=2',
  )
  texts = TwitterCorpus('sample').validation.texts[:70]
  corpus = encoded_corpus()
  outputs = loop.eval_model(corpus.validation.padded(corpus.max_length)[:70])
  expected = np.argmax(outputs, axis=1)
  predictor = SentimentPredictor.load(folder)
  assert 'Trax loads' in capsys.readouterr().err
  predictions = predictor.predict(texts)
  assert [prediction.label for prediction in predictions] == expected.tolist()
  with pytest.raises(UserError, match='TwitterClassifier'):
    predictor.explain('hi')


def _write_weights(folder, change):
  path = folder / WEIGHTS_FILE
  arrays = []
  with gzip.open(path) as file:
    while file.peek(1):
      arrays.append(np.load(file))
  with gzip.open(path, 'wb') as file:
    for array in change(arrays):
      np.save(file, array)


def _pickled_weights():
  buffer = io.BytesIO()
  np.save(buffer, np.array([print], object), allow_pickle=True)
  return gzip.compress(buffer.getvalue(), mtime=0)


def test_missing_directory_is_refused(tmp_path):
  with pytest.raises(UserError, match='nowhere.* is not a directory'):
    SentimentPredictor.load(tmp_path / 'nowhere')


def test_directory_without_a_run_is_refused(tmp_path):
  with pytest.raises(UserError, match=r'has no model.json.*SaveForPrediction'):
    SentimentPredictor.load(tmp_path)


def test_run_without_a_checkpoint_is_refused(run_dir):
  (run_dir / WEIGHTS_FILE).unlink()
  with pytest.raises(UserError, match='has no checkpoint yet'):
    SentimentPredictor.load(run_dir)


@pytest.mark.parametrize('kept', [0.0, 0.001, 0.5, 0.99])
def test_truncated_weights_are_refused(run_dir, kept):
  path = run_dir / WEIGHTS_FILE
  content = path.read_bytes()
  path.write_bytes(content[: int(kept * len(content))])
  with pytest.raises(UserError, match=r'weights.npy.gz.*not'):
    SentimentPredictor.load(run_dir)


@pytest.mark.parametrize(
    'content', [b'not gzip', gzip.compress(b'not npy', mtime=0), _pickled_weights()]
)
def test_file_that_is_not_a_weights_file_is_refused(run_dir, content):
  (run_dir / WEIGHTS_FILE).write_bytes(content)
  with pytest.raises(UserError, match='is not a complete weights file'):
    SentimentPredictor.load(run_dir)


def test_weights_of_a_diverged_run_are_refused(run_dir):
  _write_weights(run_dir, lambda arrays: [*arrays[:2], arrays[2] * np.nan])
  with pytest.raises(UserError, match='NaN or infinity: training diverged'):
    SentimentPredictor.load(run_dir)


@pytest.mark.parametrize(
    'change',
    [
        lambda arrays: arrays[:2],
        lambda arrays: [*arrays, arrays[2]],
        lambda arrays: [arrays[0][:, :5], *arrays[1:]],
        lambda arrays: [arrays[0].astype(int), *arrays[1:]],
    ],
)
def test_weights_of_another_model_are_refused(run_dir, change):
  _write_weights(run_dir, change)
  with pytest.raises(UserError, match='does not contain the weights of a Twitter'):
    SentimentPredictor.load(run_dir)


def test_vocabulary_of_another_run_is_refused(run_dir):
  path = run_dir / 'vocabulary.json'
  fields = json.loads(path.read_text())
  fields['tokens'].pop()
  path.write_text(json.dumps(fields))
  with pytest.raises(UserError, match=r'vocabulary.json has 1633 tokens, but .* 1634'):
    SentimentPredictor.load(run_dir)


def test_wrong_number_of_class_names_is_refused(run_dir, tmp_path):
  shutil.copytree(run_dir, tmp_path / 'copy')
  path = tmp_path / 'copy' / 'model.json'
  fields = json.loads(path.read_text()) | {'class_names': ['a', 'b', 'c']}
  path.write_text(json.dumps(fields))
  with pytest.raises(UserError, match='has 2 classes, but model.json names 3'):
    SentimentPredictor.load(tmp_path / 'copy')


def test_used_predictor_can_be_pickled(run_dir):
  used = SentimentPredictor.load(run_dir)
  texts = ['so happy :)', 'so sad :(']
  expected = used.predict(texts)
  assert pickle.loads(pickle.dumps(used)).predict(texts) == expected


@pytest.mark.parametrize('method', ['predict', 'score'])
@pytest.mark.parametrize(
    ('texts', 'message'),
    [
        ('good', r'requires a list of texts, but got one str. Pass \[text\]'),
        (b'good', 'requires a list of texts, but got one bytes'),
        ({'text': ['good']}, r"got a dict. Pass one of its columns"),
        ([b'good'], "requires texts of type str, but text 0 is b'good', of type bytes"),
        (['good', 1], 'text 1 is 1, of type int'),
    ],
)
def test_values_that_are_no_texts_are_refused(run_dir, method, texts, message):
  predictor = SentimentPredictor.load(run_dir)
  with pytest.raises(UserError, match=rf'{method}\(\) .*{message}'):
    getattr(predictor, method)(texts)


def test_missing_texts_are_predicted_like_empty_texts(run_dir):
  predictor = SentimentPredictor.load(run_dir)
  none, nan, empty = predictor.predict([None, float('nan'), ''])
  assert none == nan == empty


def test_home_folder_may_be_a_tilde(run_dir, monkeypatch):
  monkeypatch.setenv('HOME', str(run_dir.parent))
  predictor = SentimentPredictor.load(f'~/{run_dir.name}')
  assert predictor.predict(['hi']) == SentimentPredictor.load(run_dir).predict(['hi'])
