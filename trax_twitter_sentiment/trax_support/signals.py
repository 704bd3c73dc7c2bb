"""The effect of Ctrl-C and SIGTERM during the imports, and during a run."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def noting_signals() -> Iterator[list[int]]:
  """Yields a list to which each SIGINT and SIGTERM is appended within the context.

  A second signal ends the process at once. In an interactive session, and outside of
  the main thread, signals keep their usual effect.
  """
  noted: list[int] = []

  def note(number: int, frame: object) -> None:
    if noted:
      signal.signal(number, signal.SIG_DFL)
      os.kill(os.getpid(), number)
    noted.append(number)

  previous = {}
  in_main_thread = threading.current_thread() is threading.main_thread()
  if in_main_thread and not hasattr(sys, 'ps1'):
    for number in (signal.SIGINT, signal.SIGTERM):
      # A background command of a shell ignores SIGINT, and continues to do so.
      if signal.getsignal(number) not in (signal.SIG_IGN, None):
        previous[number] = signal.signal(number, note)
  try:
    yield noted
  finally:
    for number, handler in previous.items():
      signal.signal(number, handler)


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
  """Lets Ctrl-C end the process at once within the context.

  Usually, Ctrl-C raises an exception. Some extension modules abort the process if it is
  raised while they are imported.
  """
  previous = signal.getsignal(signal.SIGINT)
  is_usual = previous is signal.default_int_handler
  if is_usual:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
  try:
    yield
  finally:
    if is_usual:
      signal.signal(signal.SIGINT, previous)
