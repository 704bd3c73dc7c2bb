import io
import sys

from trax_twitter_sentiment.trax_support import terminal


def test_figures_of_a_step_are_one_line_and_nothing_is_lost(monkeypatch):
  shown = io.StringIO()
  monkeypatch.setattr(sys, 'stderr', shown)
  lines = terminal.Lines()
  for text in (
      '\n', 'Step      1: Total number of trainable weights: 12\n',
      'Step      1: Ran 1 train steps', ' in 0.19 secs\n',
      'Step      1: train                        loss |  0.67812345\n',
      'Step      1: eval                     accuracy |  1.00000000\n',
      'Step      2: eval                     accuracy |         nan\n',
      'a word\n', 'cut off',
  ):  # fmt: skip
    lines.write(text)
  lines.end()
  assert shown.getvalue().splitlines() == [
      'Step      1: Total number of trainable weights: 12',
      'Step 1: Ran 1 train steps in 0.19 secs, train loss 0.6781, eval accuracy 1',
      'Step 2: eval accuracy nan',
      'a word',
      'cut off',
  ]
