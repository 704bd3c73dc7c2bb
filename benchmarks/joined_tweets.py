"""Millions of rows in the format of Sentiment140, from few tweets.

    python -m benchmarks.joined_tweets ../shared/tweeteval/sentiment/train.jsonl \\
        1600000 joined.csv

Each text consists of the first half of one tweet and the second half of another of the
same label. The tweets are those of a JSON Lines file with the columns `text` and
`label`; neutral tweets are left out.
"""

import csv
import json
import sys

import numpy as np

# Sentiment140's labels.
_LABELS = {'negative': '0', 'positive': '4'}
_DATE = 'Mon Apr 06 22:19:45 PDT 2009'


def write_csv(source: str, path: str, n_rows: int, seed: int = 0) -> None:
  """Writes Sentiment140's six columns in Latin-1, without a header.

  Args:
    source: the JSON Lines file of tweets.
    path: the file to write.
    n_rows: the number of rows; about half of them are negative.
    seed: the seed of the random draws.
  """
  rng = np.random.default_rng(seed)
  halves = _halves(source)
  with open(path, 'w', encoding='latin-1', errors='ignore', newline='') as file:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    for row in range(n_rows):
      label, of_label = halves[int(rng.integers(2))]
      first, second = rng.integers(len(of_label), size=2).tolist()
      text = f'{of_label[first][0]} {of_label[second][1]}'
      writer.writerow([label, row, _DATE, 'NO_QUERY', f'user{row % 9973}', text])


def _halves(source: str) -> list[tuple[str, list[tuple[str, str]]]]:
  """Returns the labels, each with the two halves of each of its tweets."""
  halves: dict[str, list[tuple[str, str]]] = {name: [] for name in _LABELS}
  with open(source, encoding='utf-8') as file:
    for line in file:
      row = json.loads(line)
      if row['label'] in halves:
        words = row['text'].split()
        middle = len(words) // 2
        parts = ' '.join(words[:middle]), ' '.join(words[middle:])
        halves[row['label']].append(parts)
  return [(_LABELS[name], of_label) for name, of_label in halves.items()]


if __name__ == '__main__':
  write_csv(sys.argv[1], sys.argv[3], int(sys.argv[2]))
