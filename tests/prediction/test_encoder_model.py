"""Predictions of a fine-tuned encoder by NumPy."""

import json
import shutil

import gin
import numpy as np
import pytest
import trax
from conftest import run_python
from runs import ENCODER_FOLDERS, train_encoder
from trax import layers as tl

from trax_twitter_sentiment import SentimentPredictor
from trax_twitter_sentiment.encoder.models import PretrainedEncoder
from trax_twitter_sentiment.encoder.pretrained import PretrainedFolder
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import encoder_model
from trax_twitter_sentiment.prediction.encoder_model import EncoderModel
from trax_twitter_sentiment.run.run import MODEL_FILE, WEIGHTS_FILE, Run

TEXTS = ['so happy, a good movie :)', 'bad', '', 'not good ' * 40, 'the 漢 was sad']


def both_models(family, pooling, max_length=20):
  """Returns a Trax model, and the same model on NumPy, with the folder."""
  folder = PretrainedFolder(str(ENCODER_FOLDERS / family))
  model = PretrainedEncoder(folder.path, 3, pooling=pooling, mode='eval')
  model.init(trax.shapes.ShapeDtype((2, 9), np.int32), rng=np.zeros(2, np.uint32))
  weights, _ = tl.flatten_weights_and_state(model.weights, model.state)
  arrays = [*map(np.asarray, weights)]
  fast = EncoderModel(folder.encoder, folder.config, model.info, max_length, arrays)
  return model, fast, folder


@pytest.mark.parametrize('pooling', ['mean', 'first'])
@pytest.mark.parametrize('family', ['bert', 'roberta', 'distilbert'])
def test_numpy_predicts_the_same_as_trax(family, pooling):
  model, fast, folder = both_models(family, pooling)
  ids, lengths = folder.encoder.encode_all(TEXTS)
  framed, n_ids = folder.encoder.with_special_tokens(ids, lengths, 20)
  inputs = np.full((len(TEXTS), 20), folder.config.pad_id, np.int32)
  for row, text in zip(inputs, np.split(framed, np.cumsum(n_ids)[:-1]), strict=True):
    row[: len(text)] = text
  expected = np.asarray(model(inputs))
  np.testing.assert_allclose(
      fast.log_probabilities(ids, lengths), expected, atol=1e-5
  )


def test_prediction_does_not_depend_on_the_other_texts():
  _, fast, folder = both_models('bert', 'mean')
  texts = [f'{word} ' * n for n in range(1, 30) for word in ('good', 'bad', 'sad')]
  together = fast.log_probabilities(*folder.encoder.encode_all(texts))
  for i in (0, 40, 86):
    alone = fast.log_probabilities(*folder.encoder.encode_all([texts[i]]))
    np.testing.assert_allclose(together[i], alone[0], atol=1e-6)
  assert fast.log_probabilities(*folder.encoder.encode_all([])).shape == (0, 3)


@pytest.mark.parametrize('name', ['gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu'])
def test_activations_are_those_of_trax(name):
  from trax_twitter_sentiment.encoder.layers import ACTIVATIONS

  x = np.linspace(-12, 12, 10_001, dtype=np.float32).reshape(-1, 1)
  expected = np.asarray(ACTIVATIONS[name]()(x))
  np.testing.assert_allclose(
      encoder_model._ACTIVATIONS[name](x.copy()), expected, atol=2e-6
  )


@pytest.mark.slow
def test_run_predicts_without_its_folder(tmp_path):
  folder = shutil.copytree(ENCODER_FOLDERS / 'roberta', tmp_path / 'folder')
  train_encoder(tmp_path / 'run', f"folder='{folder}'", 'train.steps=2')
  shutil.rmtree(folder)
  gin.clear_config()
  predictor = SentimentPredictor.load(tmp_path / 'run')
  (prediction,) = predictor.predict(['good :)'])
  assert prediction.tokens == ('Ġgood', 'Ġ', ':', ')')
  assert prediction.n_known == 4


def test_run_predicts_like_its_evaluation(encoder_run_dir):
  run = Run(encoder_run_dir)
  predictor = SentimentPredictor.from_run(run)
  validation = run.corpus().validation
  scores = predictor.validation_log_probabilities(run.corpus())
  accuracy = (scores.argmax(axis=1) == validation.labels).mean()
  assert accuracy == pytest.approx(run.history.eval_curves['accuracy'][4], abs=1e-6)
  np.testing.assert_allclose(
      scores[:9], predictor.log_probabilities(validation.texts[:9]), atol=1e-6
  )


def test_temperature_has_the_lowest_loss_on_the_validation_texts(encoder_run_dir):
  run = Run(encoder_run_dir)
  corpus = run.corpus()
  scores = SentimentPredictor.from_run(run).validation_log_probabilities(corpus)
  labels = corpus.validation.labels

  def loss(factor):
    scaled = scores * factor
    scaled -= np.logaddexp.reduce(scaled, axis=1, keepdims=True)
    return -scaled[np.arange(len(labels)), labels].mean()

  assert run.model_info.encoder.temperature != 1.0
  assert loss(1.0) < min(loss(0.9), loss(1.1))


def test_predictor_has_variants_but_no_explanations(encoder_run_dir):
  predictor = SentimentPredictor.load(encoder_run_dir)
  assert not predictor.explains
  with pytest.raises(UserError, match='Only the predictions of a TwitterClassifier'):
    predictor.explain('good')
  variants = predictor.emoticon_variants()
  assert [*variants] == ['as_is', 'without_emoticons']
  assert variants['without_emoticons'].predict(['bad :)'])[0].tokens == ('bad',)


def test_predict_imports_neither_jax_nor_trax(encoder_run_dir):
  code = (
      'import sys; from trax_twitter_sentiment import SentimentPredictor as P;'
      f'P.load({str(encoder_run_dir)!r}).predict(["good"]);'
      'print({"jax", "trax", "tensorflow"} & {*sys.modules})'
  )
  result = run_python('-c', code)
  assert (result.returncode, result.stdout) == (0, 'set()\n'), result.stderr


def test_damaged_files_are_refused(encoder_run_dir, tmp_path):
  folder = shutil.copytree(encoder_run_dir, tmp_path / 'run')
  for name, content, message in (
      ('encoder_config.json', '{}', 'encoder_config.json is not an encoder'),
      ('encoder_tokenizer.json', '{}', 'encoder_tokenizer.json is not the tokenizer'),
  ):
    original = (folder / name).read_text()
    (folder / name).write_text(content)
    with pytest.raises(UserError, match=message):
      SentimentPredictor.load(folder)
    (folder / name).unlink()
    with pytest.raises(UserError, match=f'has no {name}'):
      SentimentPredictor.load(folder)
    (folder / name).write_text(original)
  fields = json.loads((folder / MODEL_FILE).read_text())
  for change, message in (
      ({'n_layers': 1}, f'{WEIGHTS_FILE} does not contain the weights of the encoder'),
      ({'n_layers': 0}, 'a field of its encoder has no legal value'),
      ({'temperature': 0.0}, 'a field of its encoder has no legal value'),
      ({'more': 1}, 'the fields of its encoder are not'),
  ):
    changed = {**fields, 'encoder': {**fields['encoder'], **change}}
    (folder / MODEL_FILE).write_text(json.dumps(changed))
    with pytest.raises(UserError, match=message):
      SentimentPredictor.load(folder)
  names = {**fields, 'class_names': ['a', 'b', 'c']}
  (folder / MODEL_FILE).write_text(json.dumps(names))
  with pytest.raises(UserError, match='has 2 classes, but model.json names 3'):
    SentimentPredictor.load(folder)
