"""Settings for reading files, the same for command lines and for gin."""

import dataclasses
from typing import NamedTuple

from trax_twitter_sentiment.errors import UserError, check_choice
from trax_twitter_sentiment.tables import delimited, input_files
from trax_twitter_sentiment.tables.file_formats import FORMATS
from trax_twitter_sentiment.tables.labels import GivenLabels

ON_MALFORMED = ('refuse', 'skip')


@dataclasses.dataclass(frozen=True)
class ReadingOptions:
  """Settings for reading files. `TextFileCorpus` explains each setting.

  Raises:
    UserError: if a value is not legal.
  """

  input_format: str | None = None
  delimiter: str | None = None
  quoting: str | None = None
  encoding: str | None = None
  header: bool = True
  on_malformed: str = 'refuse'
  setting: str = '--'  # The prefix of settings in messages; or 'TextFileCorpus.'.

  def __post_init__(self):
    formats, quotings = (None, *FORMATS), (None, *delimited.QUOTINGS)
    check_choice(f'{self.setting}input_format', self.input_format, formats)
    check_choice(f'{self.setting}quoting', self.quoting, quotings)
    check_choice(f'{self.setting}on_malformed', self.on_malformed, ON_MALFORMED)
    for name in ('delimiter', 'encoding'):
      value = getattr(self, name)
      if value is not None and not isinstance(value, str):
        raise UserError(f'{self.setting}{name}={value!r} is not a string.')
    if not isinstance(self.header, bool):
      raise UserError(f'{self.setting}header={self.header!r} is not True or False.')
    input_files.check_encoding(f'{self.setting}encoding', self.encoding)
    if self.delimiter is not None:
      if self.delimiter == r'\t':
        object.__setattr__(self, 'delimiter', '\t')
      if len(self.delimiter) != 1 or self.delimiter in '\r\n"\\':
        raise UserError(
            f'{self.setting}delimiter={self.delimiter!r} is not one character other '
            'than a quote, a backslash or a line end.'
        )

  @property
  def no_header(self) -> str:
    """The setting for files without a header, for messages."""
    is_flag = self.setting == '--'
    return '--noheader' if is_flag else f'{self.setting}header=False'


class LabelledOptions(NamedTuple):
  """Settings for reading files of labelled texts.

  `labels_path` is a file with a label on each line, for files with a text on each line.
  """

  columns: tuple[str, str] = ('text', 'label')
  reading: ReadingOptions = ReadingOptions()
  labels: GivenLabels | None = None
  skip_labels: frozenset[str] = frozenset()  # Rows with these labels are skipped.
  labels_path: str | None = None
