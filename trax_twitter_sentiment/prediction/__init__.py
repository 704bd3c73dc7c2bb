"""Predictions of trained runs: the predictor, its models, outputs and scores."""
