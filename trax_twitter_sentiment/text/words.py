"""From a text to its words, by NLTK; and a memory of what became of them."""

from collections.abc import Callable
from typing import TypeVar

from trax_twitter_sentiment.trax_support.fast_imports import no_garbage_collection

T = TypeVar('T')

# What is longer is no word: it has no stem (of a run of y, older NLTKs' stemmer finds
# one by a recursion as deep as it is long), and isn't worth remembering.
MAX_LENGTH = 128
_MAX_WORDS = 2**17


def splitter(strip_handles: bool, reduce_len: bool) -> Callable[[str], list[str]]:
  """Returns NLTK's tokenizer of tweets, by its arguments' names."""
  # Imported on use: NLTK takes longer to load than the rest of the package.
  with no_garbage_collection():
    from nltk.tokenize import casual

  return casual.TweetTokenizer(
      preserve_case=True,  # Words become lower case later, each word once.
      strip_handles=strip_handles,
      reduce_len=reduce_len,
  ).tokenize


class Memory(dict[str, T]):
  """Maps words to what a function makes of them, each worked out once."""

  def __init__(self, function: Callable[[str], T]):
    super().__init__()
    self._function = function

  def __missing__(self, word: str) -> T:
    result = self._function(word)
    # Bounded in both ways, whatever the texts are.
    if len(word) <= MAX_LENGTH and len(self) < _MAX_WORDS:
      self[word] = result
    return result
