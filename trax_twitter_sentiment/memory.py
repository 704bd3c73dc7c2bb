"""The memory of this process, and the memory that it may use."""

import contextlib
import os
import re

# The limits of a container, of both versions of Linux's control groups.
_LIMIT_FILES = (
    '/sys/fs/cgroup/memory.max',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes',
)


def used() -> int:
  """Returns the memory of this process in bytes; 0 if the system does not say."""
  with contextlib.suppress(OSError), open('/proc/self/statm', encoding='ascii') as file:
    return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
  return 0


def limit() -> int | None:
  """Returns the bytes that this process can use, those that it uses already included.

  `None` if the system does not say.
  """
  limits = []
  with contextlib.suppress(OSError), open('/proc/meminfo', encoding='ascii') as file:
    if match := re.search(r'MemAvailable:\s+(\d+) kB', file.read()):
      limits.append(int(match[1]) * 1024 + used())
  for path in _LIMIT_FILES:
    # A file contains `max` if the container has no limit.
    with (
        contextlib.suppress(OSError, ValueError),
        open(path, encoding='ascii') as file,
    ):
      limits.append(int(file.read()))
  return min(limits, default=None)
