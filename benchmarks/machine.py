"""Descriptions of the machine, and Markdown tables."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Sequence

import psutil


def table(titles: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
  """Returns a Markdown table."""
  lines: list[Iterable[str]] = [titles, ['---'] * len(titles), *rows]
  return ''.join(f'| {" | ".join(line)} |\n' for line in lines)


def version(distribution: str) -> str:
  """Returns the version of a distribution, or 'not installed'."""
  try:
    return importlib.metadata.version(distribution)
  except importlib.metadata.PackageNotFoundError:
    return 'not installed'


def description(distributions: Iterable[str], loads: Sequence[float]) -> str:
  """Returns one line: the machine, the range of its load averages, and versions."""
  parts = [
      _processor(),
      f'{len(os.sched_getaffinity(0))} of {os.cpu_count()} cores',
      f'{psutil.virtual_memory().total / 2**30:.0f} GiB',
      f'load average {min(loads):.1f} to {max(loads):.1f}',
      f'{platform.system()} {platform.release()}',
      f'Python {platform.python_version()}',
  ]
  return ', '.join(parts + [f'{name} {version(name)}' for name in distributions])


def _processor() -> str:
  with open('/proc/cpuinfo', encoding='utf-8') as file:
    for line in file:
      if line.startswith('model name'):
        return line.split(':', 1)[1].strip()
  return platform.machine()
