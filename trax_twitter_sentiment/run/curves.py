"""The curves that a run left in its event files."""

import functools
import glob
import os
from collections.abc import Iterator
from typing import Any

# What Trax puts before the names of losses and metrics.
_PREFIX = 'metrics/'

# More than any run has, and not too many to draw.
_MAX_CURVES = 100

# Step -> value, in the order of the steps.
Curve = dict[int, float]


def read_curves(folder: str) -> dict[str, Curve]:
  """Returns the curve of each loss or metric in a folder's event files, by its name.

  Args:
    folder: `train` or `eval` in a run's output directory; a folder without event
      files, or none at all, has no curves.

  A run that was started again has several files; where they tell of the same step,
  the later one counts. A file that was cut off or damaged counts as far as it goes.
  """
  curves: dict[str, Curve] = {}
  for path in _event_files(folder):
    _read_file(path, curves)
  return {name: dict(sorted(curve.items())) for name, curve in curves.items()}


def last_start(folder: str) -> tuple[float, float] | None:
  """Returns when a run was last started, and when it last told something.

  In seconds since 1970, by the newest of a folder's event files; `None` without any.
  """
  found = None
  for path in _event_files(folder):
    times = [event.wall_time for event in _events(path)]
    if times and min(times) > 0:
      found = min(times), max(times)
  return found


def _event_files(folder: str) -> list[str]:
  # The names hold the time of their start, in seconds.
  paths = sorted(glob.glob(os.path.join(glob.escape(folder), '*.tfevents.*')))
  return [path for path in paths if os.path.isfile(path)]


def _read_file(path: str, curves: dict[str, Curve]) -> None:
  """Adds what a file holds to `curves`."""
  for event in _events(path):
    for value in event.summary.value:
      if value.tag.startswith(_PREFIX) and value.HasField('simple_value'):
        name = value.tag.removeprefix(_PREFIX)
        if name in curves or len(curves) < _MAX_CURVES:
          curves.setdefault(name, {})[event.step] = value.simple_value


def _events(path: str) -> Iterator[Any]:
  """Yields the events of a file, up to the first that is none; each only until next."""
  from google.protobuf import message

  event = _event_class()()
  for record in _records(path):
    try:
      event.ParseFromString(record)
    except message.DecodeError:
      return
    yield event


def _records(path: str) -> Iterator[bytes]:
  """Yields the records of a TFRecord file, up to the first that is not whole.

  Each is its length, the checksum of that, its content, and the checksum of that.

  Source: TensorFlow's `tf.io.TFRecordWriter`.
  """
  n_left = os.path.getsize(path)
  with open(path, 'rb') as file:
    while len(length := file.read(8)) == 8 and file.read(4) == _checksum(length):
      size = int.from_bytes(length, 'little')
      n_left -= 12 + size + 4
      # Before memory is taken for it.
      if n_left < 0:
        return
      content = file.read(size)
      if file.read(4) != _checksum(content):
        return
      yield content


def _checksum(content: bytes) -> bytes:
  """Returns the CRC-32C of bytes, masked as TFRecord files have it."""
  table = _checksum_table()
  crc = 0xFFFFFFFF
  for byte in content:
    crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
  crc ^= 0xFFFFFFFF
  masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
  return masked.to_bytes(4, 'little')


@functools.cache
def _checksum_table() -> list[int]:
  table = [*range(256)]
  for _ in range(8):
    table = [crc >> 1 ^ (0x82F63B78 if crc & 1 else 0) for crc in table]
  return table


@functools.cache
def _event_class() -> type:
  """Returns what TensorBoard calls an event, as far as curves take it.

  TensorFlow has the whole of it, and takes seconds to import.
  """
  from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

  package = 'trax_twitter_sentiment'
  kind, label = descriptor_pb2.FieldDescriptorProto, 'LABEL_OPTIONAL'
  file = descriptor_pb2.FileDescriptorProto(
      name=f'{package}/event.proto', package=package, syntax='proto3'
  )
  value = file.message_type.add(name='Value')
  value.field.add(name='tag', number=1, type=kind.TYPE_STRING, label=label)
  # Of a choice, so that it is known whether it is there.
  value.oneof_decl.add(name='value')
  value.field.add(
      name='simple_value', number=2, type=kind.TYPE_FLOAT, label=label, oneof_index=0
  )
  summary = file.message_type.add(name='Summary')
  summary.field.add(
      name='value', number=1, type=kind.TYPE_MESSAGE, type_name=f'.{package}.Value',
      label='LABEL_REPEATED',
  )  # fmt: skip
  event = file.message_type.add(name='Event')
  event.field.add(name='wall_time', number=1, type=kind.TYPE_DOUBLE, label=label)
  event.field.add(name='step', number=2, type=kind.TYPE_INT64, label=label)
  event.field.add(
      name='summary', number=5, type=kind.TYPE_MESSAGE, type_name=f'.{package}.Summary',
      label=label,
  )  # fmt: skip
  pool = descriptor_pool.DescriptorPool()
  pool.Add(file)
  return message_factory.GetMessageClass(
      pool.FindMessageTypeByName(f'{package}.Event')
  )
