"""The overrides in the table of docs/settings.md."""

import re

import gin
import pytest
from conftest import REPOSITORY
from runs import train

SETTINGS = (REPOSITORY / 'docs' / 'settings.md').read_text()
OVERRIDES = re.findall(r'^\| .* \| `([^`]+=[^`]+)` \|$', SETTINGS, re.M)


@pytest.mark.parametrize('override', OVERRIDES)
def test_run_with_the_override_trains_all_steps(override, tmp_path):
  if override == "TwitterCorpus.source='nltk'":
    pytest.skip('test_trainer trains on the real corpus')
  loop = train(tmp_path, override)
  assert loop.step == gin.query_parameter('train.steps')


def test_page_lists_more_than_ten_overrides():
  assert len(OVERRIDES) > 10
