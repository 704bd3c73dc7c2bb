"""Made-up tweets, which consist of random syllables."""

import csv
import itertools
from collections.abc import Iterator

import numpy as np

_N_WORDS = 30_000
_CHUNK_SIZE = 10_000
_SYLLABLES = [
    ''.join(letters)
    for letters in itertools.product('bdfghklmnprstvz', 'aeiou', ('', 'n', 'r', 's'))
]
# The emoticons of label 0 and of label 1.
_EMOTICONS = (':(', ':-(', ":'(", 'D:'), (':)', ':-)', ':D', '<3')


def write_csv(path: str, n_tweets: int, seed: int = 0) -> None:
  """Writes a CSV file with the columns `text` and `label`. Labels alternate."""
  with open(path, 'w', encoding='utf-8', newline='') as file:
    writer = csv.writer(file)
    writer.writerow(['text', 'label'])
    writer.writerows(itertools.islice(_tweets(seed), n_tweets))


def _tweets(seed: int) -> Iterator[tuple[str, int]]:
  """Yields tweets and labels. The frequencies of words follow Zipf's law."""
  rng = np.random.default_rng(seed)
  words = np.array(_words(np.random.default_rng(0)))
  weights = 1 / np.arange(1, _N_WORDS + 1)
  weights /= weights.sum()
  while True:
    lengths = rng.integers(4, 20, _CHUNK_SIZE)
    chosen = iter(rng.choice(words, lengths.sum(), p=weights).tolist())
    extras = rng.random((_CHUNK_SIZE, 4)).tolist()
    for i, (length, extra) in enumerate(zip(lengths.tolist(), extras)):
      yield _tweet(list(itertools.islice(chosen, length)), i % 2, extra), i % 2


def _tweet(words: list[str], label: int, extra: list[float]) -> str:
  handle, hash_sign, emoticon, link = extra
  if handle < 0.4:
    words.insert(0, f'@{words[0]}')
  if hash_sign < 0.2:
    words[-1] = f'#{words[-1]}'
  if emoticon < 0.7:
    words.append(_EMOTICONS[label][int(emoticon * 100) % 4])
  if link < 0.2:
    words.append(f'https://t.co/{link * 10**9:.0f}')
  return ' '.join(words)


def _words(rng: np.random.Generator) -> list[str]:
  words: dict[str, None] = {}
  while len(words) < _N_WORDS:
    syllables = rng.choice(_SYLLABLES, rng.integers(1, 5))
    words[''.join(syllables)] = None
  return list(words)
