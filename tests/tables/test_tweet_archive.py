"""Zip archives of an account's tweets, as Twitter exports them."""

import gzip
import json
import pathlib
import zipfile

import pytest

from trax_twitter_sentiment.errors import UserError
from trax_twitter_sentiment.tables.table_reader import TableReader

NOTE = 'a long text ' * 40


def archive(path, **files):
  """Writes an archive; returns its path."""
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as zip_file:
    for name, entries in files.items():
      content = f'window.YTD.{name}.part0 = {json.dumps(entries)}'
      zip_file.writestr(f'data/{name.replace("_", "-")}.js', content)
  return str(path)


def test_truncated_tweet_gets_the_text_of_its_note(tmp_path):
  truncated = f'{NOTE[:275]}… https://t.co/abc'
  path = archive(
      tmp_path / 'twitter-2023.zip',
      account=[{'account': {'email': 'a'}}],
      tweets=[{'tweet': {'id': '1', 'full_text': t}} for t in ('hi', truncated, 'so…')],
      note_tweet=[{'noteTweet': {'core': {'text': t}}} for t in ('other', NOTE)],
  )
  records = list(TableReader([path], keep=('id',)))
  assert [record.values[0] for record in records] == ['hi', NOTE, 'so…']
  assert records[1].kept == {'id': '1'}
  assert [record.line for record in records] == [1, 2, 3]


def test_other_zip_archives_are_refused(tmp_path):
  path = archive(tmp_path / 'other.zip', account=[])
  with pytest.raises(UserError, match='is a zip archive or an Excel workbook; unpack'):
    list(TableReader([path]))


def test_archive_may_be_compressed_again(tmp_path):
  path = archive(tmp_path / 'a.zip', tweets=[{'tweet': {'full_text': 'hi'}}])
  with gzip.open(tmp_path / 'a.zip.gz', 'wb') as file:
    file.write(pathlib.Path(path).read_bytes())
  (record,) = TableReader([f'{path}.gz'])
  assert record.values == ('hi',)


def _flip_data(content):
  """Damages the compressed tweets, which begin after their name."""
  start = content.index(b'tweets.js') + 20
  damaged = bytes(255 - byte for byte in content[start : start + 20])
  return content[:start] + damaged + content[start + 20 :]


def _encrypted(content):
  """Sets the flag of encryption in both headers of the tweets."""
  content = bytearray(content)
  content[6] |= 1
  content[content.index(b'PK\x01\x02') + 8] |= 1
  return bytes(content)


@pytest.mark.parametrize(
    ('damage', 'reason'),
    [
        (lambda content: content[:-40], 'File is not a zip file'),
        (_flip_data, '.+'),
        (_encrypted, '.*encrypted, password required'),
    ],
)
def test_damaged_archive_is_refused(tmp_path, damage, reason):
  path = tmp_path / 'a.zip'
  archive(path, tweets=[{'tweet': {'full_text': f'hi {i}'}} for i in range(99)])
  path.write_bytes(damage(path.read_bytes()))
  with pytest.raises(UserError, match=f'a.zip is damaged: {reason}'):
    list(TableReader([str(path)]))
