"""Options for reading files."""

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.options import ReadingOptions


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'encoding': 'utf-9'}, "--encoding='utf-9' is not a text encoding"),
        ({'delimiter': ';;'}, "--delimiter=';;' is not one character"),
        ({'input_format': 'xlsx'}, "--input_format='xlsx' is not one of"),
        ({'quoting': 'single'}, "--quoting='single' is not one of"),
        ({'quoting': 'backslash'}, "--quoting='backslash' is not one of"),
        ({'on_malformed': 'ignore'}, "--on_malformed='ignore' is not one of"),
    ],
)
def test_bad_option_is_named(settings, message):
  with pytest.raises(UserError, match=message):
    ReadingOptions(**settings)
