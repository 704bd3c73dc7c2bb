"""What serves the predictor: models on NumPy and through Trax, and scores."""
