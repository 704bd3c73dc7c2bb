"""Executes the notebook on the made-up tweets and saves its outputs."""

import os
import pathlib

import nbclient
import nbformat

PATH = pathlib.Path(__file__).with_name('sentiment.ipynb')

os.environ['SOURCE'] = 'sample'
notebook = nbformat.read(PATH, as_version=4)
# Times would differ between executions, so they are not recorded.
nbclient.NotebookClient(notebook, timeout=300, record_timing=False).execute()
nbformat.write(notebook, PATH)
