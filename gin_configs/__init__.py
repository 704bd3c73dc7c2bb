"""Experiments for the Trax trainer; a package, so that gin finds them installed."""
