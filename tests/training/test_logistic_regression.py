"""Runs that fit a logistic regression before their first step."""

import io
import json
import re
import shutil
import sys
import time

import gin
import numpy as np
import pytest
from runs import FITTED, train
from sklearn import feature_extraction, linear_model

from trax_twitter_sentiment import memory
from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run import settings
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.run.weights import load_arrays
from trax_twitter_sentiment.training import solver
from trax_twitter_sentiment.training.solver import temperature_of

UNCALIBRATED = 'LogisticRegression.calibrated=False'


@pytest.mark.parametrize('pooling', ['masked_mean', 'masked_sqrtn'])
def test_probabilities_equal_those_of_scikit_learn(tmp_path, pooling):
  loop = train(
      tmp_path,
      f"TwitterClassifier.pooling='{pooling}'",
      'encoded_corpus.lexicon=None',
      'LogisticRegression.inverse_l2=0.5',
      UNCALIBRATED,
      config='twitter_hard.gin',
  )
  corpus, tokenizer = configured_corpus(), encoded_corpus().tokenizer
  vectorizer = feature_extraction.text.CountVectorizer(
      analyzer=tokenizer.tokenize, vocabulary=encoded_corpus().vocabulary.tokens
  )
  counts = vectorizer.transform(corpus.train.texts)
  present = counts.toarray() > 0
  scale = 1 + np.log((1 + len(present)) / (1 + present.sum(axis=0)))
  positive, negative = (1 + present[corpus.train.labels == i].sum(0) for i in (1, 0))
  ratio = np.log((positive / positive.sum()) / (negative / negative.sum()))
  scale *= np.sqrt(np.abs(ratio))
  scale /= scale[present.any(axis=0)].mean()

  def inputs(texts):
    rows = vectorizer.transform(texts).toarray()
    n_tokens = np.maximum(rows.sum(axis=1, keepdims=True), 1)
    if pooling == 'masked_mean':
      return 20 * rows * scale / n_tokens
    return 1.4 * rows * scale / np.sqrt(n_tokens)

  model = linear_model.LogisticRegression(C=0.5, max_iter=2000, tol=1e-6)
  model.fit(inputs(corpus.train.texts), corpus.train.labels)
  texts = corpus.validation.texts
  expected = model.predict_proba(inputs(texts))
  actual = SentimentPredictor.load(tmp_path).log_probabilities(texts)
  np.testing.assert_allclose(np.exp(actual), expected, atol=0.01)
  # The trainer evaluates the solution and saves it.
  ((_, accuracy),) = loop.history.get('eval', 'metrics/accuracy')[-1:]
  right = actual.argmax(axis=1) == corpus.validation.labels
  assert accuracy == pytest.approx(right.mean())


def test_lexicon_word_outside_the_training_texts_has_a_share(tmp_path):
  lexicon = tmp_path / 'lexicon.txt'
  lexicon.write_text('yay\t2\nboo\t-2\nunheardof\t3\nunthinkable\t-3\n')
  rows = [
      json.dumps({'text': f'{word} it is no. {i}', 'label': label})
      for i in range(30)
      for word, label in (('yay', 'good'), ('boo', 'bad'))
  ]
  (tmp_path / 'a.jsonl').write_text('\n'.join(rows))
  train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{tmp_path}/a.jsonl'",
      f"encoded_corpus.lexicon='{lexicon}'",
      config='text_file.gin',
  )
  predictor = SentimentPredictor.load(tmp_path / 'run')
  good, bad = predictor.predict(['unheardof', 'unthinkable'])
  assert (good.name, bad.name) == ('good', 'bad')
  explanation = predictor.explain('unheardof')
  assert explanation.tokens == ('unheardof',)
  assert explanation.shares[0] > 0.1


def test_tokens_of_another_run_are_features_of_a_small_corpus(tmp_path):
  def write(name, words, n_rows):
    rows = [
        json.dumps({'text': f'{word} no. {i}', 'label': label})
        for label in words
        for i in range(n_rows)
        for word in words[label]
    ]
    (tmp_path / name).write_text('\n'.join(rows))
    return f"TextFileCorpus.train_path='{tmp_path / name}'"

  many = write('many', {'1': ['yay', 'yahoo'], '2': ['boo', 'bah'], '3': ['hm']}, 20)
  few = write('few', {'good': ['yay'], 'bad': ['boo']}, 6)
  train(tmp_path / 'other', many, config='text_file.gin')
  train(
      tmp_path / 'run',
      few,
      f"encoded_corpus.further_tokens_from='{tmp_path}/other'",
      config='text_file.gin',
  )
  train(tmp_path / 'alone', few, config='text_file.gin')
  # Only the texts of the other run contain these words.
  words = ('yahoo', 'bah')
  predictor = SentimentPredictor.load(tmp_path / 'run')
  assert [p.name for p in predictor.predict(words)] == ['good', 'bad']
  alone = Run(tmp_path / 'alone').vocabulary.tokens
  assert not set(words) & set(alone)


def test_other_run_requires_the_same_tokenizer_steps(hard_run, tmp_path):
  with pytest.raises(UserError, match='further_tokens_from=.* another tokenizer'):
    train(
        tmp_path,
        f"encoded_corpus.further_tokens_from='{hard_run}/plain'",
        'TweetTokenizer.add_pairs=False',
        config='twitter_hard.gin',
    )


@pytest.fixture(scope='module')
def hard_run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('hard')
  train(folder / 'plain', UNCALIBRATED, config='twitter_hard.gin')
  train(folder / 'calibrated', config='twitter_hard.gin')
  gin.clear_config()
  return folder


def test_calibration_lowers_the_log_loss_and_changes_no_label(hard_run, sample_corpus):
  examples = configured_corpus().validation
  plain, calibrated = (
      SentimentPredictor.load(hard_run / name).log_probabilities(examples.texts)
      for name in ('plain', 'calibrated')
  )
  assert (plain.argmax(1) == calibrated.argmax(1)).all()
  evaluations = [scores.evaluate(p, examples.labels) for p in (plain, calibrated)]
  losses = [evaluation.log_loss.value for evaluation in evaluations]
  assert losses[1] < losses[0] - 1e-4
  for factor in (0.8, 1.25):  # Other temperatures have a higher loss.
    odds = factor * scores.log_odds(calibrated)
    other = -np.logaddexp(0, np.stack([odds, -odds], axis=1))
    assert scores.evaluate(other, examples.labels).log_loss.value >= losses[1]


def test_temperature_of_perfect_predictions_is_close_to_1():
  scores_ = np.array([[2.0, -2.0], [-3.0, 3.0]] * 20)
  temperature = temperature_of(scores_, np.array([0, 1] * 20))
  assert 0.5 < temperature < 2


def test_share_of_a_word_includes_its_character_n_grams(tmp_path):
  train(
      tmp_path,
      'TweetTokenizer.add_characters=True',
      'encoded_corpus.min_token_count=2',
      config='twitter_hard.gin',
  )
  predictor = SentimentPredictor.load(tmp_path)
  explanation = predictor.explain('so unhappyy with it')
  # A word without an id has a share, because its character n-grams have ids.
  assert explanation.tokens[:4] == ('so', 'unhappyy', 'with', 'it')
  assert not any(token.startswith('<chars') for token in explanation.tokens)
  assert any(t.startswith('<chars') for t in explanation.prediction.tokens)
  total = sum(explanation.shares) + explanation.bias
  assert total == pytest.approx(explanation.prediction.log_odds)


@pytest.mark.parametrize(
    ('bindings', 'message'),
    [
        (['LogisticRegression.inverse_l2=0'], 'inverse_l2=0 is not a positive'),
        (["LogisticRegression.balanced='no'"], "balanced='no' is neither True nor"),
        (["LogisticRegression.calibrated='False'"], "calibrated='False' is neither"),
        (["TwitterClassifier.pooling='mean'"], "one of 'masked_mean', 'masked_sqrtn'"),
        (['TwitterClassifier.embedding_dim=1'], 'requires at least 2, the number'),
        (['TwitterClassifier.output_dim=3'], 'output_dim=3 does not fit the labels'),
        (['TwitterClassifier.vocab_size=99'], 'vocab_size=99 does not fit the voc'),
        (['TwitterClassifier.embedding_stddev=0.1'], 'stddev=0.1 has no effect'),
        (
            [f"train.init_checkpoint='{__file__}'"],  # Any file that exists.
            'effect beside train.init_checkpoint',
        ),
        (
            ['train.steps=3', 'train.optimizer=@L2Descent'],
            'L2Descent requires LogisticRegression.calibrated=False',
        ),
        (['train.steps=3'], 'train.steps=3 would change .* bind train.optimizer'),
        (["encoded_corpus.lexicon='/nowhere'"], "'/nowhere': No such file"),
        (["encoded_corpus.further_tokens_from='/nowhere'"], "'/nowhere': model_dir"),
        (
            [
                "encoded_corpus.further_tokens_from='/nowhere'",
                "encoded_corpus.tokenizer_from='/nowhere'",
            ],
            'has no effect with',
        ),
    ],
)
def test_bad_setting_is_named_before_training(tmp_path, bindings, message):
  with pytest.raises(UserError, match=message):
    train(tmp_path, *bindings, config='twitter_hard.gin')
  assert not (tmp_path / 'model.pkl.gz').exists()


def test_finished_fit_is_not_repeated(hard_run, tmp_path, monkeypatch, capsys):
  folder = shutil.copytree(hard_run / 'calibrated', tmp_path / 'run')
  before = (folder / 'model.weights.npy.gz').read_bytes()
  monkeypatch.setattr(solver, 'solve', None)
  loop = train(folder, config='twitter_hard.gin')
  assert loop.step == 0
  assert (folder / 'model.weights.npy.gz').read_bytes() == before
  with pytest.raises(UserError, match=r'finished at step 0; .*inverse_l2 3.0 → 1.0'):
    train(folder, 'LogisticRegression.inverse_l2=1.0', config='twitter_hard.gin')


def test_l2_descent_stays_at_the_solution(hard_run, tmp_path):
  fitted = load_arrays(str(hard_run / 'plain' / 'model.weights.npy.gz'))
  distances = {}
  for optimizer in ('L2Descent', 'trax.optimizers.SGD'):
    folder = tmp_path / optimizer
    loop = train(
        folder,
        UNCALIBRATED,
        'train.steps=20',
        f'train.optimizer=@{optimizer}',
        'train.lr_schedule_fn=@lr_schedules.constant',
        'lr_schedules.constant.value=0.1',
        'train/TwitterBatches.batch_size=800',  # A batch of all texts has no noise.
        config='twitter_hard.gin',
    )
    assert loop.step == 20
    trained = load_arrays(str(folder / 'model.weights.npy.gz'))
    assert any((a != b).any() for a, b in zip(trained, fitted, strict=True))
    distances[optimizer] = max(
        float(np.abs(a - b).max()) for a, b in zip(trained, fitted, strict=True)
    )
  assert distances['L2Descent'] < 1e-3
  assert distances['trax.optimizers.SGD'] > 1e-2


def test_run_without_steps_is_evaluated_and_saved(tmp_path):
  loop = train(tmp_path, 'train.steps=0')
  ((step, accuracy),) = loop.history.get('eval', 'metrics/accuracy')
  assert step == 0
  examples = TwitterCorpus('sample').validation
  predictions = SentimentPredictor.load(tmp_path).log_probabilities(examples.texts)
  is_right = predictions.argmax(axis=1) == examples.labels
  assert float(accuracy) == pytest.approx(is_right.mean())
  # A second start trains from these weights.
  assert train(tmp_path, 'train.steps=2').step == 2


def test_history_adds_the_seconds_of_all_starts(tmp_path):
  start = time.monotonic()
  train(tmp_path, 'train.steps=0')
  first = Run(tmp_path).history.seconds
  assert 0 < first <= time.monotonic() - start
  start = time.monotonic()
  train(tmp_path, 'train.steps=2')
  assert 0 < Run(tmp_path).history.seconds - first <= time.monotonic() - start


@pytest.mark.parametrize('config', FITTED)
def test_training_uses_each_setting_of_a_gin_file(tmp_path, config):
  rows = ''.join(f'great {i},good\nawful {i},bad\n' for i in range(20))
  (tmp_path / 'a.csv').write_text(f'text,label\n{rows}')
  (tmp_path / 'own').mkdir()
  for split in ('train', 'val'):
    lines = [json.dumps({'text': f'{word} {i}', 'label': word})
             for i in range(9) for word in ('great', 'awful')]  # fmt: skip
    (tmp_path / 'own' / f'{split}.jsonl').write_text('\n'.join(lines))
  extra = {
      'sentiment140.gin': [
          f"TextFileCorpus.train_path='{tmp_path}/a.csv'", 'TextFileCorpus.header=True',
          'TextFileCorpus.text_column=1', 'TextFileCorpus.label_column=2',
          'TextFileCorpus.labels=None', 'TextFileCorpus.validation_fraction=0.1',
      ],
      'text_file.gin': [f"TextFileCorpus.train_path='{tmp_path}/a.csv'"],
      'tweeteval.gin': [
          f"TweetEvalCorpus.data_dir='{tmp_path}'", "TweetEvalCorpus.task='own'",
      ],
  }  # fmt: skip
  train(tmp_path / 'run', *extra.get(config, []), config=config)
  bound = set(settings.parse(gin.config_str()))
  used = set(settings.recorded(str(tmp_path / 'run')))
  assert bound - used == {'TwitterCorpus.source'} - used


def test_fit_that_requires_much_memory_is_announced(capsys, monkeypatch):
  monkeypatch.setattr(memory, 'limit', lambda: 10**11)
  solver._check_memory(30_000, 20)
  assert capsys.readouterr().err == ''
  solver._check_memory(30_000, 1000)
  (line,) = capsys.readouterr().err.splitlines()
  assert 'Fitting 1,000 classes to 30,000 tokens requires about 7.2 GB' in line


def test_fit_that_exceeds_the_memory_is_refused(monkeypatch):
  monkeypatch.setattr(memory, 'limit', lambda: memory.used() + 36 * 10**8)
  message = '3.6 GB are available. Bind encoded_corpus.max_vocabulary_size=149'
  with pytest.raises(UserError, match=message):
    solver._check_memory(30_000, 1000)


def test_terminal_shows_the_iterations_of_the_fit(sample_corpus, monkeypatch):
  terminal = io.StringIO()
  terminal.isatty = lambda: True
  monkeypatch.setattr(sys, 'stderr', terminal)
  corpus = encoded_corpus()
  features = np.zeros((len(corpus.vocabulary.tokens), 0))
  solver.solve(corpus, features, 'masked_mean', 3.0, True, True)
  assert 'Fitting 2 classes: iteration 0' in terminal.getvalue()
  assert re.search(r'iteration [1-9]', terminal.getvalue())
