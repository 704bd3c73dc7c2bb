"""The output directory of a run."""
