"""Reads other people's files: tables of texts, and NLTK's corpora."""
