"""The web service of a trained run: its answers, its page, its limits."""
