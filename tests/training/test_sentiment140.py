"""Sentiment140: its file through the stock trainer, and fits to many texts."""

import gin
import numpy as np
import pytest
from runs import train
from scipy import sparse
from sklearn import feature_extraction, linear_model

from benchmarks import made_up_tweets
from trax_twitter_sentiment import memory
from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.encoding import forecast
from trax_twitter_sentiment.encoding.encoded_corpus import encoded_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.model_info import ModelInfo
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.training import solver
from trax_twitter_sentiment.training.logistic_regression import token_features

N_ROWS = 200


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  rows = ''.join(
      f'"{label}","{i}","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","amy",'
      f'"@bob, my ""café"" is {word} no. {i} http://x.org"\r\n'
      for i in range(N_ROWS // 2)
      for label, word in ((4, 'lovely'), (0, 'awful'))
  )
  file = tmp_path_factory.mktemp('sentiment140') / 'training.csv'
  file.write_bytes(rows.encode('latin-1'))
  return file


def _train(folder, path, *bindings):
  train_path = f"TextFileCorpus.train_path='{path}'"
  return train(folder, train_path, *bindings, config='sentiment140.gin')


def test_file_needs_no_setting_but_its_name(tmp_path, path, monkeypatch, capsys):
  monkeypatch.setattr(forecast, '_MANY_TEXTS', N_ROWS // 2)
  monkeypatch.setattr(forecast, '_SAMPLE_SIZE', 20)
  _train(tmp_path, path)
  corpus = configured_corpus()
  assert len(corpus.validation.texts) == 2
  assert sorted(corpus.validation.labels) == [0, 1]
  assert all('my "café" is ' in text for text in corpus.train.texts)
  run = Run(tmp_path)
  assert run.model_info.class_names == ('negative', 'positive')
  assert {'café', '<handle>', '<link>', '<chars _caf>'} <= {*run.vocabulary.tokens}
  predictions = SentimentPredictor.from_run(run).predict(['lovely', 'awful'])
  assert [p.name for p in predictions] == ['positive', 'negative']
  expected = 'file training.csv: 198 training texts have about 2,376 words and '
  (line,) = (x for x in capsys.readouterr().err.splitlines() if expected in x)
  assert 'GB of memory; ' in line
  assert line.endswith('GB are available.')


def test_texts_that_exceed_the_memory_are_refused(tmp_path, path, monkeypatch):
  monkeypatch.setattr(forecast, '_MANY_TEXTS', N_ROWS // 2)
  monkeypatch.setattr(forecast, '_SAMPLE_SIZE', 20)
  monkeypatch.setattr(memory, 'limit', lambda: 10**6)
  message = r'the words of 198 texts require about .* GB .* About \d texts fit'
  with pytest.raises(UserError, match=message):
    _train(tmp_path, path, 'TextFileCorpus.seed=1')


def test_other_label_is_named_with_its_line(tmp_path, path):
  file = tmp_path / 'test.csv'
  file.write_bytes(path.read_bytes() + b'"2","0","now","NO_QUERY","amy","so so"\r\n')
  message = "test.csv, line 201: label '2' is not one of 0, 4"
  with pytest.raises(UserError, match=message):
    _train(tmp_path / 'run', file)


@pytest.mark.slow
def test_fit_to_20_000_texts_is_the_exact_solution(tmp_path):
  made_up_tweets.write_csv(f'{tmp_path}/a.csv', 22_000)
  gin.parse_config(f"""
      include 'gin_configs/text_file.gin'
      TextFileCorpus.train_path = '{tmp_path}/a.csv'
      TextFileCorpus.validation_fraction = {1 / 11}
  """)
  corpus, encoded = configured_corpus(), encoded_corpus()
  assert len(corpus.train.texts) == 20_000
  features = token_features(encoded)
  solution = solver.solve(encoded, features, 'masked_sqrtn', 3.0, True, False)
  scales, features = solver.coordinates(encoded, features, 'masked_sqrtn')
  vectorizer = feature_extraction.text.CountVectorizer(
      analyzer=encoded.encoder.tokens, vocabulary=encoded.vocabulary.tokens
  )

  def inputs(texts):
    # Each text as a row of the counts of all its tokens.
    counts = vectorizer.transform(texts).astype(float)
    n_tokens = np.maximum(counts.sum(axis=1), 1)
    counts = sparse.csr_matrix(counts.multiply(1 / np.sqrt(n_tokens)))
    return sparse.hstack([counts @ sparse.diags(scales), counts @ features])

  model = linear_model.LogisticRegression(C=3.0, class_weight='balanced', max_iter=300)
  model.fit(inputs(corpus.train.texts), corpus.train.labels)
  expected = model.predict_proba(inputs(corpus.validation.texts))
  info = ModelInfo('masked_sqrtn', 1, corpus.class_names)
  bag = BagOfTokens(solution.token_scores, solution.bias, info)
  scores = SentimentPredictor(encoded.encoder, bag).score(corpus.validation.texts)
  np.testing.assert_allclose(np.exp(scores.log_probabilities), expected, atol=0.02)
  labels = corpus.validation.labels
  accuracies = [(p.argmax(1) == labels).mean() for p in (scores[0], expected)]
  assert abs(accuracies[0] - accuracies[1]) <= 0.003
  assert accuracies[0] > 0.7
