"""Extends the site that `make docs` builds from docs/.

Adds the API reference of the package's public names, and the files of the checkout that
pages link to.
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
# The folder of the site for files of the checkout outside docs/.
_CHECKOUT = 'checkout'
_LINK = re.compile(r'(\]\()([^)#:]+?)((?:#[^)]*)?\))')
# A comment between lines, such as the marks of the tables that a benchmark writes.
_COMMENT = re.compile(r'^<!-- .* -->$', re.M)


class _NoHtml(markdown.Extension):
  """Keeps text such as `<float>[n_texts]` as text, which Markdown takes for HTML."""

  def extendMarkdown(self, md: markdown.Markdown) -> None:
    md.preprocessors.deregister('html_block')
    md.inlinePatterns.deregister('html')


def on_config(config):
  """Turns HTML in pages off."""
  config.markdown_extensions.append(_NoHtml())
  return config


def on_files(files: Files, config) -> Files:
  """Adds the API reference, and the files of the checkout that pages link to."""
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


# MkDocs passes these arguments by name.
def on_page_markdown(markdown: str, page, config, files) -> str:
  """Returns the page with links within the site, and without comments.

  Links between docs/ and the checkout become links within the site. A comment becomes
  an empty line: as text, it would be one paragraph with a table in the next line, so
  the table would be shown with its pipes.
  """
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

  if here == _REFERENCE:
    return markdown
  return _LINK.sub(replace, _COMMENT.sub('', markdown))


def _target(page: str, link: str) -> str:
  """Returns the path in the checkout of a link on a page of the checkout."""
  return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def _reference() -> str:
  """Returns the page of the API reference, in Markdown."""
  source = (_ROOT / _PACKAGE / '__init__.py').read_text('utf-8')
  (names,) = (
      ast.literal_eval(statement.value)
      for statement in ast.parse(source).body
      if isinstance(statement, ast.Assign) and statement.targets[0].id == '_MODULES'
  )
  lines = [
      '# Reference',
      '',
      'The public names of `trax_twitter_sentiment`, for Python and for gin files: '
      'their arguments, results and errors.',
  ]
  for name, module in sorted(names.items(), key=lambda item: item[0].lower()):
    lines += ['', f'::: {_PACKAGE}.{module}.{name}']
  return '\n'.join(lines) + '\n'
