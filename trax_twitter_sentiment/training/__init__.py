"""What gin files bind: streams, models, metrics, callbacks."""
