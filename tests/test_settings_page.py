"""What the table of settings in docs/settings.md promises."""

import re

import gin
import pytest
from conftest import REPOSITORY
from runs import train

SETTINGS = (REPOSITORY / 'docs' / 'settings.md').read_text()
OVERRIDES = re.findall(r'^\| .* \| `([^`]+=[^`]+)` \|$', SETTINGS, re.M)


@pytest.mark.parametrize('override', OVERRIDES)
def test_override_works(override, tmp_path):
  if override == "TwitterCorpus.source='nltk'":
    pytest.skip('it is the real corpus, which test_trainer trains on')
  loop = train(tmp_path, override)
  assert loop.step == gin.query_parameter('train.steps')


def test_settings_lists_overrides():
  assert len(OVERRIDES) > 10
