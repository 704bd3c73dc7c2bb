"""Repairs of Trax, and its training loop made safe."""
