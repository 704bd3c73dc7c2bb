"""The notebook's bundle and generators, under the notebook's names."""
