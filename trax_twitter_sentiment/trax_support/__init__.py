"""Repairs of Trax, and a safe training loop."""
