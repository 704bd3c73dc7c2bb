"""What a reader makes of tweets without their emoticons, beside what models do."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.accuracy_runs import (
    HARD,
    N_FOLDS,
    Job,
    n_train,
    places,
    predictions,
    tweets,
)
from benchmarks.baselines import LINEAR_CHARACTERS, Settings

# The reader's word on each tweet drawn: p and n where its mood is plain, positive or
# negative; a and b where it isn't, and the emoticon is guessed, `:)` or `:(`. A
# language model read them all before it saw the label of any; handles were `@`, links
# gone.
_SEED = 2026
_READ = (
    'apbaapaappbanbpbabnpbabaaapppnpnnpnnnapabnbnbpppppppnnpanapnnbnanpppnpannnn'
    'pnnannpppaapappbpnnpnbppnnpabpnnbnnnabpnnpnppbnnpbbnnnnnpbbbnpananpnaaaabpa'
    'apbnnppbppnppppanpnnnapnbnnaaannaapabnnnpppnbaanappbpnnapnpnnapbapbnbnbpaap'
    'npbnpanabbpnapnpnpbbnapaanpnpppnpananpbapabpbpnpaaabpannpnppanpanabnpnbnpap'
    'pbanpnnapppabapnapppnpanbnpnpnppaannnbapanannpppnnbppnabaanapnbnnpnnppaappb'
    'anbapbnbbnanpnbbnppnpaaappaanaababpnnappbnnappbpbpnnppapppanaanaanapppppnap'
)


def measure_reading(tuned: Mapping[tuple[str, str], Settings]) -> dict[str, Any]:
  """Returns counts of what the reader and models called, on training tweets.

  The models are those of the folds that keep near-duplicates on one side, where the
  tweet is not trained on.

  Args:
    tuned: the baselines' settings, by model and task.

  Returns:
    By reader or model: how often it calls the emoticon, of all tweets, of those whose
    mood is plain, and of the others; and the reader's mood where that is plain.
  """
  drawn = np.random.default_rng(_SEED).permutation(n_train())[: len(_READ)]
  words = np.array(list(_READ))
  plain = np.isin(words, ('p', 'n'))
  called = {'reader': np.isin(words, ('p', 'a'))}
  for model in (HARD, LINEAR_CHARACTERS):
    positive = np.zeros(n_train(), bool)
    for fold in range(N_FOLDS):
      job = Job(model, 'hard', f'group {fold}')
      predicted, *_ = predictions(job, tuned.get((model, job.task), {}))
      positive[places(job.split)[1]] = predicted
    called[model] = positive[drawn]
  labels = tweets()[1][drawn] == 1
  return {
      name: {
          'all': _counts(calls == labels),
          'plain': _counts((calls == labels)[plain]),
          'other': _counts((calls == labels)[~plain]),
          'as the reader': _counts((calls == called['reader'])[plain]),
      }
      for name, calls in called.items()
  }


def _counts(right: np.ndarray) -> tuple[int, int]:
  """Returns how many there are, and how many are right."""
  return len(right), int(right.sum())
