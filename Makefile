# `make train` and `make test` do all the set-up themselves, in .venv.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
OUTPUT_DIR ?= runs/twitter

.PHONY: train test lint types wheel-check dist clean

train: $(VENV)/installed
	$(RUN) -m trax.trainer --config_file=gin_configs/twitter.gin \
	    --output_dir=$(OUTPUT_DIR)

test: $(VENV)/installed-test
	$(RUN) -m pytest

lint: $(VENV)/installed-dev
	$(RUN) -m ruff check .

types: $(VENV)/installed-dev
	$(RUN) -m mypy

wheel-check: $(VENV)/installed-dev
	.ci/check_wheel

dist: $(VENV)/installed-dev
	$(RUN) -m build

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python setup.cfg
	$(RUN) -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-%: $(VENV)/bin/python setup.cfg
	$(RUN) -m pip install --quiet --editable '.[$*]'
	touch $@
