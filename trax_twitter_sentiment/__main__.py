"""Runs a command of the package: `trax-twitter-sentiment COMMAND FLAG…`.

`python -m trax_twitter_sentiment` does the same. The commands are the modules of the
package: `predict` is `python -m trax_twitter_sentiment.predict`, with all its flags.
"""

import runpy
import sys

from trax_twitter_sentiment.errors import did_you_mean

_MODULES = {
    'train': 'trainer',
    'predict': 'predict',
    'evaluate': 'evaluate',
    'report': 'report',
    'serve': 'serve',
}
_USAGE = f"""\
Usage: trax-twitter-sentiment COMMAND FLAG…

Commands: {', '.join(_MODULES)}. Each has --help.
"""


def main() -> None:
  """Runs the command that is the first argument."""
  _, *arguments = sys.argv
  command = arguments[0] if arguments else ''
  if command in ('', '--help'):
    print(_USAGE, end='', file=sys.stdout if command else sys.stderr)
    sys.exit(0 if command else 1)
  if command not in _MODULES:
    hint = did_you_mean(command, [*_MODULES])
    names = ', '.join(_MODULES)
    print(f'ERROR: {command!r} is not one of {names}{hint}.', file=sys.stderr)
    sys.exit(1)
  sys.argv = arguments
  module = f'trax_twitter_sentiment.{_MODULES[command]}'
  runpy.run_module(module, run_name='__main__', alter_sys=True)


if __name__ == '__main__':
  main()
