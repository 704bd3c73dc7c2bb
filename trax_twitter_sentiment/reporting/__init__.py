"""The report of a run: what it tells, its figures, and its page."""
