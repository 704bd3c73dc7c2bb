"""A run of a pretrained encoder, from its training to its report."""

import json
import shutil

import forked
import gin
import numpy as np
import pytest
from conftest import LAUNCHER, run_python
from runs import ENCODER_FOLDERS, train, train_encoder
from trax import layers as tl
from trax import optimizers
from trax.supervised import training

from trax_twitter_sentiment import (
    EncoderBatches,
    PretrainedEncoder,
    SaveForPrediction,
    SentimentPredictor,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.run.run import MODEL_FILE, Run
from trax_twitter_sentiment.run.weights import load_arrays


def weights(folder):
  return Run(folder).weights


def test_run_in_two_parts_equals_one_run(tmp_path, encoder_run_dir):
  train_encoder(tmp_path, 'train.steps=2')
  halfway = json.loads((tmp_path / MODEL_FILE).read_text())
  train_encoder(tmp_path)
  for ours, theirs in zip(weights(tmp_path), weights(encoder_run_dir), strict=True):
    np.testing.assert_array_equal(ours, theirs)
  slots = 'model.opt_slots0.npy.gz'
  for ours, theirs in zip(
      load_arrays(str(tmp_path / slots)),
      load_arrays(str(encoder_run_dir / slots)),
      strict=True,
  ):
    np.testing.assert_array_equal(ours, theirs)
  model = (encoder_run_dir / MODEL_FILE).read_text()
  assert (tmp_path / MODEL_FILE).read_text() == model
  assert json.loads(model) != halfway  # The temperature is that of the last step.


def test_all_weights_are_trained(encoder_run_dir):
  from trax_twitter_sentiment.encoder.pretrained import PretrainedFolder

  folder = PretrainedFolder(str(ENCODER_FOLDERS / 'bert'))
  words = weights(encoder_run_dir)[0]
  pretrained = folder.tensor('words', 'weight')
  assert 0 < np.abs(words - pretrained).max() < 0.01


@pytest.mark.parametrize(
    ('bindings', 'message'),
    [
        (('PretrainedEncoder.output_dim=3',), 'output has 3 columns, but'),
        (
            (f"PretrainedEncoder.folder='{ENCODER_FOLDERS}/distilbert'",),
            'PretrainedEncoder.folder=.*distilbert.* differs from EncoderBatches',
        ),
        (
            (f"train/EncoderBatches.folder='{ENCODER_FOLDERS}/roberta'",),
            'train/EncoderBatches.folder=.*roberta.* differs from eval/EncoderB.*bert',
        ),
        (
            ('train/EncoderBatches.buckets=(24, 48)',),
            r'train/EncoderBatches.buckets=\(24, 48\) differs from .*=\(60,\)',
        ),
        (
            ('train.model=@TwitterClassifier', 'TwitterClassifier.vocab_size=300'),
            'requires that PretrainedEncoder and EncoderBatches are used together',
        ),
    ],
)
def test_model_that_does_not_fit_its_stream_is_refused(tmp_path, bindings, message):
  with pytest.raises(UserError, match=message):
    train_encoder(tmp_path, *bindings)


def test_run_of_another_kind_is_refused(tmp_path, run_dir, encoder_run_dir):
  additive = shutil.copytree(run_dir, tmp_path / 'additive')
  with pytest.raises(UserError, match='only one of the two has a pretrained encoder'):
    train_encoder(additive)
  encoder = shutil.copytree(encoder_run_dir, tmp_path / 'encoder')
  with pytest.raises(UserError, match='only one of the two has a pretrained encoder'):
    train(encoder)
  with pytest.raises(UserError, match='encoders have different tokenizers'):
    train_encoder(encoder, family='roberta')


def test_run_does_not_go_on_with_another_pooling(tmp_path, encoder_run_dir):
  folder = shutil.copytree(encoder_run_dir, tmp_path / 'run')
  before = (folder / MODEL_FILE).read_text()
  with pytest.raises(UserError, match=r"a run with pooling='mean' \(now 'first'\)"):
    train_encoder(folder, "PretrainedEncoder.pooling='first'", 'train.steps=6')
  assert (folder / MODEL_FILE).read_text() == before
  assert SentimentPredictor.load(folder).predict(['good'])


@pytest.mark.slow
def test_launcher_says_how_to_use_the_run(tmp_path):
  result = forked.run(
      *LAUNCHER,
      '--config_file=encoder.gin',
      "--config=TwitterCorpus.source='sample'",
      '--config=configured_corpus.corpus=@TwitterCorpus',
      f"--config=folder='{ENCODER_FOLDERS}/bert'",
      '--config=EncoderBatches.buckets=(60,)',
      '--config=train.steps=1',
      '--config=train.eval_steps=1',
      f'--output_dir={tmp_path}/run',
  )
  assert result.returncode == 0, result.stderr
  assert f'The run is in {tmp_path}/run. To use it:' in result.stderr


@pytest.mark.slow
def test_run_of_a_loop_of_ones_own_predicts(tmp_path):
  gin.parse_config([
      "TwitterCorpus.source='sample'",
      f"EncoderBatches.folder='{ENCODER_FOLDERS}/bert'",
      'EncoderBatches.buckets=(60,)',
  ])
  folder = str(ENCODER_FOLDERS / 'bert')
  task = training.TrainTask(
      EncoderBatches()(), tl.WeightedCategoryCrossEntropy(), optimizers.Adam(1e-3)
  )
  loop = training.Loop(
      PretrainedEncoder(folder), task, output_dir=str(tmp_path),
      callbacks=[SaveForPrediction],
  )  # fmt: skip
  loop.run(1)
  loop.save_checkpoint('model')
  assert Run(tmp_path).model_info.encoder.temperature == 1
  assert SentimentPredictor.load(tmp_path).predict(['good'])


def test_missing_folder_is_explained_in_one_line(tmp_path):
  result = forked.run(
      *LAUNCHER,
      '--config_file=encoder.gin',
      "--config=TwitterCorpus.source='sample'",
      '--config=configured_corpus.corpus=@TwitterCorpus',
      f'--output_dir={tmp_path / "run"}',
  )
  assert result.returncode == 1
  assert result.stderr.splitlines()[-1] == 'ERROR: No line defines the macro %folder.'


def test_report_and_comparison_of_an_encoder(tmp_path, run_dir, encoder_run_dir):
  folder = shutil.copytree(encoder_run_dir, tmp_path / 'run')
  result = run_python('-m', 'trax_twitter_sentiment.report', f'--model_dir={folder}')
  assert result.returncode == 0, result.stderr
  page = (folder / 'report.html').read_text()
  assert 'Only the predictions of a TwitterClassifier can be explained' in page
  assert 'By length' in page
  assert 'By share of unknown words' not in page
  result = run_python(
      '-m', 'trax_twitter_sentiment.report', '--compare', str(run_dir), str(folder),
      f'--output={tmp_path / "comparison.html"}',
  )  # fmt: skip
  assert result.returncode == 0, result.stderr
  page = (tmp_path / 'comparison.html').read_text()
  assert 'one has the tokens of a pretrained encoder' in page


def test_explain_is_refused_in_one_line(encoder_run_dir):
  result = run_python(
      '-m', 'trax_twitter_sentiment.predict', f'--model_dir={encoder_run_dir}',
      '--explain', 'good',
  )  # fmt: skip
  assert result.returncode == 1
  assert '--explain requires a TwitterClassifier' in result.stderr


def test_processes_predict_the_same(encoder_run_dir, tmp_path):
  path = tmp_path / 'texts.txt'
  path.write_text('\n'.join(f'good or bad {i % 7}' for i in range(1200)) + '\n')
  outputs = [
      run_python(
          '-m', 'trax_twitter_sentiment.predict', f'--model_dir={encoder_run_dir}',
          f'--input={path}', '--format=csv', f'--processes={n}',
      ).stdout
      for n in (1, 2)
  ]  # fmt: skip
  assert outputs[0] == outputs[1]
  assert outputs[0].count('\n') == 1201
