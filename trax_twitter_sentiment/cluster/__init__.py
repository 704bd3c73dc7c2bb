"""Predicts and evaluates large sets of files on Ray, block by block."""
