"""Fast scores of texts: the logits of a word and its n-grams are summed once."""

import itertools
from collections.abc import Sequence

import numpy as np

from trax_twitter_sentiment.prediction.bag_of_tokens import BagOfTokens
from trax_twitter_sentiment.prediction.results import Scores
from trax_twitter_sentiment.text import extra_tokens, normalization
from trax_twitter_sentiment.text.text_encoder import TextEncoder
from trax_twitter_sentiment.text.tokenizer import MAX_CHARACTERS

# The number of words whose sums are kept, and of their characters. Beyond one of them,
# the sums are computed anew.
_MAX_WORDS, _MAX_CHARACTERS = 2**18, 2**24


class WordSums:
  """Scores texts with a `BagOfTokens`, by sums over words instead of tokens.

  The sums are those of the tokens, so the scores are equal up to rounding.

  Args:
    encoder: the encoder of the run.
    model: the model of the run, without a `max_length`.
  """

  def __init__(self, encoder: TextEncoder, model: BagOfTokens):
    self._encoder = encoder
    self._tokenizer = encoder.tokenizer
    self._logits = model.token_logits
    self._model = model
    self._clear()

  def score(self, texts: Sequence[str]) -> Scores:
    """Returns the predictions for texts."""
    if len(self._rows) > _MAX_WORDS or self._n_characters > _MAX_CHARACTERS:
      self._clear()
    word_lists = [*map(self._tokenizer.word_tokens, texts)]
    n_words = np.fromiter(map(len, word_lists), np.int64, len(texts))
    all_words = [*itertools.chain.from_iterable(word_lists)]
    sums = _sums(self._of_words(all_words, n_words), n_words)
    if self._tokenizer.add_pairs:
      n_pairs = np.maximum(n_words - 1, 0)
      sums += _sums(self._of_tokens(self._pairs(all_words, n_words)), n_pairs)
    if self._tokenizer.add_marks:
      marks = [normalization.marks(text[:MAX_CHARACTERS]) for text in texts]
      n_marks = np.fromiter(map(len, marks), np.int64, len(texts))
      ids = self._encoder.vocabulary.encode(itertools.chain.from_iterable(marks))
      sums += _sums(self._of_tokens(ids), n_marks)
    n_tokens, n_known = sums[:, -2:].T.astype(np.int64)
    log_probabilities = self._model.log_probabilities_of_sums(sums[:, :-2], n_tokens)
    return Scores(log_probabilities, n_tokens, n_known)

  @classmethod
  def of(cls, encoder: TextEncoder, model: object) -> 'WordSums | None':
    """Returns the sums of a run; `None` if scores by tokens are faster or different."""
    tokenizer = encoder.tokenizer
    if not isinstance(model, BagOfTokens) or model.max_length is not None:
      return None
    # Pairs that are emoticons do not count if emoticons are removed.
    are_sums = tokenizer.keep_emoticons or not tokenizer.add_pairs
    return cls(encoder, model) if are_sums and tokenizer.has_extra_tokens else None

  def _clear(self) -> None:
    """Forgets all words."""
    # The sums of each word, and of the word after a negation.
    self._sums = np.zeros((2, 1024, self._logits.shape[1] + 2))
    self._clauses = np.zeros((2, 1024), bool)
    self._rows: dict[str, int] = {}
    self._n_characters = 0

  def _of_words(self, all_words: Sequence[str], n_words: np.ndarray) -> np.ndarray:
    """Returns <float>[n, n_classes + 2], the sums of each word of some texts."""
    self._add([word for word in dict.fromkeys(all_words) if word not in self._rows])
    rows = np.fromiter(
        map(self._rows.__getitem__, all_words), np.int64, len(all_words)
    )
    if not self._tokenizer.add_negated:
      return self._sums[0, rows]
    is_next = np.ones(len(rows), bool)
    starts = (np.cumsum(n_words) - n_words)[n_words > 0]
    is_next[starts] = False
    is_negation, ends_clause = self._clauses[:, rows]
    flags = extra_tokens.negated_flags(is_negation, ends_clause, is_next)
    return self._sums[flags.astype(np.int64), rows]

  def _pairs(self, all_words: Sequence[str], n_words: np.ndarray) -> np.ndarray:
    """Returns the ids of the pairs of neighbouring words."""
    pairs = map(' '.join, itertools.pairwise(all_words))
    ids = self._encoder.vocabulary.encode(pairs)
    is_pair = np.ones(len(ids) + 1, bool)
    is_pair[np.cumsum(n_words)[n_words > 0] - 1] = False  # The last word of a text.
    return ids[is_pair[:-1]]

  def _of_tokens(self, ids: np.ndarray) -> np.ndarray:
    """Returns <float>[n_ids, n_classes + 2]: logits, whether it counts and is known."""
    is_kept, is_known = self._encoder.is_kept(ids), self._encoder.is_known(ids)
    values = np.empty((len(ids), self._logits.shape[1] + 2))
    values[:, :-2] = self._logits[ids] * is_kept[:, None]
    values[:, -2], values[:, -1] = is_kept, is_known
    return values

  def _add(self, new_words: Sequence[str]) -> None:
    """Computes the sums of words."""
    tokenizer, first = self._tokenizer, len(self._rows)
    last = first + len(new_words)
    while last > self._sums.shape[1]:
      self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)], axis=1)
      self._clauses = np.concatenate([self._clauses] * 2, axis=1)
    self._rows.update(zip(new_words, range(first, last)))
    self._n_characters += sum(map(len, new_words))
    self._clauses[:, first:last] = extra_tokens.clauses(new_words)
    own = [(word, *tokenizer.character_ngrams(word)) for word in new_words]
    self._sums[:, first:last] = self._of_token_lists(own)
    for flag in range(2):
      extra = [tokenizer.extra_tokens_of_word(word, bool(flag)) for word in new_words]
      self._sums[flag, first:last] += self._of_token_lists(extra)

  def _of_token_lists(self, token_lists: Sequence[Sequence[str]]) -> np.ndarray:
    """Returns <float>[n_lists, n_classes + 2], the sums of lists of tokens."""
    ids = self._encoder.vocabulary.encode(itertools.chain.from_iterable(token_lists))
    n_tokens = np.fromiter(map(len, token_lists), np.int64, len(token_lists))
    return _sums(self._of_tokens(ids), n_tokens)


def _sums(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
  """Returns the sum of the values of each text, <float>[n_texts, n_columns].

  Args:
    values: <float>[n, n_columns], the values of all texts, one text after the other.
    counts: <int>[n_texts], the number of values of each text.
  """
  # `reduceat` requires a value for each text, and does not work for empty texts.
  padded = np.concatenate([values, np.zeros((1, values.shape[1]))])
  sums = np.add.reduceat(padded, np.cumsum(counts) - counts, axis=0)
  sums[counts == 0] = 0
  return sums
