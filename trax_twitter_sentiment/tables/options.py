"""How files are read: the same settings for commands and for gin."""

import dataclasses

from trax_twitter_sentiment.errors import UserError, check_choice
from trax_twitter_sentiment.tables import delimited, input_files
from trax_twitter_sentiment.tables.file_formats import FORMATS

ON_MALFORMED = ('refuse', 'skip')


@dataclasses.dataclass(frozen=True)
class ReadingOptions:
  r"""How files are read.

  Attributes:
    input_format: the name of a format; `None` for the format that a file's name and
      first bytes tell.
    delimiter: the character between the columns of CSV and TSV; `None` for a comma or
      a tab, or what the header makes certain.
    quoting: `'double'` for quotes as in RFC 4180, or `'none'` for quotes that are
      text; `None` for `'double'` in CSV and `'none'` in TSV.
    encoding: the encoding, by Python's name; `None` for UTF-8, or that of a byte-order
      mark.
    header: whether the first row of CSV and TSV names the columns; without it, they
      go by number.
    on_malformed: `'refuse'` rows that can't be read, or `'skip'` and count them.
    setting: how the names of settings begin in messages: `'--'`, or
      `'TextFileCorpus.'`.

  Raises:
    UserError: if one of them is not a legal value.
  """

  input_format: str | None = None
  delimiter: str | None = None
  quoting: str | None = None
  encoding: str | None = None
  header: bool = True
  on_malformed: str = 'refuse'
  setting: str = '--'

  def __post_init__(self):
    formats, quotings = (None, *FORMATS), (None, *delimited.QUOTINGS)
    check_choice(f'{self.setting}input_format', self.input_format, formats)
    check_choice(f'{self.setting}quoting', self.quoting, quotings)
    check_choice(f'{self.setting}on_malformed', self.on_malformed, ON_MALFORMED)
    check_choice(f'{self.setting}header', self.header, (True, False))
    input_files.check_encoding(f'{self.setting}encoding', self.encoding)
    if self.delimiter is not None:
      if self.delimiter == r'\t':
        object.__setattr__(self, 'delimiter', '\t')
      if len(self.delimiter) != 1 or self.delimiter in '\r\n"\\':
        raise UserError(
            f'{self.setting}delimiter={self.delimiter!r} is not one character.'
        )

  @property
  def no_header(self) -> str:
    """The setting that says that files have no header."""
    is_flag = self.setting == '--'
    return '--noheader' if is_flag else f'{self.setting}header=False'
