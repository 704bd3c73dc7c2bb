"""Labelled texts in a training and a validation split."""
