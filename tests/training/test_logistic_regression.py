"""Runs that begin at the solution of a logistic regression."""

import json

import gin
import numpy as np
import pytest
from runs import train
from sklearn import feature_extraction, linear_model

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.training.logistic_regression import _temperature

UNCALIBRATED = 'LogisticRegressionStart.calibrated=False'


@pytest.mark.parametrize('pooling', ['masked_mean', 'masked_sqrtn'])
def test_predictions_are_scikit_learns(tmp_path, pooling):
  loop = train(
      tmp_path,
      f"TwitterClassifier.pooling='{pooling}'",
      'LogisticRegressionStart.lexicon=None',
      'encoded_corpus.lexicon=None',
      'LogisticRegressionStart.inverse_l2=0.5',
      UNCALIBRATED,
      'train.steps=1',
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
  # The trainer evaluates, and saves, what was solved.
  ((_, accuracy),) = loop.history.get('eval', 'metrics/accuracy')[-1:]
  right = actual.argmax(axis=1) == corpus.validation.labels
  assert accuracy == pytest.approx(right.mean())


def test_word_of_the_lexicon_that_no_text_has_gets_a_share(tmp_path):
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
      f"LogisticRegressionStart.lexicon='{lexicon}'",
      config='text_file.gin',
  )
  predictor = SentimentPredictor.load(tmp_path / 'run')
  good, bad = predictor.predict(['unheardof', 'unthinkable'])
  assert (good.name, bad.name) == ('good', 'bad')
  explanation = predictor.explain('unheardof')
  assert explanation.tokens == ('unheardof',)
  assert explanation.shares[0] > 0.1


def test_tokens_of_another_run_help_where_texts_are_few(tmp_path):
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
      f"LogisticRegressionStart.token_weights_from='{tmp_path}/other'",
      config='text_file.gin',
  )
  train(tmp_path / 'alone', few, config='text_file.gin')
  # Words that are in the other run's texts alone.
  words = ('yahoo', 'bah')
  predictor = SentimentPredictor.load(tmp_path / 'run')
  assert [p.name for p in predictor.predict(words)] == ['good', 'bad']
  alone = Run(tmp_path / 'alone').vocabulary.tokens
  assert not set(words) & set(alone)


def test_other_run_has_to_have_the_same_steps(hard_run, tmp_path):
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


def test_temperature_lowers_the_log_loss_and_changes_no_label(hard_run, sample_corpus):
  examples = configured_corpus().validation
  plain, calibrated = (
      SentimentPredictor.load(hard_run / name).log_probabilities(examples.texts)
      for name in ('plain', 'calibrated')
  )
  assert (plain.argmax(1) == calibrated.argmax(1)).all()
  evaluations = [scores.evaluate(p, examples.labels) for p in (plain, calibrated)]
  losses = [evaluation.log_loss.value for evaluation in evaluations]
  assert losses[1] < losses[0] - 1e-4
  for factor in (0.8, 1.25):  # No other temperature is better.
    odds = factor * scores.log_odds(calibrated)
    other = -np.logaddexp(0, np.stack([odds, -odds], axis=1))
    assert scores.evaluate(other, examples.labels).log_loss.value >= losses[1]


def test_texts_that_are_all_called_rightly_make_nothing_certain():
  logits = np.array([[2.0, -2.0], [-3.0, 3.0]] * 20)
  temperature = _temperature(logits, np.array([0, 1] * 20))
  assert 0.5 < temperature < 2


def test_shares_of_characters_count_towards_their_word(tmp_path):
  train(
      tmp_path,
      'TweetTokenizer.add_characters=True',
      'encoded_corpus.min_token_count=2',
      config='twitter_hard.gin',
  )
  predictor = SentimentPredictor.load(tmp_path)
  explanation = predictor.explain('so unhappyy with it')
  # A word that has no id has a share by its characters.
  assert explanation.tokens[:4] == ('so', 'unhappyy', 'with', 'it')
  assert not any(token.startswith('<chars') for token in explanation.tokens)
  assert any(t.startswith('<chars') for t in explanation.prediction.tokens)
  total = sum(explanation.shares) + explanation.bias
  assert total == pytest.approx(explanation.prediction.log_odds)


@pytest.mark.parametrize(
    ('bindings', 'message'),
    [
        (['LogisticRegressionStart.inverse_l2=0'], 'inverse_l2=0 is not a positive'),
        (["TwitterClassifier.pooling='mean'"], "one of 'masked_mean', 'masked_sqrtn'"),
        (['TwitterClassifier.embedding_dim=1'], 'embedding_dim of 2 or more'),
        (["LogisticRegressionStart.lexicon='/nowhere'"], "'/nowhere': No such file"),
        (["LogisticRegressionStart.token_weights_from='/nowhere'"], '/nowhere'),
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
def test_mistake_is_named_before_training(tmp_path, bindings, message):
  with pytest.raises(UserError, match=message):
    train(tmp_path, *bindings, config='twitter_hard.gin')
  assert not (tmp_path / 'model.pkl.gz').exists()


def test_checkpoint_to_begin_with_is_not_overwritten(hard_run, tmp_path):
  checkpoint = f"train.init_checkpoint='{hard_run}/plain/model.pkl.gz'"
  with pytest.raises(UserError, match='take the place of train.init_checkpoint'):
    train(tmp_path, checkpoint, config='twitter_hard.gin')
