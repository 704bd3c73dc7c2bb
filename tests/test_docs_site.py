"""The pages of the site that `make docs` builds."""

import re

import pytest
from conftest import REPOSITORY, run_python


@pytest.fixture(scope='module')
def site(tmp_path_factory):
  pytest.importorskip('mkdocs')
  folder = tmp_path_factory.mktemp('site')
  result = run_python(
      '-m', 'mkdocs', 'build', '--strict', '--quiet', f'--site-dir={folder}',
      cwd=REPOSITORY, NO_MKDOCS_2_WARNING='1',
  )  # fmt: skip
  assert result.returncode == 0, result.stderr
  return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    'page', sorted(path.stem for path in (REPOSITORY / 'docs').glob('*.md'))
)
def test_tables_and_comments_of_a_page_are_not_shown_as_text(page, site):
  source = (REPOSITORY / 'docs' / f'{page}.md').read_text()
  built = site / ('index.html' if page == 'README' else f'{page}/index.html')
  article = re.search('<article.*</article>', built.read_text(), re.S)[0]
  assert article.count('<table>') == len(re.findall(r'^\| --- .*\|$', source, re.M))
  assert '&lt;!--' not in article
