"""Turns tweets into tokens."""

import dataclasses
import functools
import itertools
import json
import re
import string
import sys
from collections.abc import Callable, Iterable
from typing import Any

import gin

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.text import (
    extra_tokens,
    json_fields,
    normalization,
    splitting,
    stemming,
    words,
)
from trax_twitter_sentiment.text.emoticons import is_emoticon, remove_emoticons

# The maximum length of a text, in training, validation and prediction. The rest of a
# longer text is ignored. The maximum bounds the memory of a batch.
MAX_CHARACTERS = 2**16

_FILE_FORMAT = 2

# The notebook's regular expressions.
_SPLIT_EMOTICON = re.compile(r'(?<!\S): ([()])(?!\S)')
_TICKER = re.compile(r'\$\w*')
_RETWEET_MARK = re.compile(r'^RT\s+')
_LINK = re.compile(r'https?://\S*[\r\n]*')


def warn_of_cut_texts(n_cut: int) -> None:
  """Prints a warning on stderr if any texts are cut off after `MAX_CHARACTERS`."""
  if n_cut:
    subject = '1 text has' if n_cut == 1 else f'{n_cut:,} texts have'
    print(
        f'WARNING: {subject} more than {MAX_CHARACTERS:,} characters. The rest is '
        'ignored.',
        file=sys.stderr,
    )


def is_cut(text: str | None) -> bool:
  """Returns whether a text is cut off after `MAX_CHARACTERS`."""
  return text is not None and len(text) > MAX_CHARACTERS


@gin.configurable(module='trax_twitter_sentiment')
@dataclasses.dataclass(frozen=True)
class TweetTokenizer:
  """Turns a tweet into tokens, by default as the notebook does.

  The first `MAX_CHARACTERS` characters of a text count.

  A gin binding such as `TweetTokenizer.stem=False` switches a step on or off. The
  notebook's steps are on by default. The steps run in the order of this list.

  Examples:
    >>> tokenizer = TweetTokenizer(stop_words=frozenset({'the', 'was'}))
    >>> tokenizer.tokenize('@amy The #concert was sooooo amazing :)')
    ['concert', 'sooo', 'amaz', ':)']

  Attributes:
    join_split_emoticons: turns `: )` and `: (` between white space into `:)` and
      `:(`. The ends of the tweet count as white space.
    remove_tickers: removes stock symbols such as `$TSLA`.
    remove_retweet_mark: removes a leading `RT `.
    remove_links: removes `http://…` and `https://…`, with line ends right after it.
    keep_emoticons: `False` removes emoticons such as `:)`, `:-(`, `:D`, `(:` and
      `<3`. The labels of NLTK's corpus were made from emoticons.
    remove_hash_signs: turns `#happy` into `happy`.
    remove_handles: removes `@someone`.
    shorten_elongations: shortens runs of a character to three characters.
    lowercase: turns all tokens except emoticons into lower case.
    remove_stop_words: removes the words of `stop_words`.
    remove_punctuation: removes tokens that are a substring of `string.punctuation`.
    stem: replaces words by their Porter stems.
    normalize: before all other steps, gives one spelling to what tweets spell in
      several ways. Unicode becomes NFC, character references are decoded, HTML tags
      are removed, apostrophes become `'`, and emoji lose their variation selectors
      and skin tones. Links, handles and hash signs of all forms are removed. This
      step and all following steps are off by default.
    add_marks: adds the tokens `<handle>`, `<link>` and `<hashtag>`, one for each
      handle, link and hashtag.
    add_pairs: adds each pair of neighbouring tokens.
    add_negated: adds `<not> word` for each word after a negation.
    add_characters: adds the character n-grams of each word.
    add_lexicon: adds a token for the strength of each word and emoji of `lexicon`.
    drop_unknown: drops tokens without an id. If `False`, all of them get the id of
      `__UNK__`.
    stop_words: the words that `remove_stop_words` removes.
    lexicon: words and emoji with their strengths, from -3 to 3.
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

  def __post_init__(self):
    for name in _switch_names():
      value = getattr(self, name)
      if not isinstance(value, bool):
        raise UserError(f'TweetTokenizer.{name}={value!r} is not True or False.')

  def __getstate__(self) -> dict[str, Any]:
    # Other processes fill caches of their own, so caches are not pickled.
    names = (field.name for field in dataclasses.fields(self))
    return {name: getattr(self, name) for name in names}

  def tokenize(self, text: str) -> list[str]:
    """Returns the tokens of a text: words, extra tokens, then character n-grams."""
    tokens = self.word_tokens(text)
    if not self.has_extra_tokens:
      return tokens
    n_grams = [gram for token in tokens for gram in self.character_ngrams(token)]
    return tokens + self.extra_tokens(text, tokens) + n_grams

  def word_tokens(self, text: str) -> list[str]:
    """Returns the tokens of a text without extra tokens and n-grams."""
    return [*self._tokens_of_text(self.clean(text))]

  def extra_tokens(self, text: str, tokens: list[str]) -> list[str]:
    """Returns the extra tokens of a text with these `word_tokens`, without n-grams."""
    return [token for token, _ in self.placed_extra_tokens(text, tokens)]

  def placed_extra_tokens(
      self, text: str, tokens: list[str]
  ) -> list[tuple[str, tuple[int, ...]]]:
    """Returns `extra_tokens`, each with the indices of its words in `tokens`."""
    extra: list[tuple[str, tuple[int, ...]]] = []
    if self.add_marks:
      extra += [(mark, ()) for mark in normalization.marks(text[:MAX_CHARACTERS])]
    if self.add_pairs:
      pairs = enumerate(extra_tokens.pairs(tokens))
      extra += [(pair, (i, i + 1)) for i, pair in pairs if not self.is_removed(pair)]
    flags = extra_tokens.negated(tokens) if self.add_negated else [False] * len(tokens)
    if self.add_negated:
      extra += [(f'<not> {tokens[i]}', (i,)) for i, flag in enumerate(flags) if flag]
    if self.add_lexicon:
      of_words = extra_tokens.lexicon_tokens(tokens, flags, self._strengths)
      extra += [(token, (i,)) for i, token in enumerate(of_words) if token]
    return extra

  def extra_tokens_of_word(self, word: str, is_negated: bool) -> list[str]:
    """Returns the extra tokens that follow from one word."""
    tokens = [f'<not> {word}'] if self.add_negated and is_negated else []
    if self.add_lexicon:
      strengths = extra_tokens.lexicon_tokens([word], [is_negated], self._strengths)
      tokens += filter(None, strengths)
    return tokens

  def character_ngrams(self, word: str) -> tuple[str, ...]:
    """Returns the character n-grams of a word; none without `add_characters`."""
    return self._ngrams_of_word[word] if self.add_characters else ()

  def tokens_of_words(self, split_words: Iterable[str]) -> list[str]:
    """Returns the tokens of words that `split` returned; some words have none."""
    token_of = self._token_of_word
    return [token for word in split_words if (token := token_of[word])]

  def without_removed_emoticons(self, text: str) -> str:
    """Returns a text without emoticons, if the tokenizer removes emoticons."""
    if not self.keep_emoticons and self.normalize:
      text = normalization.remove_smileys(text)
    return text if self.keep_emoticons else remove_emoticons(text)

  def clean(self, text: str) -> str:
    """Returns a text after all steps that come before the split into words."""
    if len(text) > MAX_CHARACTERS:
      text = text[:MAX_CHARACTERS]
    if self.normalize:
      text = self._normalize(text)
    # Most texts need few of these steps. Looking for one character is faster than a
    # regular expression.
    if self.join_split_emoticons and ': ' in text:
      text = _SPLIT_EMOTICON.sub(r':\1', text)
    if self.remove_tickers and '$' in text:
      text = _TICKER.sub('', text)
    if self.remove_retweet_mark and text.startswith('RT'):
      text = _RETWEET_MARK.sub('', text)
    if self.remove_links and '://' in text:
      text = _LINK.sub('', text)
    if not self.keep_emoticons:
      text = remove_emoticons(text)
    if self.add_negated:
      # NLTK splits “don’t” but not "don't", so negations need the plain apostrophe.
      text = text.replace('’', "'")
    if self.add_lexicon:
      # The lexicon has emoji without variation selectors.
      text = text.replace('\ufe0f', '')
    if self.remove_hash_signs:
      text = text.replace('#', '')
    return text

  @functools.cached_property
  def split(self) -> splitting.Splitter:
    """The function from a cleaned text to its words."""
    return splitting.Splitter(self.remove_handles, self.shorten_elongations)

  @functools.cached_property
  def has_extra_tokens(self) -> bool:
    """Whether any step adds tokens to the words."""
    names = _switch_names()
    return any(getattr(self, name) for name in names if name.startswith('add_'))

  def differing_settings(self, other: 'TweetTokenizer') -> list[str]:
    """Returns the switches that differ, as `'TweetTokenizer.stem True → False'`."""
    pairs = ((n, getattr(self, n), getattr(other, n)) for n in _switch_names())
    return [f'TweetTokenizer.{name} {a} → {b}' for name, a, b in pairs if a != b]

  def to_json(self) -> str:
    """Returns the JSON text that `from_json` reads."""
    content = {
        'format': _FILE_FORMAT,
        'settings': {name: getattr(self, name) for name in _switch_names()},
        'stop_words': sorted(self.stop_words),
        'lexicon': dict(self.lexicon),
    }
    return json.dumps(content, indent=1) + '\n'

  @classmethod
  def from_json(cls, content: str) -> 'TweetTokenizer':
    """Returns the tokenizer that `to_json` wrote.

    Raises:
      ValueError: if the content is not a tokenizer.
    """
    fields = json_fields.parse_object(content, _FILE_FORMAT)
    settings = fields.get('settings')
    # A file of an older version lacks newer switches, which are off by default.
    if not isinstance(settings, dict) or not set(settings) <= set(_switch_names()):
      raise ValueError('its settings are not those of this version')
    if not all(isinstance(value, bool) for value in settings.values()):
      raise ValueError('a setting is neither true nor false')
    return cls(
        **settings,
        stop_words=frozenset(json_fields.strings(fields, 'stop_words')),
        lexicon=json_fields.lexicon(fields, 'lexicon'),
    )

  def _normalize(self, text: str) -> str:
    text = normalization.compose(normalization.decode_references(text))
    text = normalization.fold_characters(text)
    if not self.keep_emoticons:
      text = normalization.remove_smileys(text)
    if self.remove_links:
      text = normalization.remove_all_links(text)
    if self.remove_handles:
      text = normalization.remove_all_handles(text)
    return text.replace('#', ' ') if self.remove_hash_signs else text

  def is_removed(self, token: str) -> bool:
    """Returns whether a token is an emoticon, and the tokenizer removes emoticons."""
    # Other steps can form an emoticon, as in `:#)` or `&#58;)`.
    return not self.keep_emoticons and is_emoticon(token)

  # Tweets repeat words, so the results for words are cached, within bounds.

  @functools.cached_property
  def _tokens_of_text(self) -> Callable[[str], tuple[str, ...]]:
    return words.CachedByPiece(
        self.split,
        lambda split_words: tuple(self.tokens_of_words(split_words)),
        lambda tokens: tuple(itertools.chain.from_iterable(tokens)),
    )

  @functools.cached_property
  def _ngrams_of_word(self) -> dict[str, tuple[str, ...]]:
    return words.Memo(lambda word: extra_tokens.characters(word[: words.MAX_LENGTH]))

  @functools.cached_property
  def _token_of_word(self) -> dict[str, str]:
    """Word -> its token, or '' if a step removes the word."""
    stop_words = self.stop_words if self.remove_stop_words else frozenset()

    def to_token(word: str) -> str:
      if self.lowercase and not splitting.has_emoticon(word):
        word = word.lower()
      is_punctuation = self.remove_punctuation and word in string.punctuation
      if is_punctuation or word in stop_words:
        return ''
      has_stem = self.stem and len(word) <= words.MAX_LENGTH
      token = stemming.stem(word) if has_stem else word
      return '' if self.is_removed(token) else token

    return words.Memo(to_token)

  @functools.cached_property
  def _strengths(self) -> dict[str, int]:
    return dict(self.lexicon)


@functools.lru_cache(maxsize=4)
def shared_tokenizer(tokenizer: TweetTokenizer) -> TweetTokenizer:
  """Returns one tokenizer object for equal tokenizers, so that they share caches."""
  return tokenizer


@functools.cache
def _switch_names() -> tuple[str, ...]:
  fields = dataclasses.fields(TweetTokenizer)
  return tuple(field.name for field in fields if field.type is bool)
