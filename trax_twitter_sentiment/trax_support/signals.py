"""Notice to end, for what should end in order."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def noting_signals() -> Iterator[list[int]]:
  """Yields a list that SIGINT and SIGTERM go to meanwhile, instead of ending things.

  A second one ends the process at once. In an interactive session, whose Ctrl-C
  should not end it, and outside of the main thread, signals do what they always do.
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
      # A command in a shell's background ignores SIGINT, and should go on to.
      if signal.getsignal(number) not in (signal.SIG_IGN, None):
        previous[number] = signal.signal(number, note)
  try:
    yield noted
  finally:
    for number, handler in previous.items():
      signal.signal(number, handler)
