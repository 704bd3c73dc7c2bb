"""Gin files for the Trax trainer. They are a package, so gin finds installed files."""
