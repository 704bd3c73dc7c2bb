"""All that is written to or read from an output directory, and the cache."""
