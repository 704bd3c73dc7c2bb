"""The web service of a trained run: a FastAPI application and a page."""
