"""What README.md promises."""

import re

import gin
import pytest
import trax.models  # noqa: F401  (registers what gin files name)
from conftest import REPOSITORY
from trax.supervised import trainer_lib

README = (REPOSITORY / 'README.md').read_text()
OVERRIDES = re.findall(r'^\| .* \| `([^`]+=[^`]+)` \|$', README, re.M)


@pytest.mark.parametrize('override', OVERRIDES)
def test_override_works(override, tmp_path):
  bindings = ["TwitterCorpus.source='sample'", 'train.steps=2']
  if override == "TwitterCorpus.source='nltk'":
    pytest.skip('it is the real corpus, which test_trainer trains on')
  gin.parse_config_files_and_bindings(
      [str(REPOSITORY / 'gin_configs' / 'twitter.gin')], [*bindings, override]
  )
  steps = gin.query_parameter('train.steps')
  assert trainer_lib.train(str(tmp_path)).step == steps


def test_readme_lists_overrides():
  assert len(OVERRIDES) > 10
