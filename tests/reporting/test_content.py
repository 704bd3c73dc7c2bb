"""The content of a report: figures that other code computes, too."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from conftest import run_python
from runs import train

from trax_twitter_sentiment.corpora.corpus import Corpus, Examples
from trax_twitter_sentiment.prediction import scores
from trax_twitter_sentiment.prediction.predictor import SentimentPredictor
from trax_twitter_sentiment.reporting import (
    baselines,
    figures,
    mistakes,
    run_facts,
    slices,
    tables,
    variants,
    words,
)
from trax_twitter_sentiment.reporting.content import gather
from trax_twitter_sentiment.run.run import Run
from trax_twitter_sentiment.run.weights import load_arrays
from trax_twitter_sentiment.text.emoticons import remove_emoticons


@pytest.fixture(scope='module')
def content(run_dir):
  return gather(Run(run_dir))


def variant_of(log_probabilities, labels, names, title=''):
  labels = np.array(labels)
  evaluation = scores.evaluate(log_probabilities, labels, names)
  return variants.Variant(
      title, log_probabilities, labels, evaluation, [], [], [], [], [], {}
  )


def test_baselines_are_beside_the_run(content):
  for variant in content.variants:
    learned, most_frequent = variant.baselines
    assert learned.name == 'logistic regression'
    assert most_frequent.evaluation.accuracy.value == 0.5
    assert 0.5 < learned.evaluation.accuracy.value <= 1.0
  # The baseline reads emoticons where the run does.
  with_, without = (v.baselines[0].evaluation.accuracy for v in content.variants)
  assert with_.value > without.value


def test_many_classes_have_a_fast_baseline():
  labels = np.repeat(np.arange(60), 4)
  texts = [f'word{label} and more' for label in labels]
  assert baselines.learner_name(60) == 'naive Bayes'
  classify = baselines.tf_idf(texts, labels, 60)
  assert (classify(texts).argmax(axis=1) == labels).all()


@pytest.mark.parametrize('texts', [['a', 'b'], ['one word', 'one word']])
def test_baseline_without_anything_to_learn_is_the_most_frequent_class(texts):
  log_probabilities = baselines.tf_idf(texts, np.array([1, 1]), 3)(['new'])
  assert log_probabilities.argmax() == 1
  assert np.exp(log_probabilities).sum() == pytest.approx(1)


def test_weighty_words_are_those_of_large_impact(content, run_dir):
  predictor = SentimentPredictor.load(run_dir)
  vocabulary = predictor.encoder.vocabulary.tokens
  odds = dict(zip(vocabulary, predictor.token_scores()))
  counts = dict.fromkeys(vocabulary, 0)
  for text in Run(run_dir).corpus().train.texts:
    for token in set(predictor.encoder.tokenizer.tokenize(text)):
      counts[token] += 1
  for label, sign in ((0, -1), (1, 1)):
    shown = content.words[label]
    assert 0 < len(shown) <= words.N_WORDS
    ratios = [sign * odds[w.word] / w.weight for w in shown]
    assert ratios == pytest.approx([ratios[0]] * len(shown))
    impacts = [w.weight * counts[w.word] for w in shown]
    assert impacts == sorted(impacts, reverse=True)
    assert all(w.n_texts == counts[w.word] >= words.MIN_TEXTS for w in shown)
  assert content.words[1][0].word in (':)', ':d', ':-)')


def test_special_tokens_are_not_weighty(run_dir):
  examples = Examples(('unheardof',) * 9, np.ones(9, np.int32))
  unknown = Corpus('own', examples, examples, frozenset())
  shown = words.weighty_words(SentimentPredictor.load(run_dir), unknown, 'train')
  assert shown == {0: [], 1: []}


def test_word_counts_for_the_class_that_it_speaks_for_alone(tmp_path):
  (tmp_path / 'a.csv').write_text(
      'text,label\n' + 'fury burns,anger\ngrey tears,grief\nbright smiles,joy\n' * 30
  )
  train(
      tmp_path / 'run',
      f"TextFileCorpus.train_path='{tmp_path}/a.csv'",
      'TwitterBatches.batch_size=15',
      'validation_batch_size=6',
      config='text_file.gin',
  )
  content = gather(Run(tmp_path / 'run'))
  shown = [{word.word for word in words} for words in content.words.values()]
  assert {'fury', 'burns'} <= shown[0]
  assert {'grey', 'tears'} <= shown[1]
  assert {'bright', 'smiles'} <= shown[2]
  assert not any(word.startswith('<chars') for word in shown[0] | shown[1] | shown[2])
  assert content.unit == 'texts'


def test_mistakes_are_the_surest_and_fully_explained(content):
  variant = content.variants[1]
  shown = [*variant.mislabelled, *variant.mistakes]
  assert len(variant.mistakes) == mistakes.N_MISTAKES < variant.n_mistakes
  probabilities = [mistake.probability for mistake in shown]
  assert probabilities == sorted(probabilities, reverse=True)
  assert all(mistake.probability >= 0.9 for mistake in variant.mislabelled)
  for mistake in shown:
    explanation = mistake.explanation
    assert mistake.label != explanation.prediction.label == mistake.predicted
    assert sum(explanation.shares) + explanation.bias == pytest.approx(
        explanation.prediction.log_odds
    )
    # The run reads it so.
    assert remove_emoticons(mistake.text) == mistake.text


def test_mistakes_of_the_variant_before_are_not_repeated():
  log_probabilities = np.log([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
  surest = mistakes.surest(log_probabilities, np.array([0, 0, 0]))
  assert mistakes.split(surest, log_probabilities, {1}) == ([0], [2])


def test_commonest_confusions_have_their_surest_example():
  labels = np.array([0, 0, 0, 1, 2])
  log_probabilities = np.log([
      [0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.2, 0.7],
      [0.1, 0.1, 0.8],
  ])  # fmt: skip
  first, second = mistakes.confusions([*'abcde'], labels, log_probabilities)
  assert (first.label, first.predicted, first.n_texts, first.example) == (0, 1, 2, 'b')
  assert first.share == pytest.approx(2 / 3)
  assert (second.label, second.predicted, second.n_texts) == (1, 2, 1)


def test_coverage_is_the_share_of_sure_predictions():
  log_probabilities = np.log([[0.02, 0.98], [0.92, 0.08], [0.55, 0.45], [0.3, 0.7]])
  rows = slices.coverage(log_probabilities, np.array([1, 1, 0, 1]))
  at = {row.threshold: (row.n_texts, row.share, row.accuracy) for row in rows}
  assert at[0.5] == (4, 1.0, 0.75)
  assert at[0.9] == (2, 0.5, 0.5)
  assert at[0.95] == (1, 0.25, 1.0)
  assert 0.99 not in at


def test_slices_hold_every_text_once(content, run_dir):
  for variant in content.variants:
    for of_kind in variant.slices.values():
      assert sum(each.n_texts for each in of_kind) == 200
  predictor = SentimentPredictor.load(run_dir)
  texts = ['good day', 'good qqqq', 'qqqq wwww eeee', ' '.join(['good'] * 50)]
  right = np.array([True, True, False, True])
  by_length, by_unknown = slices.slices(predictor, texts, right).values()
  assert [(s.title, s.n_texts, s.accuracy) for s in by_length] == [
      ('1 to 5 words', 3, pytest.approx(2 / 3)), ('more than 40', 1, 1.0)
  ]  # fmt: skip
  assert [(s.title, s.n_texts) for s in by_unknown] == [
      ('none', 2), ('up to a half', 1), ('more than a half', 1)
  ]  # fmt: skip


def test_confusion_table_of_many_classes_folds_the_rare_ones():
  labels = np.repeat(np.arange(30), np.arange(30) + 1)
  names = tuple(f'class {i}' for i in range(30))
  log_probabilities = np.log(np.eye(30)[labels] * 0.6 + 0.4 / 30)
  table = tables.confusion_table(variant_of(log_probabilities, labels, names), names)
  assert len(table.names) == 21
  assert table.names[-1] == '10 other classes'
  assert np.sum(table.counts) == len(labels)
  assert {*table.names[:-1]} == {*names[10:]}


def test_classes_are_in_the_order_of_f1_with_their_areas():
  labels = np.array([0, 0, 1, 1, 2, 2])
  probabilities = np.eye(3)[[0, 1, 1, 0, 2, 2]] * 0.6 + 0.4 / 3
  names = ('bad', 'fair', 'good')
  variant = variant_of(np.log(probabilities), labels, names)
  rows = tables.class_rows(variant, names, with_areas=True)
  assert rows[0].name == 'good'
  assert rows[0].areas == (1.0, 1.0)


def test_each_of_several_classes_has_its_curves(content):
  labels = np.arange(60) % 3
  names = ('bad', 'fair', 'good')
  variant = variant_of(np.log(np.eye(3)[labels] * 0.6 + 0.4 / 3), labels, names)
  several = type('Content', (), {'class_names': names, 'variants': [variant]})
  roc, precision_recall = figures.thresholds(several)
  assert 'a curve for bad, fair, good' in roc.alternative
  assert precision_recall.title.startswith('Precision and recall')


@pytest.mark.parametrize(
    ('names', 'sentence'),
    [
        (('ham', 'spam'), '60 texts at mean probability 0.20, 0.0% of them spam'),
        (
            ('bad', 'fair', 'good'),
            '120 texts at mean probability 0.80, 100.0% of them right',
        ),
    ],
)
def test_calibration_says_what_occurred(names, sentence):
  labels = np.arange(len(names)).repeat(60)
  n = len(names)
  probabilities = np.eye(n)[labels] * (0.8 - 0.2 / (n - 1)) + 0.2 / (n - 1)
  # Another probability, since a figure of one point is not shown.
  probabilities[labels == n - 1] = [*[0.05 / (n - 1)] * (n - 1), 0.95]
  variant = variant_of(np.log(probabilities), labels, names)
  fields = {'class_names': names, 'variants': [variant], 'unit': 'texts'}
  (figure,) = figures.calibrations(type('Content', (), fields))
  assert sentence in figure.alternative


def test_facts_name_the_training(run_dir):
  facts = run_facts.facts(Run(run_dir))
  assert {'trained', 'trainable weights', 'train it again'} <= {*facts}
  digest = json.loads((run_dir / 'corpus.json').read_text())['digest']
  assert digest in facts.values()
  weights = load_arrays(str(run_dir / 'model.weights.npy.gz'))
  assert facts['trainable weights'] == f'{sum(array.size for array in weights):,}'


def test_copy_of_a_run_was_trained_when_the_run_was(run_dir, tmp_path):
  copy = tmp_path / 'copy'
  shutil.copytree(run_dir, copy, copy_function=shutil.copyfile)
  for path in copy.rglob('*'):
    os.utime(path, (1, 1))
  trained = run_facts.facts(Run(copy))['trained']
  assert trained == run_facts.facts(Run(run_dir))['trained']
  assert re.match(r'20\d\d-\d\d-\d\d \d\d:\d\d UTC, in \d+\.\d seconds', trained)


def test_settings_that_differ_from_the_gin_file_are_listed(content):
  assert content.like == 'twitter.gin'
  assert content.differing['train.steps'] == '60 → 20'
  assert 'TwitterBatches.batch_size' not in content.differing


def test_best_step_is_marked():
  assert figures._best('accuracy', {1: 0.5, 2: 0.9, 3: 0.9}) == (2, 0.9)
  assert figures._best('cross_entropy', {1: 0.5, 2: 0.1, 3: 0.3}) == (2, 0.1)
  assert figures._best('accuracy', {1: 0.5}) is None
  assert figures._best('accuracy', {1: 0.5, 2: float('nan')}) is None


def test_scikit_learn_is_imported_without_pandas_but_supports_it():
  result = run_python('-c', (
      'import sys\n'
      'from trax_twitter_sentiment.reporting import page\n'
      'assert "pandas" not in sys.modules\n'
      'import pandas\n'
      'from sklearn.preprocessing import StandardScaler\n'
      'scaler = StandardScaler().set_output(transform="pandas")\n'
      'print(scaler.fit_transform(pandas.DataFrame({"n": [1, 3]})).to_csv())\n'
  ))  # fmt: skip
  assert result.stdout.split() == [',n', '0,-1.0', '1,1.0'], result.stderr
