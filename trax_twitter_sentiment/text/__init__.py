"""Plain functions on text, which know neither files nor models."""
