import itertools

import gin
import numpy as np
import pytest
from trax import layers as tl
from trax import shapes

from trax_twitter_sentiment.corpora.twitter import TwitterCorpus
from trax_twitter_sentiment.encoding.encoded_corpus import (
    encoded_corpus,
    vocabulary_size,
)
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.notebook.sentiment_network import SentimentNetwork
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.run.run import MODEL_FILE, TOKENIZER_FILE, Run
from trax_twitter_sentiment.training.batches import TwitterBatches
from trax_twitter_sentiment.training.metrics import compute_accuracy

pytestmark = pytest.mark.usefixtures('sample_corpus')


def network(output_path, **arguments):
  return SentimentNetwork(**{
      'vocabulary_size': vocabulary_size(),
      'training_generator': TwitterBatches('train')(),
      'validation_generator': TwitterBatches('validation', batch_size=200)(),
      'training_loops': 1,
      'output_path': output_path,
      **arguments,
  })


def own_batches(vocabulary_size=30):
  """Returns batches of another vocabulary: one token for each label."""
  inputs = np.array([[3, 4, 4], [4, 3, 3]], np.int32) % vocabulary_size
  batch = (inputs, np.array([1, 0], np.int32), np.ones(2, np.float32))
  return itertools.repeat(batch)


def evaluations(trained, metric):
  return dict(trained.training_loop.history.get('eval', f'metrics/{metric}'))


def texts_of(inputs):
  """Returns the tweets of the sample that `inputs` contains as ids, in this order."""
  rows = encoded_corpus().validation.padded(inputs.shape[1]).tolist()
  texts = TwitterCorpus().validation.texts
  return [texts[rows.index(row)] for row in inputs.tolist()]


def test_bindings_of_other_runs_have_no_effect(tmp_path):
  weights = []
  for name, bindings in (
      ('a', []),
      ('b', ['TwitterClassifier.embedding_stddev=0.001', 'Adam.eps=0.5',
             'Adam.clip_grad_norm=1e-9',
             'WeightedCategoryCrossEntropy.label_smoothing=0.5']),
  ):  # fmt: skip
    gin.parse_config(bindings)
    trained = network(tmp_path / name)
    trained.fit()
    weights.append(trained.training_loop.model.weights[0])
  np.testing.assert_array_equal(*weights)


def test_training_raises_the_accuracy(tmp_path):
  trained = network(tmp_path, training_loops=30)
  trained.fit()
  accuracy = evaluations(trained, 'accuracy')
  assert list(accuracy) == [1, 10, 20, 30]
  assert accuracy[1] < 0.9 < accuracy[30]
  loss = evaluations(trained, 'cross_entropy')
  assert loss[30] < loss[1]


def test_notebooks_cells_run(tmp_path):
  # The notebook's arguments by name, in its order, and its evaluation.
  trainer = SentimentNetwork(
      training_generator=TwitterBatches('train', pad_each_batch=True)(),
      validation_generator=TwitterBatches('validation', pad_each_batch=True)(),
      vocabulary_size=vocabulary_size(),
      training_loops=10,
      output_path=tmp_path / 'models',
  )
  trainer.fit()
  model = trainer.training_loop.eval_model
  ((inputs, targets, weights),) = itertools.islice(TwitterBatches()(), 1)
  assert compute_accuracy(model(inputs), targets, weights)[2] == 16


def test_positional_arguments_are_in_the_notebooks_order(tmp_path):
  batches = own_batches(), own_batches()
  built = SentimentNetwork(30, *batches, 7, tmp_path, 8, 3)
  assert (built.vocabulary_size, built.training_loops) == (30, 7)
  assert (built.training_generator, built.validation_generator) == batches
  assert (built.embedding_dimension, built.output_dimension) == (8, 3)
  assert built.output_path == tmp_path


def test_parts_are_made_on_first_use_and_kept(tmp_path):
  drawn = []
  counted = (drawn.append(1) or batch for batch in TwitterBatches()())
  built = network(tmp_path / 'run', training_generator=counted)
  assert not drawn
  assert not (tmp_path / 'run').exists()
  loop = built.training_loop
  assert drawn == [1]
  assert built.training_loop is loop
  assert built.model is loop.model
  assert loop.tasks == [built.training_task]
  assert loop.eval_tasks == [built.evaluation_task]
  assert built.training_task is built.training_task
  assert built.evaluation_task is built.evaluation_task


def test_gin_bindings_do_not_change_the_model(tmp_path):
  gin.bind_parameter('TwitterClassifier.pooling', 'masked_mean')
  gin.bind_parameter('TwitterClassifier.embedding_dropout', 0.5)
  built = network(tmp_path, embedding_dimension=8, output_dimension=3)
  layers = [type(layer).__name__ for layer in built.model.sublayers]
  notebook = tl.Serial(
      tl.Embedding(9, 8), tl.Mean(axis=1), tl.Dense(3), tl.LogSoftmax()
  )
  assert layers == [type(layer).__name__ for layer in notebook.sublayers]
  weights, _ = built.model.init(shapes.signature(np.zeros((2, 5), np.int32)))
  sizes = [w.shape for w in tl.flatten_weights_and_state(weights, ())[0]]
  assert sizes == [(vocabulary_size(), 8), (8, 3), (3,)]


def test_output_path_has_the_files_that_prediction_requires(tmp_path):
  # The checkpoint includes the steps after the last tenth step.
  trained = network(str(tmp_path), training_loops=13)
  trained.fit()
  assert Run(tmp_path).encoder == encoded_corpus().encoder
  ((inputs, _, _),) = itertools.islice(TwitterBatches('validation')(), 1)
  expected = trained.training_loop.eval_model(inputs)
  texts = texts_of(inputs)
  predictions = SentimentPredictor.load(tmp_path).predict(texts)
  scores = [prediction.log_probabilities for prediction in predictions]
  np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-6)


def test_validation_tweets_belong_to_the_corpus(tmp_path):
  network(tmp_path, training_generator=TwitterBatches('validation')()).fit()
  assert (tmp_path / TOKENIZER_FILE).exists()


def test_fit_continues_and_so_does_another_network_on_the_path(tmp_path):
  first = network(tmp_path, training_loops=3)
  first.fit()
  first.fit()
  assert first.training_loop.step == 6
  second = network(tmp_path, training_loops=4)
  assert second.training_loop.step == 6
  second.fit()
  assert list(evaluations(second, 'accuracy')) == [1, 10]
  assert network(tmp_path).training_loop.step == 10
  assert list(evaluations(network(tmp_path), 'accuracy')) == [1, 10]


def test_same_seed_gives_the_same_numbers(tmp_path):
  def loss(name, seed):
    trained = network(tmp_path / name, random_seed=seed)
    trained.fit()
    return evaluations(trained, 'cross_entropy')[1]

  assert loss('a', 0) == loss('b', 0) != loss('c', 1)


class TestOwnVocabulary:
  def own(self, output_path, **arguments):
    return network(
        output_path,
        vocabulary_size=30,
        training_generator=own_batches(),
        validation_generator=own_batches(),
        **arguments,
    )

  def test_trains_and_prints_that_no_tokenizer_is_saved(self, tmp_path, capsys):
    trained = self.own(tmp_path, training_loops=10)
    trained.fit()
    assert evaluations(trained, 'accuracy')[10] == 1
    assert (tmp_path / 'model.weights.npy.gz').exists()
    assert not (tmp_path / TOKENIZER_FILE).exists()
    assert f'{tmp_path} will contain no {MODEL_FILE}' in capsys.readouterr().err

  def test_of_the_same_size_as_the_corpus_is_distinguished(self, tmp_path):
    self.own(tmp_path).fit()
    trained = network(
        tmp_path / 'same size', training_generator=own_batches(vocabulary_size())
    )
    trained.fit()
    assert not (tmp_path / 'same size' / TOKENIZER_FILE).exists()

  def test_refuses_the_directory_of_a_run_on_the_corpus(self, tmp_path):
    network(tmp_path).fit()
    weights = (tmp_path / 'model.weights.npy.gz').read_bytes()
    with pytest.raises(UserError, match='training_generator yields other texts'):
      self.own(tmp_path).fit()
    assert (tmp_path / 'model.weights.npy.gz').read_bytes() == weights


def test_vocabulary_size_that_does_not_fit_is_refused(tmp_path):
  built = network(tmp_path, vocabulary_size=100)
  with pytest.raises(UserError, match=r'vocabulary_size=100 does not fit.*1634'):
    built.fit()
  assert not (tmp_path / 'model.weights.npy.gz').exists()


@pytest.mark.parametrize(
    ('argument', 'value'),
    [
        ('vocabulary_size', 0),
        ('training_loops', -1),
        ('training_loops', 2.5),
        ('embedding_dimension', '8'),
        ('output_dimension', True),
        ('output_dimension', 1),
        ('training_generator', TwitterBatches),
        ('validation_generator', None),
        ('output_path', None),
        ('output_path', __file__),
        ('random_seed', -1),
        ('random_seed', None),
    ],
)
def test_bad_argument_is_named(tmp_path, argument, value):
  with pytest.raises(UserError, match=rf'SentimentNetwork.{argument}='):
    network(**{'output_path': tmp_path, argument: value})
