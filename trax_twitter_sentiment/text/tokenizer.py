"""From a tweet to tokens to ids, and the vocabulary between the two."""

import array
import collections
import dataclasses
import functools
import itertools
import json
import os
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import gin
import numpy as np

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.files import read_whole, write_atomically
from trax_twitter_sentiment.text import (
  cleaning,
  extra_tokens,
  json_fields,
  normalization,
  splitting,
  stemming,
  words,
)
from trax_twitter_sentiment.text.emoticons import is_emoticon, remove_emoticons

# The notebook's special tokens; a token's id is its index in the vocabulary.
PAD_ID, UNK_ID = 0, 2
SPECIAL_TOKENS = ('__PAD__', '__</e>__', '__UNK__')

# The file in a run's output directory that holds its tokenizer.
TOKENIZER_FILE = 'tokenizer.json'
_FILE_FORMAT = 1

# As the module `array` calls int32.
_ID_TYPE = 'i'
_ID_BYTES = array.array(_ID_TYPE).itemsize


@gin.configurable(module='trax_twitter_sentiment')
@dataclasses.dataclass(frozen=True)
class TweetTokenizer:
  """Turns tweets into tokens as the notebook does, and tokens into ids.

  Every step can be switched by a gin binding such as `TweetTokenizer.stem=False`.
  Those of the notebook are on by default; they go in this order.

  Examples:
    >>> tokenizer = TweetTokenizer(stop_words=frozenset({'the', 'was'}))
    >>> tokenizer.tokenize('@amy The #concert was sooooo amazing :)')
    ['concert', 'sooo', 'amaz', ':)']

  Attributes:
    join_split_emoticons: `: )` and `: (` between white space become `:)` and
      `:(`; the ends of the tweet count as white space.
    remove_tickers: stock symbols such as `$TSLA` go.
    remove_retweet_mark: a leading `RT ` goes.
    remove_links: `http://…` and `https://…` go, with line ends right after.
    keep_emoticons: `False` removes emoticons, which give this corpus's labels
      away: `:)`, `:-(`, `:D`, `(:`, `<3` and the like, and runs such as `:)))`.
    remove_hash_signs: `#happy` becomes `happy`.
    remove_handles: `@someone` goes.
    shorten_elongations: three or more of a character in a row become three.
    lowercase: all but emoticons become lower case.
    remove_stop_words: the words of `stop_words` go.
    remove_punctuation: tokens that are a substring of `string.punctuation` go.
    stem: words are cut to their Porter stems.
    normalize: what tweets write in several ways becomes one, before all else:
      character references are decoded, apostrophes alike, emoji without variants; and
      links, handles and hash signs go in whatever form, without a word beside them.
      This and what follows is off by default;
      `trax_twitter_sentiment.text` has the details.
    add_marks: each handle, link and hashtag is a token, `<handle>`, `<link>` or
      `<hashtag>`, too.
    add_pairs: each two neighbouring tokens are a token, too.
    add_negated: a word after `not` and the like is a token in this sense, too.
    add_characters: the n-grams of each word's characters are tokens, too.
    add_lexicon: a word or emoji of `lexicon` brings a token of its strength, too.
    drop_unknown: tokens without an id are left out, instead of all having one.
    stop_words: what `remove_stop_words` removes; the corpus brings its own.
    lexicon: words and emoji with their strength, from -3 to 3; VADER's, where
      gin has `add_lexicon` on.
    vocabulary: the tokens that have an id, which is their index here. The first
      three are `SPECIAL_TOKENS`.
    corpus: the name of the corpus that the vocabulary was taken from.
  """

  join_split_emoticons: bool = True
  remove_tickers: bool = True
  remove_retweet_mark: bool = True
  remove_links: bool = True
  keep_emoticons: bool = True
  remove_hash_signs: bool = True
  remove_handles: bool = True
  shorten_elongations: bool = True
  lowercase: bool = True
  remove_stop_words: bool = True
  remove_punctuation: bool = True
  stem: bool = True
  normalize: bool = False
  add_marks: bool = False
  add_pairs: bool = False
  add_negated: bool = False
  add_lexicon: bool = False
  add_characters: bool = False
  drop_unknown: bool = False
  stop_words: frozenset[str] = frozenset()
  lexicon: tuple[tuple[str, int], ...] = ()
  vocabulary: tuple[str, ...] = SPECIAL_TOKENS
  corpus: str = ''

  def __post_init__(self):
    for name in _step_names():
      value = getattr(self, name)
      if not isinstance(value, bool):
        raise UserError(f'TweetTokenizer.{name}={value!r} is not True or False.')

  def __getstate__(self) -> dict[str, Any]:
    # What it has worked out meanwhile, other processes work out for themselves.
    names = (field.name for field in dataclasses.fields(self))
    return {name: getattr(self, name) for name in names}

  def tokenize(self, text: str) -> list[str]:
    """Returns the tokens of a text; none where nothing but noise is in it."""
    found = self._words(text)
    if not self._has_features:
      return found
    return found + self._features(text, found) + self._n_grams(found)

  def grouped(self, text: str) -> list[tuple[str, list[str]]]:
    """Returns the tokens of a text, each with all that explains it.

    That is the token itself, and the n-grams of its characters.
    """
    if not self.add_characters:
      return [(token, [token]) for token in self.tokenize(text)]
    found = self._words(text)
    groups = [(word, [word, *self._characters(word)]) for word in found]
    return groups + [(token, [token]) for token in self._features(text, found)]

  def without_unread(self, text: str) -> str:
    """Returns a text without its emoticons, if the tokenizer leaves them out."""
    if self.keep_emoticons:
      return text
    if self.normalize:
      text = normalization.remove_smileys(text)
    return remove_emoticons(text)

  def encode(self, text: str) -> np.ndarray:
    """Returns the ids of a text's tokens: <int32>[n_tokens]."""
    return self.encode_all([text])[0]

  def encode_all(self, texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the ids of the tokens of texts, and how many of them each text has.

    That is what `encode` gives for each, one after the other: <int32>[n_tokens], and
    <int64>[n_texts].
    """
    encoded = [*map(self._encoded, texts)]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    # Of a bytearray, so that the array can be written to, as others can.
    ids = np.frombuffer(bytearray().join(encoded), np.int32)
    return ids, lengths // _ID_BYTES

  def without_dropped(self, tokens: list[str]) -> list[str]:
    """Returns the tokens that count: all of them, or with `drop_unknown` the known."""
    if not self.drop_unknown:
      return tokens
    return [token for token in tokens if token in self._ids]

  def encode_tokens(self, tokens: Iterable[str]) -> np.ndarray:
    """Returns the ids of tokens, `UNK_ID` for unknown ones: <int32>[n_tokens]."""
    return np.array(self._ids_of_tokens(tokens), np.int32)

  def with_vocabulary_of(
      self,
      counts: Mapping[str, int],
      corpus: str,
      max_size: int | None = None,
      min_count: int = 1,
      further: Iterable[str] = (),
  ) -> 'TweetTokenizer':
    """Returns this tokenizer with the vocabulary of tokenized training texts.

    Args:
      counts: how often each token appears, in the order in which tokens first
        appear, which is the order of their ids.
      corpus: the name of the corpus that the texts come from.
      max_size: how many tokens it has at the most, the special ones included; the
        most frequent are in it, of equally frequent ones the first to appear.
      min_count: how often a token has to appear.
      further: tokens that it has whether or not they appear; they come last.
    """
    n_learned = None if max_size is None else max(0, max_size - len(SPECIAL_TOKENS))
    most_common = collections.Counter(counts).most_common(n_learned)
    frequent = {token for token, n in most_common if n >= min_count}
    learned = [t for t in counts if t in frequent]
    # Each token once; a dictionary keeps their order.
    vocabulary = tuple(dict.fromkeys([*SPECIAL_TOKENS, *learned, *further]))
    return dataclasses.replace(self, vocabulary=vocabulary, corpus=corpus)

  def differing_settings(self, other: 'TweetTokenizer') -> list[str]:
    """Returns the settings that differ, as `'TweetTokenizer.stem True → False'`."""
    pairs = ((n, getattr(self, n), getattr(other, n)) for n in _step_names())
    return [f'TweetTokenizer.{name} {a} → {b}' for name, a, b in pairs if a != b]

  def to_json(self) -> str:
    """Returns all that `from_json` needs to make an equal tokenizer."""
    content = {
        'format': _FILE_FORMAT,
        'corpus': self.corpus,
        'settings': {name: getattr(self, name) for name in _step_names()},
        'stop_words': sorted(self.stop_words),
        'lexicon': dict(self.lexicon),
        'vocabulary': self.vocabulary,
    }
    return json.dumps(content, indent=1) + '\n'

  @classmethod
  def from_json(cls, content: str) -> 'TweetTokenizer':
    """Returns the tokenizer that `to_json` wrote, or raises `ValueError`."""
    try:
      fields = json_fields.parse_object(content)
    except RecursionError as error:
      raise ValueError('it is nested too deeply') from error
    if fields.get('format') != _FILE_FORMAT:
      raise ValueError(f'its format is not {_FILE_FORMAT}')
    settings = fields.get('settings')
    # Settings that it lacks are of steps that came later, and take their defaults.
    if not isinstance(settings, dict) or not set(settings) <= set(_step_names()):
      raise ValueError('its settings are not those of this version')
    if not all(isinstance(value, bool) for value in settings.values()):
      raise ValueError('a setting is neither true nor false')
    vocabulary = json_fields.strings(fields, 'vocabulary')
    if vocabulary[:3] != SPECIAL_TOKENS or len(set(vocabulary)) < len(vocabulary):
      raise ValueError('its vocabulary lacks a special token or repeats a token')
    corpus = fields.get('corpus', '')
    if not isinstance(corpus, str):
      raise ValueError('its corpus is not a string')
    return cls(
        **settings,
        stop_words=frozenset(json_fields.strings(fields, 'stop_words')),
        lexicon=json_fields.lexicon(fields.get('lexicon')),
        vocabulary=vocabulary,
        corpus=corpus,
    )

  def save(self, folder: str) -> None:
    """Writes the tokenizer into a run's output directory, atomically."""
    write_atomically(os.path.join(folder, TOKENIZER_FILE), self.to_json())

  @classmethod
  def load(cls, folder: str) -> 'TweetTokenizer':
    """Reads the tokenizer of a run's output directory.

    Raises:
      FileNotFoundError: if there is none.
      UserError: if the file is damaged or not a tokenizer.
    """
    return read_whole(
        os.path.join(folder, TOKENIZER_FILE),
        lambda content: cls.from_json(content.decode('utf-8')),
        'a tokenizer file',
    )

  def _words(self, text: str) -> list[str]:
    """Returns the tokens of a text without those that are made of them."""
    return [*self._tokens_of(self._clean(text))]

  def _encoded(self, text: str) -> bytes:
    """Returns the ids of a text's tokens, as an array of int32 has them."""
    if not self._has_features:
      return self._ids_of(self._clean(text))
    found = self._words(text)
    encoded = self._encoded_tokens(found + self._features(text, found))
    if self.add_characters:
      encoded += b''.join(map(self._encoded_n_grams, found))
    return encoded

  def _encoded_tokens(self, tokens: list[str]) -> bytes:
    return self._ids_of_tokens(self.without_dropped(tokens)).tobytes()

  def _ids_of_tokens(self, tokens: Iterable[str]) -> array.array:
    id_of = self._ids.get
    return array.array(_ID_TYPE, [id_of(token, UNK_ID) for token in tokens])

  def _clean(self, text: str) -> str:
    if self.normalize:
      text = self._normalize(text)
    # Most texts have nothing of most steps, which a look for a character tells.
    if self.join_split_emoticons and ': ' in text:
      text = cleaning.join_split_emoticons(text)
    if self.remove_tickers and '$' in text:
      text = cleaning.remove_tickers(text)
    if self.remove_retweet_mark and text.startswith('RT'):
      text = cleaning.remove_retweet_mark(text)
    if self.remove_links and '://' in text:
      text = cleaning.remove_links(text)
    if not self.keep_emoticons:
      text = remove_emoticons(text)
    if self.add_negated:
      text = text.replace('’', "'")  # NLTK splits don’t, but not don't.
    if self.add_lexicon:
      text = text.replace('\ufe0f', '')  # How to draw the emoji before it: in colour.
    if self.remove_hash_signs:
      text = text.replace('#', '')
    return text

  def _normalize(self, text: str) -> str:
    text = normalization.fold_characters(normalization.decode_references(text))
    if not self.keep_emoticons:
      text = normalization.remove_smileys(text)
    if self.remove_links:
      text = normalization.remove_all_links(text)
    if self.remove_handles:
      text = normalization.remove_all_handles(text)
    return text.replace('#', ' ') if self.remove_hash_signs else text

  def _is_removed(self, token: str) -> bool:
    # An emoticon may come together late: of `:#)`, say, or of `&#58;)`.
    return not self.keep_emoticons and is_emoticon(token)

  @functools.cached_property
  def _has_features(self) -> bool:
    return any(getattr(self, name) for name in _step_names() if name.startswith('add_'))

  def _features(self, text: str, tokens: list[str]) -> list[str]:
    """Returns what is added to the tokens of a text, but for n-grams of characters."""
    found = normalization.marks(text) if self.add_marks else []
    if self.add_pairs:
      found += [p for p in extra_tokens.pairs(tokens) if not self._is_removed(p)]
    flags = extra_tokens.negated(tokens) if self.add_negated else [False] * len(tokens)
    if self.add_negated:
      found += [f'<not> {t}' for t, flag in zip(tokens, flags, strict=True) if flag]
    if self.add_lexicon:
      found += extra_tokens.lexicon_tokens(tokens, flags, self._strengths)
    return found

  def _n_grams(self, tokens: list[str]) -> list[str]:
    if not self.add_characters:
      return []
    return [gram for token in tokens for gram in self._characters(token)]

  # What a tokenizer works out of pieces and words it remembers, within bounds.

  @functools.cached_property
  def _characters(self) -> Callable[[str], tuple[str, ...]]:
    return words.Memory(
        lambda word: extra_tokens.characters(word[:words.MAX_LENGTH])
    ).__getitem__

  @functools.cached_property
  def _encoded_n_grams(self) -> Callable[[str], bytes]:
    return words.Memory(
        lambda word: self._encoded_tokens([*self._characters(word)])
    ).__getitem__

  @functools.cached_property
  def _tokens_of(self) -> words.Pieces[tuple[str, ...]]:
    def joined(tokens: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
      return tuple(itertools.chain.from_iterable(tokens))

    return words.Pieces(self._split, lambda w: tuple(self._to_tokens(w)), joined)

  @functools.cached_property
  def _ids_of(self) -> words.Pieces[bytes]:
    return words.Pieces(
        self._split, lambda w: self._encoded_tokens(self._to_tokens(w)), b''.join
    )

  @functools.cached_property
  def _split(self) -> splitting.Splitter:
    return splitting.Splitter(self.remove_handles, self.shorten_elongations)

  def _to_tokens(self, found: list[str]) -> list[str]:
    return [token for token in map(self._to_token, found) if token]

  @functools.cached_property
  def _to_token(self) -> Callable[[str], str]:
    """Word -> its token, or '' if it goes; slow, so done once a word."""
    stop_words = self.stop_words if self.remove_stop_words else frozenset()

    def to_token(word: str) -> str:
      if self.lowercase and not splitting.has_emoticon(word):
        word = word.lower()
      if word in stop_words:
        return ''
      if self.remove_punctuation and word in string.punctuation:
        return ''
      stems = self.stem and len(word) <= words.MAX_LENGTH
      token = stemming.stem(word) if stems else word
      return '' if self._is_removed(token) else token

    return words.Memory(to_token).__getitem__

  @functools.cached_property
  def _strengths(self) -> dict[str, int]:
    return dict(self.lexicon)

  @functools.cached_property
  def _ids(self) -> dict[str, int]:
    return {token: i for i, token in enumerate(self.vocabulary)}


@functools.lru_cache(maxsize=4)
def shared_tokenizer(tokenizer: TweetTokenizer) -> TweetTokenizer:
  """Returns the first of equal tokenizers, which knows the words it has met."""
  return tokenizer


@functools.cache
def _step_names() -> tuple[str, ...]:
  fields = dataclasses.fields(TweetTokenizer)
  return tuple(field.name for field in fields if field.type is bool)
