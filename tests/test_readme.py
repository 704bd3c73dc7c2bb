"""What README.md and its table of settings, in docs/settings.md, promise."""

import re

import gin
import pytest
from conftest import REPOSITORY
from runs import train

README = (REPOSITORY / 'README.md').read_text()
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


def test_links_of_readme_lead_somewhere():
  for link in re.findall(r'\]\(([^)]+)\)', README):
    if not link.startswith('https://'):
      path, _, heading = link.partition('#')
      target = REPOSITORY / path
      assert target.exists(), link
      if heading:
        headings = re.findall('^#+ (.*)', target.read_text(), re.M)
        assert heading in [h.lower().replace(' ', '-') for h in headings], link
