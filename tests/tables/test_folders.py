"""Folders of text files, with a subfolder per class."""

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.input_files import state
from trax_twitter_sentiment.tables.table_reader import TableReader


@pytest.fixture
def folder(tmp_path):
  """Writes a folder in the layout of IMDB's reviews, with files to be ignored."""
  for name, text in {
      'pos/1_10.txt': 'lovely\nfilm\n', 'pos/0_9.txt': 'great', 'neg/0_1.txt': 'awful',
      'neg/.hidden.txt': 'no', 'neg/notes.md': 'no', 'urls_pos.txt': 'http://a.b',
  }.items():  # fmt: skip
    path = tmp_path / 'train' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
  return tmp_path / 'train'


def test_subfolder_is_a_class(folder):
  reader = TableReader([str(folder)], ('text', 'label'), keep=('file',))
  records = list(reader)
  assert [record.values for record in records] == [
      ('awful', 'neg'), ('great', 'pos'), ('lovely\nfilm', 'pos'),
  ]  # fmt: skip
  assert records[0].kept == {'file': str(folder / 'neg' / '0_1.txt')}


def test_folder_without_subfolders_has_no_labels(folder):
  reader = TableReader([str(folder / 'pos')])
  assert [record.values for record in reader] == [('great',), ('lovely\nfilm',)]
  with pytest.raises(UserError, match="no column 'label'; the columns are 'text', 'fi"):
    list(TableReader([str(folder / 'pos')], ('text', 'label')))


def test_folder_without_texts_is_refused(tmp_path):
  (tmp_path / 'a.csv').write_text('text\na\n')
  with pytest.raises(UserError, match=r'and its subfolders contain no \*.txt'):
    list(TableReader([str(tmp_path)]))


def test_state_of_a_folder_changes_with_its_files(folder):
  before = state(str(folder))
  assert state(str(folder)) == before
  (folder / 'pos' / '0_9.txt').write_text('greater')
  assert state(str(folder)) != before
