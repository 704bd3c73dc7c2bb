"""The rules of "How we write" that a program can check without false alarms."""

import ast
import io
import pathlib
import re
import tokenize
from collections.abc import Iterator

import pytest

PACKAGE = pathlib.Path(__file__).parent.parent / 'trax_twitter_sentiment'

VAGUE_NAMES = {'found', 'further', 'made', 'sought', 'there', 'whole'}
NO_SUBJECT = re.compile(r'#\s*(Of|What|Whose)\b')
# 'takes' for 'requires' or 'accepts'.
TAKES = re.compile(r'\btakes\b')


def vague_names(source: str) -> Iterator[tuple[int, str]]:
  """Yields variables and parameters whose name does not say what the value is."""
  for node in ast.walk(ast.parse(source)):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
      name = node.id
    elif isinstance(node, ast.arg):
      name = node.arg
    else:
      continue
    if name in VAGUE_NAMES:
      yield node.lineno, f'variable {name}'


def comments_without_subject(source: str) -> Iterator[tuple[int, str]]:
  """Yields comments that begin in the middle of a sentence."""
  line_before = -1  # The last line that is a comment.
  for token in tokenize.generate_tokens(io.StringIO(source).readline):
    if token.type != tokenize.COMMENT:
      continue
    line, column = token.start
    is_own_line = not token.line[:column].strip()
    continues = is_own_line and line == line_before + 1
    if is_own_line:
      line_before = line
    if not continues and NO_SUBJECT.match(token.string):
      yield line, token.string


def messages_with_takes(source: str) -> Iterator[tuple[int, str]]:
  """Yields messages of errors and helps of flags that contain 'takes'."""
  for node in ast.walk(ast.parse(source)):
    if not isinstance(node, ast.Call):
      continue
    function = ast.unparse(node.func)
    if function == 'UserError' or function.startswith('flags.DEFINE'):
      for part in ast.walk(node):
        if isinstance(part, ast.Constant) and TAKES.search(str(part.value)):
          yield part.lineno, str(part.value)


@pytest.mark.parametrize(
    'rule', [vague_names, comments_without_subject, messages_with_takes]
)
def test_package_keeps_the_rule(rule):
  violations = [
      f'{path}:{line}: {problem}'
      for path in sorted(PACKAGE.rglob('*.py'))
      for line, problem in rule(path.read_text('utf-8'))
  ]
  assert not violations


@pytest.mark.parametrize(
    ('rule', 'source'),
    [
        (vague_names, 'if found := 1:\n  pass\n'),
        (vague_names, 'def f(whole): pass\n'),
        (comments_without_subject, 'x = 1  # Of the run.\n'),
        (comments_without_subject, '# What changes.\nx = 1\n'),
        (messages_with_takes, "raise UserError(f'--a={1} takes --b.')\n"),
        (messages_with_takes, "flags.DEFINE_bool('a', True, 'It takes b.')\n"),
    ],
)
def test_rule_reports_a_violation(rule, source):
  assert len([*rule(source)]) == 1


def test_continued_comment_may_begin_with_any_word():
  assert not [*comments_without_subject('# The name\n# Of a Rose\nx = 1\n')]
