"""Runs side by side."""

import json
import shutil

import numpy as np
import pytest
from pages import Page
from runs import train
from scipy.stats import binomtest

from trax_twitter_sentiment.corpora.corpus import Examples
from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.reporting import comparison
from trax_twitter_sentiment.reporting.page import render_comparison
from trax_twitter_sentiment.run.run import Run


def test_runs_are_compared_on_the_same_texts(run_dir, tmp_path):
  train(tmp_path, 'train.steps=2', 'TweetTokenizer.keep_emoticons=False')
  compared = comparison.gather([Run(run_dir), Run(tmp_path)])
  assert compared.differing['train.steps'] == ['20', '2']
  assert compared.differing['TweetTokenizer.keep_emoticons'] == ['True', 'False']
  assert 'Run 1 reads emoticons, run 2 does not.' in compared.warnings
  assert [reading.title for reading in compared.readings] == [
      'With emoticons', 'Without emoticons'
  ]  # fmt: skip
  for reading in compared.readings:
    (pair,) = reading.pairs
    first, second = (e.accuracy.value for e in reading.evaluations)
    test = pair.test
    assert test.only_first - test.only_second == round(200 * (first - second))
    expected = binomtest(test.only_first, test.only_first + test.only_second).pvalue
    assert test.p_value == pytest.approx(expected)
  last = compared.readings[-1]
  (different,) = np.nonzero(last.predicted[0] != last.predicted[1])
  assert compared.n_disagreements == len(different)
  assert compared.disagreements[0].text == compared.validation.texts[different[0]]


def test_page_of_a_comparison(run_dir, tmp_path):
  train(tmp_path, 'train.steps=4', 'train.eval_frequency=2')
  compared = comparison.gather([Run(run_dir), Run(tmp_path)])
  assert not compared.warnings
  page = Page(render_comparison(compared))
  assert page.texts['h2'] == [
      'Scores', 'Tests', 'Classes', 'Training curves', 'Settings', 'Disagreements',
  ]  # fmt: skip
  assert str(run_dir) in page.texts['bdi']
  assert {'negative', 'positive'} <= {*page.texts['h3']}
  (pair,) = compared.readings[0].pairs
  assert f'p = {pair.test.p_value:.3g}' in page.texts['td']
  if compared.disagreements:
    assert compared.disagreements[0].text in page.texts['bdi']


def test_runs_with_other_validation_texts_are_not_compared(run_dir, tmp_path):
  (tmp_path / 'a.csv').write_text('text,label\n' + 'good,1\nbad,0\n' * 20)
  train(
      tmp_path / 'other',
      'configured_corpus.corpus=@TextFileCorpus',
      f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
      'TwitterBatches.batch_size=4',
      'eval/TwitterBatches.batch_size=4',
  )
  with pytest.raises(UserError, match='different validation texts'):
    comparison.gather([Run(run_dir), Run(tmp_path / 'other')])


def test_runs_without_their_own_texts_are_compared_by_checksum(run_dir, tmp_path):
  same, other = shutil.copytree(run_dir, tmp_path / 'a'), tmp_path / 'b'
  shutil.copytree(run_dir, other)
  for folder, changes in ((same, {}), (other, {'digest': '0'})):
    path = folder / 'corpus.json'
    fields = json.loads(path.read_text()) | changes
    fields['recipe']['arguments']['source'] = 'gone'  # The corpus cannot be made.
    path.write_text(json.dumps(fields))
  examples = Examples(('so good', 'so bad'), np.array([1, 0]))
  runs = [Run(run_dir), Run(same), Run(other)]
  assert comparison.gather(runs, examples, 'own').warnings == [
      'Runs 1 and 3 were trained on different corpora.'
  ]
