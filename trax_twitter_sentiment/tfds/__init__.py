"""The tweets as a TensorFlow data set: importing `twitter_samples` registers it."""
