"""Batches for pretrained encoders."""

import itertools

import gin
import numpy as np
import pytest
from conftest import REPOSITORY

from trax_twitter_sentiment.corpora.configured_corpus import configured_corpus
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.training import streams
from trax_twitter_sentiment.training.encoder_batches import EncoderBatches

FOLDERS = REPOSITORY / 'tests' / 'encoder' / 'folders'
BERT = str(FOLDERS / 'bert')
BUCKETS = (40, 60)

pytestmark = pytest.mark.usefixtures('sample_corpus')


def epoch(n_texts, batch_size, source):
  return list(itertools.islice(source(), -(-n_texts // batch_size)))


def real_rows(batches):
  return [
      (*ids.tolist(), int(label))
      for inputs, labels, weights in batches
      for ids, label, weight in zip(inputs, labels, weights)
      if weight
  ]


def trimmed(rows):
  """Returns rows without padding, which differs with the length of a batch."""
  return sorted(tuple(i for i in row[:-1] if i) + row[-1:] for row in rows)


def test_batch_has_the_documented_shapes_and_dtypes():
  inputs, labels, weights = next(EncoderBatches(BERT, batch_size=6, buckets=BUCKETS)())
  assert inputs.shape[0] == 6
  assert inputs.shape[1] in BUCKETS
  assert (inputs.dtype, labels.dtype, weights.dtype) == (
      np.int32, np.int32, np.float32,
  )  # fmt: skip
  assert (inputs[:, 0] == 2).all()  # [CLS]
  assert weights.tolist() == [1.0] * 6


@pytest.mark.parametrize('split', ['train', 'validation'])
def test_each_epoch_has_every_text_once_and_a_last_batch_of_weight_zero(split):
  n_texts = len(getattr(configured_corpus(), split).texts)
  source = EncoderBatches(BERT, split, batch_size=48, buckets=BUCKETS)
  first = epoch(n_texts, 48, source)
  both = list(itertools.islice(source(), 2 * len(first)))
  weights = np.concatenate([weights for _, _, weights in first])
  assert (int(weights.sum()), len(weights)) == (n_texts, 48 * len(first))
  assert trimmed(real_rows(first)) == trimmed(real_rows(both[len(first) :]))
  is_same = all(np.array_equal(a[0], b[0]) for a, b in zip(first, both[len(first) :]))
  assert is_same == (split == 'validation')


def test_batches_have_the_shortest_length_that_fits():
  source = EncoderBatches(BERT, 'validation', batch_size=10, buckets=(24, 40, 60))
  lengths = [inputs.shape[1] for inputs, _, _ in epoch(200, 10, source)]
  assert lengths == sorted(lengths)
  assert len({*lengths}) > 1
  for inputs, _, _ in epoch(200, 10, source):
    longest = int((inputs != 0).sum(axis=1).max())
    assert inputs.shape[1] == min(n for n in (24, 40, 60) if n >= longest)


def test_padding_is_that_of_the_encoder():
  folder = str(FOLDERS / 'roberta')
  inputs, _, _ = next(EncoderBatches(folder, 'validation', buckets=(60,))())
  assert inputs.shape == (32, 60)
  assert 1 in inputs[:, -1]  # RoBERTa's padding id


def test_long_texts_are_cut_off_and_counted(capsys):
  inputs, _, _ = next(EncoderBatches(BERT, 'validation', buckets=(5,))())
  assert inputs.shape[1] == 5
  assert {*inputs[:, -1].tolist()} <= {0, 3}  # [PAD] or [SEP]
  assert 'tokens, the largest of EncoderBatches.buckets' in capsys.readouterr().err


def test_other_corpus_has_other_batches(tmp_path):
  first = EncoderBatches(BERT, batch_size=8, buckets=BUCKETS)
  (tmp_path / 'a.csv').write_text('text,label\n' + 'so good,1\nso bad,0\n' * 9)
  gin.parse_config([
      'configured_corpus.corpus=@TextFileCorpus',
      f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
  ])
  second = EncoderBatches(BERT, batch_size=8, buckets=BUCKETS)
  n_ids = [int((next(source())[0] > 0).sum(axis=1).max()) for source in (first, second)]
  assert n_ids[1] == len(configured_corpus().train.texts[0].split()) + 2 < n_ids[0]


def test_class_weights_scale_the_weights():
  weights = {'negative': 2.0, 'positive': 0.5}
  source = EncoderBatches(BERT, batch_size=20, buckets=BUCKETS, class_weights=weights)
  for _, labels, batch_weights in itertools.islice(source(), 5):
    expected = np.where(labels == 1, 0.5, 2.0)
    assert (batch_weights == expected).all()


def test_hosts_together_read_each_text_once_in_batches_of_one_length():
  rows = []
  for host_id in range(2):
    source = EncoderBatches(
        BERT, 'validation', 20, BUCKETS, host_id=host_id, n_hosts=2
    )
    batches = epoch(100, 20, source)
    assert {inputs.shape for inputs, _, _ in batches} == {(20, 60)}
    rows += real_rows(batches)
  everything = epoch(200, 20, EncoderBatches(BERT, 'validation', 20, BUCKETS))
  assert trimmed(rows) == trimmed(real_rows(everything))


def test_batch_size_must_be_a_multiple_of_the_number_of_devices(monkeypatch):
  from trax import fastmath

  monkeypatch.setattr(fastmath, 'local_device_count', lambda: 4)
  with pytest.raises(UserError, match='batch_size=30 is not a multiple of 4'):
    EncoderBatches(BERT, batch_size=30, buckets=BUCKETS)


def test_steps_are_derived_from_epochs_and_texts():
  n_texts = len(configured_corpus().train.texts)
  assert streams.training_steps(n_texts // 2 - 1, 3) == 9
  with pytest.raises(UserError, match=r'training_steps.n_epochs=0 is not a positive'):
    streams.training_steps(10, 0)
  gin.bind_parameter('training_steps.batch_size', n_texts)
  gin.bind_parameter('training_steps.n_epochs', 2)
  assert streams.training_steps() == 2


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'buckets': (24, 64)}, r'buckets=\(24, 64\): .* from 3 to 60, the number'),
        ({'buckets': (1, 2)}, r'buckets=\(1, 2\): the largest length has to be from 3'),
        ({'buckets': ()}, r'buckets=\(\) is not a list of lengths'),
        ({'buckets': 16}, 'buckets=16 is not a list of lengths'),
        ({'buckets': (0,)}, 'buckets=0 is not a positive integer'),
        ({'split': 'test'}, "split='test' is not one of"),
        ({'batch_size': 0}, 'batch_size=0 is not a positive'),
        ({'class_weights': {'x': 1}}, 'EncoderBatches.class_weights=.* is neither'),
    ],
)
def test_bad_settings_are_refused(settings, message):
  with pytest.raises(UserError, match=message):
    EncoderBatches(BERT, **{'buckets': BUCKETS, **settings})
