"""What `make docs` adds to the pages of docs/.

That is the API reference, of the package's public names, and the files of the checkout
that pages link to.
"""

import ast
import pathlib
import posixpath
import re

import markdown
from mkdocs.structure.files import File, Files

_ROOT = pathlib.Path(__file__).parent.parent
_PACKAGE = 'trax_twitter_sentiment'
_REFERENCE = 'reference.md'
# Where the site has files of the checkout that aren't in docs/.
_CHECKOUT = 'checkout'
_LINK = re.compile(r'(\]\()([^)#:]+?)((?:#[^)]*)?\))')


class _NoHtml(markdown.Extension):
  """Leaves what looks like HTML, such as `<float>[n_texts]`, the text that it is."""

  def extendMarkdown(self, md: markdown.Markdown) -> None:
    md.preprocessors.deregister('html_block')
    md.inlinePatterns.deregister('html')


def on_config(config):
  config.markdown_extensions.append(_NoHtml())
  return config


def on_files(files: Files, config) -> Files:
  """Adds the reference, and the files that pages link to."""
  pages = [f'docs/{file.src_uri}' for file in files.documentation_pages()]
  files.append(File.generated(config, _REFERENCE, content=_reference()))
  seen = {*pages}
  while pages:
    page = pages.pop()
    for _, link, _ in _LINK.findall((_ROOT / page).read_text('utf-8')):
      path = _target(page, link)
      if path in seen or path.startswith('docs/') or not (_ROOT / path).is_file():
        continue
      seen.add(path)
      uri = f'{_CHECKOUT}/{path}'
      files.append(File.generated(config, uri, abs_src_path=str(_ROOT / path)))
      if path.endswith('.md'):
        pages.append(path)
  return files


def on_page_markdown(markdown: str, page, config, files) -> str:  # As MkDocs calls it.
  """Has links between docs/ and the checkout be links within the site."""
  del config, files
  here = page.file.src_uri
  in_checkout = here.removeprefix(f'{_CHECKOUT}/') != here
  source = here.removeprefix(f'{_CHECKOUT}/') if in_checkout else f'docs/{here}'

  def replace(match: re.Match) -> str:
    opening, link, rest = match.groups()
    path = _target(source, link)
    inside = path.removeprefix('docs/')
    uri = inside if inside != path else f'{_CHECKOUT}/{path}'
    return opening + posixpath.relpath(uri, posixpath.dirname(here) or '.') + rest

  return markdown if here == _REFERENCE else _LINK.sub(replace, markdown)


def _target(page: str, link: str) -> str:
  """Returns what a page of the checkout links to, as a path in the checkout."""
  return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def _reference() -> str:
  source = (_ROOT / _PACKAGE / '__init__.py').read_text('utf-8')
  (names,) = (
      ast.literal_eval(statement.value)
      for statement in ast.parse(source).body
      if isinstance(statement, ast.Assign) and statement.targets[0].id == '_MODULES'
  )
  lines = [
      '# Reference',
      '',
      'What you can import from `trax_twitter_sentiment`, and bind in a gin file: each '
      'public name with what it takes, returns and raises.',
  ]
  for name, module in sorted(names.items(), key=lambda item: item[0].lower()):
    lines += ['', f'::: {_PACKAGE}.{module}.{name}']
  return '\n'.join(lines) + '\n'
