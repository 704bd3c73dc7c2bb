"""The tables of docs/accuracy.md."""

import re

from benchmarks import accuracy


def test_benchmark_writes_every_table_of_the_page():
  page = accuracy.PAGE.read_text(encoding='utf-8')
  tables = re.findall(r'<!-- (\w+) -->\n(.*?)<!-- end -->', page, re.DOTALL)
  assert [name for name, _ in tables] == [*accuracy._TASKS, 'encoders', 'phrases']
  for _, table in tables:
    header, _, *rows = table.splitlines()
    assert {row.count('|') for row in [header, *rows]} == {header.count('|')}
    assert '**this package**' in table
