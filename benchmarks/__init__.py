"""Benchmarks: `make bench` or `python -m benchmarks` writes RESULTS.md."""
