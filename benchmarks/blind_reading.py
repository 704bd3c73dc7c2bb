"""What readers make of the training tweets, beside what models make of them."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tqdm

from benchmarks.accuracy_runs import (
    HARD,
    N_FOLDS,
    Job,
    alone_right,
    n_train,
    places,
    predictions,
    tweets,
)
from benchmarks.baselines import BASELINES, LINEAR_CHARACTERS, Settings

# A line for each reading, a letter for each training tweet, in the corpus's order: p
# and n where its mood is plain, positive or negative; a and b where it isn't, and the
# emoticon is guessed, `:)` or `:(`; - where it was not read. Readers saw the tweets
# shuffled, without emoticons, labels and links, handles as @. They were instances of a
# language model: eight for the first reading, one for the second.
_READINGS = os.path.join(os.path.dirname(__file__), 'readings.txt')

# Those where no near-duplicate of a tweet, or none of its topic, is trained on.
FOLDINGS_READ = ('group', 'topic')


def measure_reading(tuned: Mapping[tuple[str, str], Settings]) -> dict[str, Any]:
  """Returns how often readers and models tell the emoticon, and models the mood.

  Models are those of cross-validation, which were not trained on the tweet in question.

  Args:
    tuned: the baselines' settings, by model and task.

  Returns:
    `'emoticon'`, and of tweets whose mood is plain `'mood'`: by model, the number of
    tweets and of those rightly called. `'paired'`: by folding, how many emoticons and
    plain moods `twitter_hard.gin` alone has right, and the n-gram baseline alone.
    `'agreement'`: the number of tweets read twice and of those read alike, of all and
    of plain ones.
  """
  first, second = _read()
  is_plain = np.isin(first, ('p', 'n'))
  mood = np.isin(first, ('p', 'a'))
  emoticon = tweets()[1][: n_train()] == 1
  found: dict[str, Any] = {
      'emoticon': {'readers': _by_plainness(mood == emoticon, is_plain)},
      'mood': {},
      'paired': {},
  }
  for folding in FOLDINGS_READ:
    called = {
        model: _called(model, folding, tuned.get((model, 'hard'), {}))
        for model in tqdm.tqdm((HARD, *BASELINES), f'reading, {folding}s')
    }
    for model, calls in called.items():
      found['mood'].setdefault(model, {})[folding] = _counts((calls == mood)[is_plain])
      if folding == FOLDINGS_READ[0]:
        found['emoticon'][model] = _by_plainness(calls == emoticon, is_plain)
    ours, theirs = called[HARD], called[LINEAR_CHARACTERS]
    found['paired'][folding] = {
        'emoticon': alone_right(ours == emoticon, theirs == emoticon),
        'plain mood': alone_right(
            (ours == mood)[is_plain], (theirs == mood)[is_plain]
        ),
    }
  twice = second != '-'
  alike = mood == np.isin(second, ('p', 'a'))
  plain_twice = is_plain & np.isin(second, ('p', 'n'))
  found['agreement'] = _counts(alike[twice]), _counts(alike[plain_twice])
  return found


def _read() -> list[np.ndarray]:
  with open(_READINGS, encoding='ascii') as file:
    return [np.array(list(line.strip())) for line in file]


def _called(model: str, folding: str, settings: Settings) -> np.ndarray:
  """Returns whether a model calls each training tweet positive: <bool>[n_train]."""
  called = np.zeros(n_train(), bool)
  for fold in range(N_FOLDS):
    job = Job(model, 'hard', f'{folding} {fold}')
    called[places(job.split)[1]] = predictions(job, settings)[0]
  return called


def _by_plainness(right: np.ndarray, is_plain: np.ndarray) -> dict[str, tuple]:
  return {
      'all': _counts(right),
      'plain': _counts(right[is_plain]),
      'other': _counts(right[~is_plain]),
  }


def _counts(right: np.ndarray) -> tuple[int, int]:
  """Returns how many there are, and how many are right."""
  return len(right), int(right.sum())
