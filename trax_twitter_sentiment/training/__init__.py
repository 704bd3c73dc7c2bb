"""The parts that gin files bind: streams, models, metrics, callbacks."""
