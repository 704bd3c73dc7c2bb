"""A corpus as token ids, and the cache of its tokens."""
