"""The tokenizer of a pretrained encoder."""

import json
import pickle

import numpy as np
import pytest
import tokenizers
from conftest import REPOSITORY

from trax_twitter_sentiment.text.subword_encoder import SubwordEncoder

FOLDERS = REPOSITORY / 'tests' / 'encoder' / 'folders'


def encoder_of(family):
  content = (FOLDERS / family / 'tokenizer.json').read_text()
  return SubwordEncoder.from_json(content)


def test_tokens_and_ids_fit_each_other():
  encoder = encoder_of('bert')
  texts = ['So badly', '', 'not é'.encode().decode(), 'happy \ud83d']
  tokens, ids, lengths = encoder.tokenize_all(texts)
  assert tokens[0] == ['so', 'bad', '##ly']
  assert tokens[1] == []
  assert lengths.tolist() == [*map(len, tokens)]
  assert [*map(encoder.tokens, texts)] == tokens
  again, lengths_again = encoder.encode_all(texts)
  assert (ids.tolist(), ids.dtype) == (again.tolist(), np.int32)
  assert lengths_again.tolist() == lengths.tolist()


def test_unknown_characters_are_not_known():
  encoder = encoder_of('bert')
  ids, _ = encoder.encode_all(['so 漢 bad'])
  assert encoder.is_known(ids).tolist() == [True, False, True]
  roberta = encoder_of('roberta')
  ids, _ = roberta.encode_all(['漢'])
  assert roberta.is_known(ids).all()


def test_unknown_token_of_sentencepiece():
  tokenizer = tokenizers.Tokenizer(
      tokenizers.models.Unigram([('<unk>', 0.0), ('good', -1.0)], unk_id=0)
  )
  encoder = SubwordEncoder.from_json(tokenizer.to_str())
  ids, _ = encoder.encode_all(['good漢'])
  assert encoder.is_known(ids).tolist() == [True, False]


def test_text_contains_no_special_tokens():
  content = json.loads(encoder_of('bert').tokenizer_json)
  names = [(i, name) for name, i in content['model']['vocab'].items() if name[0] == '[']
  content['added_tokens'] = [
      {'id': i, 'content': name, 'special': True, 'single_word': False, 'lstrip': False,
       'rstrip': False, 'normalized': False}
      for i, name in names if len(name) > 1
  ]  # fmt: skip
  encoder = SubwordEncoder.from_json(json.dumps(content))
  assert encoder.tokens('[SEP]') == ['[', 's', '##e', '##p', ']']
  assert encoder.n_special_tokens == 2


@pytest.mark.parametrize(
    ('family', 'first', 'last'), [('bert', 2, 3), ('roberta', 0, 2)]
)
def test_special_tokens_begin_and_end_each_text_even_a_long_one(family, first, last):
  encoder = encoder_of(family)
  ids, lengths = encoder.encode_all(['so good', '', 'bad ' * 20])
  framed, framed_lengths = encoder.with_special_tokens(ids, lengths, 6)
  parts = np.split(framed, np.cumsum(framed_lengths)[:-1])
  assert [part[0] for part in parts] == [first] * 3
  assert [part[-1] for part in parts] == [last] * 3
  own = np.split(ids, np.cumsum(lengths)[:-1])
  for part, text in zip(parts, own, strict=True):
    assert part[1:-1].tolist() == text[:4].tolist()
  assert encoder.n_special_tokens == 2


def test_emoticons_are_removed_on_demand():
  encoder = encoder_of('bert')
  assert encoder.tokens('good :)') == ['good', ':', ')']
  assert encoder.without_emoticons().tokens('good :)') == ['good']
  assert encoder.without_emoticons().without_removed_emoticons(':) x').strip() == 'x'


def test_pickled_encoder_is_the_same():
  encoder = encoder_of('roberta')
  assert encoder.vocabulary_size == 264
  copy = pickle.loads(pickle.dumps(encoder))
  assert copy == encoder
  assert copy.tokens('good') == encoder.tokens('good') == ['Ġgood']


@pytest.mark.parametrize('content', ['', '{}', '[]', '{"model": 1}'])
def test_other_content_is_refused(content):
  with pytest.raises(ValueError):
    SubwordEncoder.from_json(content)


def test_missing_package_is_named(monkeypatch):
  monkeypatch.setitem(__import__('sys').modules, 'tokenizers', None)
  with pytest.raises(ValueError, match='requires tokenizers: `pip install tokenizers`'):
    encoder_of('bert')
